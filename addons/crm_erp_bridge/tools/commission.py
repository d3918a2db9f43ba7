"""What a salesperson earns on a base, by tiers; nothing but numbers."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "year": 12}

Tier = tuple[float, float]
"""From which amount on, and the rate in percent."""


def earned(base: float, tiers: Sequence[Tier], progressive: bool) -> float:
    """The commission on a base.

    Progressive: each rate counts for the part of the base within its tier. Otherwise the rate of the highest tier that
    is reached counts for the whole. What is below the first tier earns nothing; a negative base (more was credited
    than sold) is taken back at the rate of the first tier.

    >>> tiers = [(0, 2), (1000, 5)]
    >>> earned(1500, tiers, True), earned(1500, tiers, False), earned(-100, tiers, True), earned(500, [(1000, 5)], True)
    (45.0, 75.0, -2.0, 0.0)
    """
    tiers = sorted(tiers)
    if not tiers:
        return 0.0
    if base <= 0:
        return base * tiers[0][1] / 100 if tiers[0][0] <= 0 else 0.0
    reached = [tier for tier in tiers if tier[0] <= base]
    if not reached:
        return 0.0
    if not progressive:
        return base * reached[-1][1] / 100
    ends = [start for start, _rate in reached[1:]] + [base]
    return sum((end - max(start, 0)) * rate / 100 for (start, rate), end in zip(reached, ends, strict=True))


def taken_back(claws: Iterable[tuple[float, float]]) -> float:
    """What comes back of commissions paid before: negative amounts, each at the rate in percent it was paid at.

    >>> taken_back([(-100, 5), (-50, 2)])
    -6.0
    """
    return sum(amount * rate / 100 for amount, rate in claws)


def first_day(day: date, period: str) -> date:
    """The first day of the period with a day.

    >>> first_day(date(2026, 8, 20), "quarter"), first_day(date(2026, 8, 20), "year")
    (datetime.date(2026, 7, 1), datetime.date(2026, 1, 1))
    """
    months = MONTHS[period]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def next_first_day(day: date, period: str) -> date:
    """
    >>> next_first_day(date(2026, 12, 1), "month"), next_first_day(date(2026, 10, 5), "quarter")
    (datetime.date(2027, 1, 1), datetime.date(2027, 1, 1))
    """
    start = first_day(day, period)
    month = start.month - 1 + MONTHS[period]
    return date(start.year + month // 12, month % 12 + 1, 1)


def last_day(day: date, period: str) -> date:
    """
    >>> last_day(date(2028, 2, 3), "month")
    datetime.date(2028, 2, 29)
    """
    return next_first_day(day, period) - timedelta(days=1)
