"""What a customer types into the form for a callback, without the ORM: number, and window on the customer's clock."""

from datetime import datetime, timedelta

import phonenumbers
import pytz
from phonenumbers import PhoneNumberType

MAX_DAYS = 14
"""How far ahead a callback may be asked for."""
COSTLY = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
"""Numbers that cost whoever calls them: nobody makes us call these."""


def number(text, country_code):
    """The number in international form; empty when it is none that may be called back.

    >>> number("040 123 456", "SI"), number("+421 2 5544 3322", "SI")
    ('+38640123456', '+421255443322')
    >>> number("12", "SI"), number("+44 909 879 0000", "SI")
    ('', '')
    """
    try:
        parsed = phonenumbers.parse(text or "", country_code or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) in COSTLY:
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def window(start, end, zone, now):
    """The window that was asked for, in naive UTC.

    :param start: "2026-03-01T09:00" on the customer's clock, or empty: as soon as possible
    :param end: the same, or empty: without limit
    :param zone: name of a time zone
    :param now: naive UTC
    :return: (from, until); False where empty
    :raises ValueError: with the name of the mistake: "tz", "format", "past", "order", "far"

    >>> now = datetime(2026, 7, 1, 6)
    >>> window("2026-07-01T10:00", "2026-07-01T12:00", "Europe/Ljubljana", now)
    (datetime.datetime(2026, 7, 1, 8, 0), datetime.datetime(2026, 7, 1, 10, 0))
    >>> window("", "", "Asia/Tehran", now)
    (False, False)
    """
    if zone not in pytz.all_timezones_set:
        raise ValueError("tz")
    begins, ends = (_utc(text, zone) for text in (start, end))
    if ends and ends <= now:
        raise ValueError("past")
    if begins and ends and ends <= begins:
        raise ValueError("order")
    if any(moment and moment > now + timedelta(days=MAX_DAYS) for moment in (begins, ends)):
        raise ValueError("far")
    return begins, ends


def _utc(text, zone):
    if not text:
        return False
    try:
        local = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M")
        # an hour that the change of the clock leaves out or repeats is meant as it was before the change
        return pytz.timezone(zone).localize(local, is_dst=None if _plain(local, zone) else True).astimezone(
            pytz.utc
        ).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError("format") from None


def _plain(local, zone):
    """Whether a moment on that clock exists, and once."""
    try:
        pytz.timezone(zone).localize(local, is_dst=None)
    except pytz.InvalidTimeError:
        return False
    return True
