"""Periods of cohorts: months, quarters or years, counted from the first purchase."""

from datetime import date

#: months of a period
LENGTHS = {"month": 1, "quarter": 3, "year": 12}


def number(day, unit):
    """Number of the period in which a day lies.

    >>> number(date(2024, 12, 31), "quarter") - number(date(2024, 1, 1), "quarter")
    3
    """
    return (day.year * 12 + day.month - 1) // LENGTHS[unit]


def first_day(period, unit):
    """First day of a period.

    >>> first_day(number(date(2024, 5, 9), "quarter"), "quarter")
    datetime.date(2024, 4, 1)
    """
    months = period * LENGTHS[unit]
    return date(months // 12, months % 12 + 1, 1)


def totals(rows, last):
    """Share of customers who bought again, by age, over the cohorts for which that period is over.

    :param list rows: ``(cohort, age, buyers, amount)``, periods as numbers; age 0 holds all customers of a cohort
    :param int last: number of the period that is not over yet
    :return: ``{age: (customers, buyers, amount)}`` of ages above 0

    >>> totals([(1, 0, 10, 90), (1, 1, 4, 30), (2, 0, 10, 80)], 3)
    {1: (10, 4, 30)}
    """
    sizes = {cohort: buyers for cohort, age, buyers, _amount in rows if age == 0}
    known = {(cohort, age): (buyers, amount) for cohort, age, buyers, amount in rows}
    result = {}
    for cohort, size in sizes.items():
        for age in range(1, last - cohort):
            buyers, amount = known.get((cohort, age), (0, 0))
            before = result.get(age, (0, 0, 0))
            result[age] = (before[0] + size, before[1] + buyers, before[2] + amount)
    return result


def spread(costs, unit):
    """Amounts of spans of days, by period: every day of a span bears the same part.

    :param list costs: ``(first day, last day, amount)``
    :return: ``{period: amount}``

    >>> spread([(date(2024, 3, 31), date(2024, 4, 1), 100)], "quarter") == {
    ...     number(date(2024, 3, 1), "quarter"): 50, number(date(2024, 4, 1), "quarter"): 50}
    True
    """
    result = {}
    for start, end, amount in costs:
        days = (end - start).days + 1
        for period in range(number(start, unit), number(end, unit) + 1):
            low = max(start, first_day(period, unit))
            part = (min(end.toordinal() + 1, first_day(period + 1, unit).toordinal()) - low.toordinal()) / days
            result[period] = result.get(period, 0.0) + part * amount
    return result
