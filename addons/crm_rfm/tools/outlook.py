"""What would change a score: pure arithmetic on the cuts."""

from datetime import timedelta


def drop_date(last_date, score, cuts):
    """Return the day on which the recency score falls by itself, or None at the bottom.

    :param date last_date: latest purchase
    :param int score: present recency score, 1 .. len(cuts) + 1
    :param list cuts: recency limits in days, rising

    >>> from datetime import date
    >>> drop_date(date(2026, 1, 1), 5, [30, 60, 90, 120])
    datetime.date(2026, 2, 1)
    >>> drop_date(date(2026, 1, 1), 1, [30, 60, 90, 120]) is None
    True
    """
    position = len(cuts) + 1 - score
    if position >= len(cuts):
        return None
    return last_date + timedelta(days=int(cuts[position]) + 1)


def missing_purchases(frequency, score, cuts):
    """Return how many more purchases raise the frequency score, or None at the top.

    >>> missing_purchases(3, 2, [2, 3, 3, 7]), missing_purchases(9, 5, [2, 3, 3, 7])
    (1, None)
    """
    if score > len(cuts):
        return None
    return int(cuts[score - 1]) + 1 - frequency


def missing_amount(monetary, score, cuts):
    """Return the amount which the customer must exceed to get a higher score, or None at the top.

    >>> missing_amount(80.0, 1, [100.0, 200.0])
    20.0
    """
    if score > len(cuts):
        return None
    return cuts[score - 1] - monetary
