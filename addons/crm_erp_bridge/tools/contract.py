"""Periods, notice and prices of contracts, without the ORM."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta


def period_start(start: date, months: int, number: int, calendar: bool = False) -> date:
    """The first day of a period, counted from 0. Counted from the start of the contract, so that a contract that
    starts on the 31st does not drift to the 28th.

    :param calendar: periods begin with the months, quarters, years of the calendar; the first is the rest of its period

    >>> [period_start(date(2026, 1, 31), 1, number).isoformat() for number in range(3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    >>> [period_start(date(2026, 2, 10), 3, number, True).isoformat() for number in range(3)]
    ['2026-02-10', '2026-04-01', '2026-07-01']
    """
    if calendar and number:
        return _grid(start, months) + relativedelta(months=months * number)
    return start + relativedelta(months=months * number)


def _grid(start: date, months: int) -> date:
    """The first day of the calendar's period in which a contract starts; lengths that do not fit into a year begin with
    the month of the start."""
    month = (start.month - 1) // months * months + 1 if 12 % months == 0 else start.month
    return date(start.year, month, 1)


def share(start: date, end: date | None, months: int, number: int, calendar: bool = False) -> tuple[int, int]:
    """How many days of a period the contract covers, and how many the period has.

    >>> share(date(2026, 1, 12), None, 1, 0, True), share(date(2026, 1, 1), date(2026, 3, 10), 1, 2)
    ((20, 31), (10, 31))
    """
    first = _grid(start, months) if calendar else start
    begins = first + relativedelta(months=months * number)
    following = first + relativedelta(months=months * (number + 1))
    last = min(end, following - timedelta(days=1)) if end else following - timedelta(days=1)
    return (last - max(start, begins)).days + 1, (following - begins).days


def periods(start: date, end: date | None, months: int, upto: date, calendar: bool = False) -> list[date]:
    """First days of all periods that have begun by ``upto`` and before the contract ended.

    :param months: length of a period; 0 for none
    """
    days = []
    last = min(end, upto) if end else upto
    while months > 0 and (day := period_start(start, months, len(days), calendar)) <= last:
        days.append(day)
    return days


def next_period(
    start: date, end: date | None, months: int, made: set[date], calendar: bool = False
) -> date | None:
    """The first day of the first period that is not made yet; none when the contract ends before it.

    >>> next_period(date(2026, 1, 1), None, 3, {date(2026, 1, 1)}).isoformat()
    '2026-04-01'
    """
    number = 0
    while months > 0:
        day = period_start(start, months, number, calendar)
        if end and day > end:
            return None
        if day not in made:
            return day
        number += 1
    return None


def indexed(price: float, percent: float, months: int, start: date, day: date) -> float:
    """The price on a day: raised by ``percent`` each time so many months of the contract are over.

    >>> round(indexed(100, 3, 12, date(2026, 1, 1), date(2028, 6, 1)), 2)
    106.09
    >>> indexed(100, 3, 12, date(2026, 1, 1), date(2026, 12, 31))
    100
    """
    if months <= 0 or not percent or day <= start:
        return price
    elapsed = relativedelta(day, start)
    steps = (elapsed.years * 12 + elapsed.months) // months
    return price * (1 + percent / 100) ** steps if steps else price


def value_on(values: dict[date, float], day: date) -> float | None:
    """The value of a series that was published last by a day.

    >>> value_on({date(2026, 1, 1): 100, date(2026, 2, 1): 102}, date(2026, 1, 31))
    100
    """
    known = [other for other in values if other <= day]
    return values[max(known)] if known else None


def indexed_by(price: float, values: dict[date, float], months: int, start: date, day: date) -> float | None:
    """The price on a day by a series: each time so many months of the contract are over, as the series has risen or
    fallen since the start; none when the series does not reach back to the start.

    >>> series = {date(2026, 1, 1): 100.0, date(2027, 1, 1): 104.0, date(2027, 6, 1): 110.0}
    >>> indexed_by(50, series, 12, date(2026, 1, 1), date(2027, 8, 1))
    52.0
    >>> indexed_by(50, series, 12, date(2025, 1, 1), date(2027, 8, 1)) is None
    True
    """
    base = value_on(values, start)
    if not base:
        return None
    elapsed = relativedelta(max(day, start), start)
    steps = (elapsed.years * 12 + elapsed.months) // months if months > 0 else 0
    return price * value_on(values, start + relativedelta(months=months * steps)) / base


def term_end(end: date, months: int, number: int) -> date:
    """The end of a contract after so many renewals: the day before its next term begins, so that a contract that ends
    with the month goes on doing so.

    >>> term_end(date(2026, 1, 31), 1, 1).isoformat(), term_end(date(2026, 2, 28), 1, 1).isoformat()
    ('2026-02-28', '2026-03-31')
    """
    return period_start(end + timedelta(days=1), months, number) - timedelta(days=1)


def renewed(end: date, months: int, today: date) -> date:
    """The end of a contract that renews itself for so many months each time, at least ``today``.

    >>> renewed(date(2026, 1, 31), 12, date(2026, 6, 1)).isoformat()
    '2027-01-31'
    """
    number = 0
    while months > 0 and term_end(end, months, number) < today:
        number += 1
    return term_end(end, months, number)
