"""What a form or another system may send for a complaint, as data and pure functions."""

import hashlib
import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime, timedelta

from ..const import CHANNELS

MAX_LENGTH = {
    "source": 64,
    "key": 128,
    "subject": 200,
    "description": 20_000,
    "name": 200,
    "email": 254,
    "phone": 50,
    "remedy_sought": 2_000,
    "product_reference": 200,
    "reference": 100,
    "customer_ref": 100,
    "channel": 20,
    "date_received": 40,
}
"""Texts that another system may send, with their longest value in characters."""
REQUIRED = ("source", "key", "subject", "description")
KNOWN = frozenset(MAX_LENGTH) | {"partner_id", "files"}
MAX_FILES = 10
MAX_FILE_SIZE = 10 * 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")


def problems(payload, now: datetime) -> list[tuple[str, str, object]]:
    """What is wrong with a payload: (field, code, detail), in the order of the fields; empty when it is fine.

    :param now: naive, in UTC

    >>> problems({"source": "shop", "key": "1", "subject": "x", "description": "y", "email": "a"}, datetime(2026, 1, 1))
    [('email', 'email', None)]
    """
    if not isinstance(payload, dict):
        return [("payload", "object", None)]
    found = [(name, "unknown", None) for name in sorted(map(str, set(payload) - KNOWN))]
    found += [problem for name in MAX_LENGTH if (problem := _text_problem(name, payload.get(name)))]
    return found or _value_problems(payload, now) + _file_problems(payload.get("files"))


def _text_problem(name, value):
    if value is None or value == "":
        return (name, "missing", None) if name in REQUIRED else None
    if not isinstance(value, str):
        return (name, "text", None)
    if name in REQUIRED and not value.strip():
        return (name, "missing", None)
    return (name, "long", MAX_LENGTH[name]) if len(value) > MAX_LENGTH[name] else None


def _value_problems(payload, now):
    """Of a payload whose texts are texts."""
    found = []
    if payload.get("email") and not _EMAIL.fullmatch(payload["email"].strip()):
        found.append(("email", "email", None))
    if payload.get("channel") and payload["channel"] not in dict(CHANNELS):
        found.append(("channel", "choice", ", ".join(code for code, _label in CHANNELS)))
    if payload.get("date_received"):
        moment = parse_moment(payload["date_received"])
        if not moment or moment > now + CLOCK_TOLERANCE:
            found.append(("date_received", "future" if moment else "moment", None))
    partner = payload.get("partner_id")
    if partner is not None and (not isinstance(partner, int) or isinstance(partner, bool) or partner < 1):
        found.append(("partner_id", "number", None))
    if not any(payload.get(name) for name in ("name", "email", "phone", "customer_ref", "partner_id")):
        found.append(("email", "contact", None))
    return found


def _file_problems(files):
    if files is None:
        return []
    if not isinstance(files, list) or len(files) > MAX_FILES:
        return [("files", "files", MAX_FILES)]
    for file in files:
        if not isinstance(file, dict) or not isinstance(file.get("name"), str) or file_content(file) is None:
            return [("files", "file", None)]
        if len(file_content(file)) > MAX_FILE_SIZE:
            return [("files", "size", MAX_FILE_SIZE // 1024 // 1024)]
    return []


def file_content(file: dict) -> bytes | None:
    """The bytes of a file of a payload, or nothing when they are not base64."""
    try:
        return b64decode(file.get("content") or "", validate=True)
    except (Base64Error, TypeError, ValueError):
        return None


def parse_moment(text: str) -> datetime | None:
    """An ISO 8601 moment as naive UTC; without zone it is UTC; nothing when it is none.

    >>> parse_moment("2026-03-02T10:00:00+01:00")
    datetime.datetime(2026, 3, 2, 9, 0)
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def canonical(payload: dict) -> bytes:
    """One text for equal payloads, whatever the order of their fields."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def digest(*parts: str) -> str:
    """A fingerprint of several texts that cannot run into each other."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def clean(text: str | None) -> str:
    """One line of text: no line breaks, no NUL, no half of a character."""
    return " ".join((text or "").replace("\0", "").encode("utf-8", "replace").decode().split())
