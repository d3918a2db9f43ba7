"""Rules about one contact with a customer, without the ORM."""

import html
import re
from datetime import timedelta

KIND_BY_CHANNEL = {
    "phone": "call",
    "letter": "letter",
    "fax": "letter",
    "visit": "visit",
}

TITLE_LENGTH = 120


def default_kind(direction: str, channel: str) -> str | bool:
    """What kind of company-initiated contact a channel suggests; False when the customer came to us.

    >>> default_kind("out", "visit")
    'visit'
    >>> default_kind("in", "visit")
    False
    """
    return KIND_BY_CHANNEL.get(channel, False) if direction == "out" else False


def end_of(start, minutes: int):
    """When a contact that began at ``start`` and took ``minutes`` ended (None without a start)."""
    return start and start + timedelta(minutes=minutes or 0)


def minutes_between(start, end) -> int:
    """Whole minutes from ``start`` to ``end``; negative when the end comes first.

    >>> from datetime import datetime
    >>> minutes_between(datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 9, 20, 59))
    20
    >>> minutes_between(datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 8, 59))
    -1
    >>> minutes_between(datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 8, 59, 59))
    -1
    """
    if not start or not end:
        return 0
    return (end - start) // timedelta(minutes=1)


def first_line(text: str | None) -> str:
    """The first line of a text that says something, without tags, at most 120 characters.

    >>> first_line("<p><br></p><p>Price &amp; terms</p><p>more</p>")
    'Price & terms'
    """
    plain = re.sub(r"<(?:br|/p|/div|/li|/h\d)[^>]{0,200}>", "\n", (text or "")[:10_000], flags=re.IGNORECASE)
    plain = html.unescape(re.sub(r"<[^>]{0,2000}>", "", plain))
    for line in plain.splitlines():
        if line := " ".join(line.split()):
            return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"
    return ""
