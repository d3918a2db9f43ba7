"""How a relation with a customer is doing, judged from the moments of contact alone. Pure."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

MIN_CONTACTS = 5
"""Fewer contacts have no rhythm to compare with."""

SILENCE_FACTOR = 2
MIN_SILENCE_DAYS = 14
"""However often a customer calls, two quiet weeks are no silence."""

LEVELS = ("new", "good", "watch", "risk")
"""From best to worst, after 'new': nothing is known yet."""


def usual_gap(moments: Sequence[datetime]) -> float | None:
    """Median days between contacts, or ``None`` for fewer than five.

    >>> usual_gap([datetime(2026, 1, day) for day in (1, 8, 15, 22, 29)])
    7.0
    """
    if len(moments) < MIN_CONTACTS:
        return None
    ordered = sorted(moments)
    pairs = zip(ordered, ordered[1:], strict=False)
    return median((later - earlier).total_seconds() / 86400 for earlier, later in pairs)


def silent_days(moments: Sequence[datetime], now: datetime) -> int:
    """Days of a silence that is unusual for this customer; 0 when there is none.

    Unusual is more than twice the customer's own median gap.

    >>> weekly = [datetime(2026, 1, day) for day in (1, 8, 15, 22, 29)]
    >>> silent_days(weekly, datetime(2026, 2, 10)), silent_days(weekly, datetime(2026, 3, 1))
    (0, 31)
    """
    gap = usual_gap(moments)
    if gap is None:
        return 0
    days = (now - max(moments)).total_seconds() / 86400
    return int(days) if days > max(SILENCE_FACTOR * gap, MIN_SILENCE_DAYS) else 0


def level(tones: Sequence[str], contacts: int) -> str:
    """The level for what was found: any danger is a risk, any warning is to be watched.

    >>> level(["warning", "info"], 3), level([], 3), level([], 0), level(["danger"], 0)
    ('watch', 'good', 'new', 'risk')
    """
    if "danger" in tones:
        return "risk"
    if "warning" in tones:
        return "watch"
    return "good" if contacts else "new"
