"""What telephone systems send: read and checked field by field, without the ORM."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from .call_events import ORDER

MAX_EVENTS = 100
MAX_TEXT = 100
EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp()
LATEST = datetime(2100, 1, 1, tzinfo=timezone.utc).timestamp()
FIELDS = {"event_id", "call_id", "event", "time", "direction", "number", "line", "extension"}
REQUIRED = ("event_id", "call_id", "event", "time")
# as "Z" at the end is read by Python from 3.11 on only
_ZULU = re.compile(r"[zZ]$")


class Invalid(ValueError):
    """What was sent cannot be understood; the text says which field and why."""


@dataclass(frozen=True)
class Report:
    """One event as a telephone system tells it, checked.

    :ivar moment: seconds since 1970 (UTC)
    :ivar line: the dialled number, which names the queue
    :ivar extension: of the operator
    """

    key: str
    call: str
    kind: str
    moment: float
    direction: str = ""
    number: str = ""
    line: str = ""
    extension: str = ""
    payload: str = ""


def read_body(body: bytes) -> list:
    """The events in a message: one JSON object, or ``{"events": [...]}`` with at most a hundred.

    >>> read_body(b'{"events": [1, 2]}')
    [1, 2]

    :raises Invalid: when it is no such message
    """
    try:
        message = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Invalid("The body is not JSON in UTF-8.") from error
    if not isinstance(message, dict):
        raise Invalid("The body has to be one event, or an object with “events”.")
    events = message.get("events", [message])
    if not isinstance(events, list) or not events:
        raise Invalid("“events” has to be a list with at least one event.")
    if len(events) > MAX_EVENTS:
        raise Invalid(f"At most {MAX_EVENTS} events at once.")
    return events


def read_event(event) -> Report:
    """One event, checked.

    >>> report = read_event({"event_id": "e1", "call_id": "c1", "event": "answered", "time": "2026-03-01T09:00:00Z"})
    >>> report.kind, report.moment
    ('answered', 1772355600.0)

    :raises Invalid: naming the field and what is wrong with it
    """
    if not isinstance(event, Mapping):
        raise Invalid("An event has to be an object.")
    if unknown := sorted(set(event) - FIELDS):
        raise Invalid(f"Unknown field “{unknown[0][:MAX_TEXT]}”.")
    for name in REQUIRED:
        if event.get(name) in (None, ""):
            raise Invalid(f"“{name}” is missing.")
    texts = {name: _text(event, name) for name in FIELDS - {"time"}}
    if texts["event"] not in ORDER:
        raise Invalid(f"“event” has to be one of: {', '.join(ORDER)}.")
    if texts["direction"] not in ("", "in", "out"):
        raise Invalid("“direction” has to be “in” or “out”.")
    return Report(
        key=texts["event_id"],
        call=texts["call_id"],
        kind=texts["event"],
        moment=_moment(event["time"]),
        direction=texts["direction"],
        number=texts["number"],
        line=texts["line"],
        extension=texts["extension"],
        payload=canonical(event),
    )


def canonical(event) -> str:
    """The same text for the same event, however its fields are ordered."""
    return storable(json.dumps(event, sort_keys=True, ensure_ascii=False, default=str)[:10_000])


def storable(text: str) -> str:
    """The text without what no database keeps: zeros, and halves of letters that JSON lets through.

    >>> storable("a\x00b\ud800c")
    'ab?c'
    """
    return text.replace("\x00", "").encode(errors="replace").decode()


def refused_key(event) -> str:
    """A name for an event that cannot be understood: the same one sent again is kept once."""
    return f"refused:{hashlib.sha256(canonical(event).encode(errors='replace')).hexdigest()}"


def _text(event, name) -> str:
    value = event.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        value = str(value)
    if not isinstance(value, str):
        raise Invalid(f"“{name}” has to be a text.")
    value = value.strip()
    if len(value) > MAX_TEXT:
        raise Invalid(f"“{name}” has at most {MAX_TEXT} characters.")
    if not value.isprintable():
        raise Invalid(f"“{name}” has characters that cannot be printed.")
    return value


def _moment(value) -> float:
    """Seconds since 1970 of an ISO 8601 time with its zone, or of a number of seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # compared before it becomes a float, which cannot hold every whole number
        moment = float(value) if EARLIEST <= value <= LATEST else math.inf
    else:
        try:
            parsed = datetime.fromisoformat(_ZULU.sub("+00:00", value))
        except (TypeError, ValueError) as error:
            raise Invalid("“time” has to be like 2026-03-01T09:00:00Z.") from error
        if parsed.tzinfo is None:
            raise Invalid("“time” needs its time zone, like 2026-03-01T09:00:00Z.")
        moment = parsed.timestamp()
    if not EARLIEST <= moment <= LATEST:
        raise Invalid("“time” has to lie between 2000 and 2100.")
    return moment
