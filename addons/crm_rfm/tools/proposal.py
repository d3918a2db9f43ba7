"""Which window, documents and bands suit a database: pure rules behind the guided set-up."""

#: windows that are offered, in months
WINDOWS = (6, 12, 24, 36)

#: repeated purchases below which the gaps say nothing
MIN_GAPS = 20

#: customers that a band should hold at least
BAND_SIZE = 20


def window_months(gap_days, gap_count, history_days):
    """Return the window in months.

    It covers twice the gap that nine of ten repeated purchases keep, so that a customer with
    the slowest usual rhythm shows two purchases; no longer than the history needs.

    :param gap_days: 90th percentile of the days between two purchases of a customer, or None
    :param int gap_count: how many such gaps there are
    :param int history_days: days from the first purchase to the last

    >>> window_months(80, 500, 1500), window_months(200, 500, 1500), window_months(900, 500, 3000)
    (6, 24, 36)
    >>> window_months(200, 500, 300), window_months(None, 0, 0), window_months(10, 5, 900)
    (12, 12, 12)
    """
    if gap_days is None or gap_count < MIN_GAPS:
        return 12
    fitting = [months for months in WINDOWS if months * 30.4 >= 2 * gap_days]
    wanted = fitting[0] if fitting else WINDOWS[-1]
    covering = [months for months in WINDOWS if months * 30.4 >= history_days]
    return min(wanted, covering[0]) if covering else wanted


def band_count(customers):
    """Return the number of bands for so many customers: five, fewer when they would be nearly empty.

    >>> band_count(0), band_count(79), band_count(80), band_count(100), band_count(10**6)
    (3, 3, 4, 5, 5)
    """
    return max(3, min(5, customers // BAND_SIZE))


def source(invoice_customers, order_customers):
    """Return the documents to score: invoices, unless orders know more than twice as many customers.

    >>> source(0, 0), source(50, 100), source(49, 100)
    ('invoice', 'invoice', 'order')
    """
    return "order" if order_customers > 2 * invoice_customers else "invoice"
