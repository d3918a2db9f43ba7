"""Periods, notice and prices of contracts, without the ORM."""

from datetime import date

from dateutil.relativedelta import relativedelta


def period_start(start: date, months: int, number: int) -> date:
    """The first day of a period, counted from 0. Counted from the start of the contract, so that a contract that
    starts on the 31st does not drift to the 28th.

    >>> [period_start(date(2026, 1, 31), 1, number).isoformat() for number in range(3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    return start + relativedelta(months=months * number)


def periods(start: date, end: date | None, months: int, upto: date) -> list[date]:
    """First days of all periods that have begun by ``upto`` and before the contract ended.

    :param months: length of a period; 0 for none
    """
    days = []
    last = min(end, upto) if end else upto
    while months > 0 and period_start(start, months, len(days)) <= last:
        days.append(period_start(start, months, len(days)))
    return days


def next_period(start: date, end: date | None, months: int, made: set[date]) -> date | None:
    """The first day of the first period that is not made yet; none when the contract ends before it.

    >>> next_period(date(2026, 1, 1), None, 3, {date(2026, 1, 1)}).isoformat()
    '2026-04-01'
    """
    number = 0
    while months > 0:
        day = period_start(start, months, number)
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


def renewed(end: date, months: int, today: date) -> date:
    """The end of a contract that renews itself for so many months each time, at least ``today``.

    >>> renewed(date(2026, 1, 31), 12, date(2026, 6, 1)).isoformat()
    '2027-01-31'
    """
    number = 0
    while months > 0 and period_start(end, months, number) < today:
        number += 1
    return period_start(end, months, number)
