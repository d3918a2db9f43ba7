"""Rules about one contact with a customer, without the ORM."""

import hashlib
import html
import re
import unicodedata
from datetime import timedelta

KIND_BY_CHANNEL = {
    "phone": "call",
    "letter": "letter",
    "fax": "letter",
    "visit": "visit",
}

TITLE_LENGTH = 120
FIRST_YEAR = 1900
YEARS_AHEAD = 50
MINUTES_OF_A_YEAR = 366 * 24 * 60


def default_kind(direction: str, channel: str) -> str | bool:
    """What kind of company-initiated contact a channel suggests; False when the customer came to us.

    >>> default_kind("out", "visit")
    'visit'
    >>> default_kind("in", "visit")
    False
    """
    return KIND_BY_CHANNEL.get(channel, False) if direction == "out" else False


def end_of(start, minutes: int):
    """When a contact that began at ``start`` and took ``minutes`` ended (None without a start).

    What no calendar has an end for ends as it begins: such dates are refused a moment later, in words.

    >>> from datetime import datetime
    >>> end_of(datetime(2026, 1, 1, 9), 20), end_of(datetime(9999, 12, 31, 23), 90)
    (datetime.datetime(2026, 1, 1, 9, 20), datetime.datetime(9999, 12, 31, 23, 0))
    """
    try:
        return start and start + timedelta(minutes=minutes or 0)
    except OverflowError:
        return start


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


def bulk_key(channel: str, direction: str, objective: str, start) -> str:
    """Name of one event in which many customers were met: what, by which channel, and when to the minute.

    Entering the same event again finds the same name, so nobody is logged twice.

    >>> from datetime import datetime
    >>> at = datetime(2026, 3, 1, 9, 30, 12)
    >>> bulk_key("event", "out", "Spring  fair", at) == bulk_key("event", "out", "spring fair ", at.replace(second=59))
    True
    >>> bulk_key("event", "out", "Spring fair", at) == bulk_key("visit", "out", "Spring fair", at)
    False
    """
    words = " ".join((objective or "").casefold().split())
    text = "\0".join((channel, direction, words, start.strftime("%Y-%m-%dT%H:%M")))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def clean_number(text: str | None) -> str:
    """A telephone number as it was typed or copied, without what is around it.

    Digits of all scripts become 0-9; ``tel:`` and ``(0)`` after a country code go.

    >>> clean_number(" tel:+386 (0)40 123-456 "), clean_number("٠٠٣٨٦ ٤٠ ١٢٣ ٤٥٦"), clean_number("abc")
    ('+386 40 123-456', '00386 40 123 456', '')
    """
    text = unicodedata.normalize("NFKC", (text or "")[:100])[:100].strip()
    text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    text = re.sub(r"^(?:(?:tel|callto|sip):\s*)+", "", text, flags=re.IGNORECASE).split("@")[0].strip()
    while "(0)" in text and text.startswith(("+", "00")):
        text = text.replace("(0)", "")
    return " ".join(text.split()) if any(char.isdigit() for char in text) else ""
