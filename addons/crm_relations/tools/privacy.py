"""Rights of data subjects without the ORM: the clock, what names a person, and taking it out of texts."""

import calendar
import html
import json
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import phonenumbers

ANSWER_MONTHS = 1
EXTENSION_MONTHS = 2
MIN_NAME = 4
"""Shorter names are parts of too many words to be taken out of texts."""
MIN_DIGITS = 7

ANONYMISE, DELETE, KEEP = "anonymise", "delete", "keep"


@dataclass(frozen=True, slots=True)
class PrivacySource:
    """What one model holds about a person.

    ``label``: its name for people; a row belongs to a person when one of ``persons`` (fields to ``res.partner``, may
    have dots) is that person, or ``rows(persons)`` returns it.

    ``erasure``: ``anonymise`` (the texts go, the row stays), ``delete``, or ``keep`` for the ``reason`` that the law
    gives. ``keep_fields`` say nothing about a person and stay; ``clear`` are further columns to be emptied.
    ``hidden``: fields that are not part of a copy of the data (about other people, or technical).
    ``copied``: whether the rows are part of a copy of the data at all.
    """

    model: str
    label: str
    persons: tuple[str, ...] = ()
    rows: Callable | None = None
    erasure: str = ANONYMISE
    reason: str = ""
    keep_fields: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    copied: bool = True


# === THE CLOCK === #


def deadline(received: date, months: int, holidays=frozenset()) -> date:
    """The last day to answer a request that was received on a day.

    Regulation (EEC, Euratom) 1182/71, article 3: the same day of a later month, its last day when there is none; when
    nobody works then, the next working day.

    :param months: 1, or 3 when extended (GDPR, article 12(3))
    :param holidays: days on which nobody works, besides Saturdays and Sundays

    >>> deadline(date(2025, 9, 3), 1), deadline(date(2026, 1, 31), 1)
    (datetime.date(2025, 10, 3), datetime.date(2026, 3, 2))
    >>> deadline(date(2026, 11, 30), 3)
    datetime.date(2027, 3, 1)
    """
    number = received.year * 12 + received.month - 1 + months
    year, month = divmod(number, 12)
    day = date(year, month + 1, min(received.day, calendar.monthrange(year, month + 1)[1]))
    while day.weekday() >= 5 or day in holidays:
        day += timedelta(days=1)
    return day


# === WHO IT IS ABOUT === #


@dataclass(frozen=True)
class Person:
    """What names a person in a text."""

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[str, ...] = field(default=())

    def pattern(self) -> str:
        """A regular expression for PostgreSQL and Python alike, without regard to case; empty: nothing names them."""
        parts = [_name_pattern(name) for name in self.names if len(name.strip()) >= MIN_NAME]
        parts += [_exact_pattern(email) for email in self.emails if "@" in email]
        parts += [_phone_pattern(phone) for phone in self.phones]
        parts += [_exact_pattern(number) for number in self.numbers if len(number.strip()) >= MIN_NAME]
        return "|".join(sorted(set(filter(None, parts)), key=lambda part: (-len(part), part)))


    def ascii_runs(self) -> list[str]:
        """The longest run of ASCII letters of each name, address and number: what an index of a file may hold of it.

        >>> Person(("Zdenka Hrubšová",), ("ana@x.com",)).ascii_runs()
        ['Zdenka Hrub', 'ana@x.com']
        """
        longest = (
            max(re.findall(r"[\x20-\x7e]+", text), key=len, default="").strip()
            for text in (*self.names, *self.emails, *self.phones, *self.numbers)
        )
        return sorted({run for run in longest if len(run) >= MIN_NAME})


def _escape(text: str) -> str:
    """Literal text for both dialects: re.escape also escapes what PostgreSQL does not know."""
    return re.sub(r"([.\\+*?\[\](){}^$|])", r"\\\1", text)


def _variants(text: str) -> list[str]:
    """As it stands in a text, in HTML, in JSON and in an address of the web.

    >>> _variants("Hrubšová")
    ['Hrub%C5%A1ov%C3%A1', 'Hrub\\\\u0161ov\\\\u00e1', 'Hrubšová']
    """
    return sorted(
        {
            text, html.escape(text), html.escape(text, quote=False), text.replace("'", "&#x27;"),
            json.dumps(text)[1:-1], " ".join(urllib.parse.quote(word, safe="") for word in text.split(" ")),
        }
    )  # fmt: skip


def _bounded(pattern: str) -> str:
    return rf"(?<!\w)(?:{pattern})(?!\w)"


def _name_pattern(name: str) -> str:
    words = name.split()
    orders = [words, [*words[1:], words[0]]] if len(words) == 2 else [words]
    options = [
        r"(?:\s|&nbsp;|,|\+|%20)+".join(_escape(word) for word in variant.split())
        for order in orders
        for variant in _variants(" ".join(order))
    ]
    return _bounded("|".join(options))


def _exact_pattern(text: str) -> str:
    return _bounded("|".join(_escape(variant) for variant in _variants(text.strip())))


def _phone_pattern(phone: str) -> str:
    """The number however it is written: with or without country code, whatever separates the digits.

    >>> bool(re.search(_phone_pattern("+40 21 555 0100"), "call 021/555-01-00 today"))
    True
    >>> bool(re.search(_phone_pattern("+40 21 555 0100"), "order 9021555010077"))
    False
    """
    digits, code = re.sub(r"\D", "", phone), ""
    try:
        parsed = phonenumbers.parse(phone, None)
        digits, code = str(parsed.national_number), str(parsed.country_code)
    except phonenumbers.NumberParseException:
        digits = digits.lstrip("0")
    if len(digits) < MIN_DIGITS:
        return ""
    gap = r"[ ()/.-]{0,3}"
    front = rf"(?:(?:\+|00)?{gap.join(code)}{gap})?" if code else ""
    return rf"(?<!\d){front}\(?0?\)?{gap}{gap.join(digits)}(?!\d)"


def redact(text: str, pattern: str, replacement: str) -> str:
    """The text without what the pattern names.

    >>> redact("Met Ana  Kovač (ana@example.com)", Person(("Ana Kovač",), ("ana@example.com",)).pattern(), "***")
    'Met *** (***)'
    """
    return re.sub(pattern, lambda _match: replacement, text, flags=re.IGNORECASE) if pattern and text else text


EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def redact_others(text: str, others: str, own_emails, replacement: str) -> str:
    """The text without other people: those known by a pattern, and every e-mail address that is not one's own.

    >>> redact_others("From ana@x.com and bo@y.com, cc Jan Novak", r"Jan Novak", {"ana@x.com"}, "***")
    'From ana@x.com and ***, cc ***'
    """
    text = redact(text, others, replacement)
    own = {email.lower() for email in own_emails}
    return EMAIL.sub(lambda match: match[0] if match[0].lower() in own else replacement, text or "")
