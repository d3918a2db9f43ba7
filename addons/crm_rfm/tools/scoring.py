"""Recency, frequency and monetary scoring as pure functions.

This is the executable definition of what the SQL of ``crm.rfm.model`` computes:
the tests run both on random data and compare. Nothing here knows the ORM.

Direction: score 1 is worst and ``band_count`` is best for every dimension.
A *cut* is the upper limit of a band, inclusive, so equal values never fall into
different bands. Recency cuts rise while the score falls.

>>> scores(percentile_disc([10, 20, 20, 30, 90], 5), [10, 20, 20, 30, 90])
[1, 2, 2, 4, 5]
"""

import math
from collections import namedtuple
from datetime import timedelta

from dateutil.relativedelta import relativedelta

#: partner_id: int, date: date, amount: number in company currency without tax
#: (credit notes negative), is_purchase: whether it counts for recency and frequency
Transaction = namedtuple("Transaction", "partner_id date amount is_purchase")

#: last_date: date of the latest purchase or None, frequency: number of purchases,
#: monetary: sum of all amounts
Totals = namedtuple("Totals", "last_date frequency monetary")

#: r, f, m and fm scores from 1 to band_count; all 0 when ``exclusion`` says why not
Score = namedtuple("Score", "last_date frequency monetary r f m fm exclusion")

#: bounds of the window accepted by crm.rfm.model, in the unit of the window
MAX_WINDOW = {"day": 36525, "month": 1200}


def window_start(as_of, value, unit):
    """Return the day *before* the first day of a window that ends on ``as_of``.

    A document of day ``d`` counts when ``window_start < d <= as_of``.

    :param date as_of: last day of the window
    :param int value: length, at least 1
    :param str unit: ``day`` or ``month``
    :raises ValueError: when the length is outside 1 .. 100 years or the unit is unknown

    >>> from datetime import date
    >>> window_start(date(2026, 3, 31), 1, "month")
    datetime.date(2026, 2, 28)
    >>> window_start(date(2026, 3, 31), 30, "day")
    datetime.date(2026, 3, 1)
    """
    if unit not in MAX_WINDOW:
        raise ValueError(f"unknown unit {unit!r}")
    if not 1 <= value <= MAX_WINDOW[unit]:
        raise ValueError(f"a window of {value} {unit}s is out of range")
    if unit == "day":
        return as_of - timedelta(days=value)
    return as_of - relativedelta(months=value)


def aggregate(transactions, as_of, date_from):
    """Sum up the transactions of each partner within ``date_from < date <= as_of``.

    :return: ``{partner_id: Totals}``; a partner whose transactions all lie outside is absent
    """
    totals = {}
    for partner_id, date, amount, is_purchase in transactions:
        if not date_from < date <= as_of:
            continue
        last, frequency, monetary = totals.get(partner_id, (None, 0, 0))
        if is_purchase:
            last = date if last is None else max(last, date)
            frequency += 1
        totals[partner_id] = Totals(last, frequency, monetary + amount)
    return totals


def fractions(band_count):
    """Return the inner quantile positions of ``band_count`` equal bands.

    >>> fractions(5)
    [0.2, 0.4, 0.6, 0.8]
    """
    return [position / band_count for position in range(1, band_count)]


def percentile_disc(values, band_count):
    """Return the cuts between ``band_count`` bands as PostgreSQL's ``percentile_disc`` does.

    Each cut is a value that occurs: the first one in order at which the cumulative share
    reaches the fraction. Empty input has no cuts.

    >>> percentile_disc([1, 1, 1, 1, 9], 5)
    [1, 1, 1, 1]
    """
    ordered = sorted(values)
    if not ordered:
        return []
    return [
        ordered[max(math.ceil(fraction * len(ordered)), 1) - 1] for fraction in fractions(band_count)
    ]


def rising_score(value, cuts):
    """Score of a value of which more is better: 1 plus the number of cuts below it."""
    return 1 + sum(value > cut for cut in cuts)


def falling_score(value, cuts):
    """Score of a value of which less is better (days since the last purchase)."""
    return len(cuts) + 1 - sum(value > cut for cut in cuts)


def scores(cuts, values):
    """Return the rising score of every value."""
    return [rising_score(value, cuts) for value in values]


def combined_score(f_score, m_score):
    """Return FM, the mean of the frequency and monetary scores, a half rounded up.

    >>> [combined_score(1, 1), combined_score(1, 2), combined_score(5, 4)]
    [1, 2, 5]
    """
    return (f_score + m_score + 1) // 2


def exclusion_reason(totals, reason=None):
    """Return why a customer gets no score, or None.

    :param Totals totals: what the customer bought in the window
    :param str reason: a reason known beforehand (own company, guest, ...); it comes first
    """
    if reason:
        return reason
    if not totals.frequency:
        return "no_purchase"
    if totals.monetary <= 0:
        return "no_value"
    return None


def cut_points(totals, as_of, band_count, excluded=None):
    """Return ``(r_cuts, f_cuts, m_cuts)``, the quantiles of the customers that get a score."""
    excluded = excluded or {}
    population = [
        total
        for partner_id, total in totals.items()
        if exclusion_reason(total, excluded.get(partner_id)) is None
    ]
    return (
        percentile_disc([(as_of - total.last_date).days for total in population], band_count),
        percentile_disc([total.frequency for total in population], band_count),
        percentile_disc([total.monetary for total in population], band_count),
    )


def score_all(totals, as_of, cuts, excluded=None):
    """Score every partner against the given cuts.

    :param dict totals: result of :func:`aggregate`
    :param tuple cuts: ``(r_cuts, f_cuts, m_cuts)``
    :param dict excluded: ``{partner_id: reason}`` of customers that never get a score
    :return: ``{partner_id: Score}``
    """
    excluded = excluded or {}
    r_cuts, f_cuts, m_cuts = cuts
    result = {}
    for partner_id, total in totals.items():
        reason = exclusion_reason(total, excluded.get(partner_id))
        if reason:
            result[partner_id] = Score(*total, 0, 0, 0, 0, reason)
            continue
        f_score = rising_score(total.frequency, f_cuts)
        m_score = rising_score(total.monetary, m_cuts)
        result[partner_id] = Score(
            *total,
            falling_score((as_of - total.last_date).days, r_cuts),
            f_score,
            m_score,
            combined_score(f_score, m_score),
            None,
        )
    return result


def limits_in_order(limits):
    """Tell whether limits rise strictly, as fixed thresholds must.

    >>> limits_in_order([30, 90, 180]), limits_in_order([30, 30]), limits_in_order([])
    (True, False, True)
    """
    return all(low < high for low, high in zip(limits, limits[1:], strict=False))
