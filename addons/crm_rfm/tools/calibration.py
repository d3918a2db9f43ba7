"""How good is a forecast of yes or no? Measures on groups of customers with the same forecast.

A *group* is ``(forecast, customers, buyers)``; a cell of scores is one.
"""

from collections import namedtuple

#: customers and buyers of the test, AUC, Brier score, Brier score of the base rate, lift of the top fifth
Quality = namedtuple("Quality", "customers buyers auc brier base_brier lift")

#: fewer customers or fewer buyers than this prove nothing
MIN_CUSTOMERS, MIN_BUYERS = 50, 10


def auc(groups):
    """Chance that a buyer had a higher forecast than a non-buyer, a tie counting half; None without both.

    >>> auc([(0.9, 2, 2), (0.1, 2, 0)]), auc([(0.5, 4, 2)])
    (1.0, 0.5)
    """
    merged = {}
    for forecast, customers, bought in groups:
        known = merged.get(forecast, (0, 0))
        merged[forecast] = (known[0] + bought, known[1] + customers - bought)
    below = wins = 0.0
    for _forecast, (bought, others) in sorted(merged.items()):
        wins += bought * (below + others / 2)
        below += others
    buyers = sum(group[2] for group in groups)
    return wins / (buyers * below) if buyers and below else None


def brier(groups):
    """Mean squared difference between forecast (0 to 1) and outcome (0 or 1).

    >>> brier([(1.0, 2, 2), (0.5, 2, 1)])
    0.125
    """
    customers = sum(group[1] for group in groups)
    loss = sum(buyers * (1 - p) ** 2 + (number - buyers) * p**2 for p, number, buyers in groups)
    return loss / customers if customers else None


def lift(groups, share=0.2):
    """Buyers among the given share of highest forecasts, relative to the share among all.

    A group that lies across the border counts in proportion.

    >>> lift([(0.9, 2, 2), (0.1, 8, 0)])
    5.0
    """
    customers = sum(group[1] for group in groups)
    buyers = sum(group[2] for group in groups)
    if not customers or not buyers:
        return None
    merged = {}
    for forecast, number, bought in groups:
        known = merged.get(forecast, (0, 0))
        merged[forecast] = (known[0] + number, known[1] + bought)
    room, caught = share * customers, 0.0
    for _forecast, (number, bought) in sorted(merged.items(), reverse=True):
        part = min(room, number)
        caught += bought * part / number if number else 0.0
        room -= part
    return caught / buyers / share


def smooth(buyers, customers, base_rate, weight=10):
    """Rate of a cell drawn towards the base rate as if it had ``weight`` more customers.

    >>> smooth(0, 0, 0.3), smooth(5, 10, 0.3)
    (0.3, 0.4)
    """
    return (buyers + weight * base_rate) / (customers + weight)


def base_rate(cells):
    """Share of buyers among all customers of ``{cell: (customers, buyers)}``.

    >>> base_rate({(1, 1): (8, 1), (5, 5): (2, 2)})
    0.3
    """
    return sum(buyers for _number, buyers in cells.values()) / sum(number for number, _buyers in cells.values())


def judge(groups, base):
    """Quality of forecasts beside that of one number for everybody.

    :param list groups: ``(forecast, customers, buyers)`` of the period that is over
    :param float base: share of buyers in the period before
    """
    customers = sum(group[1] for group in groups)
    buyers = sum(group[2] for group in groups)
    return Quality(customers, buyers, auc(groups), brier(groups), brier([(base, customers, buyers)]), lift(groups))


def measure(learned, tested, groups=None):
    """Forecast one period by the rates of the period before and compare with what happened.

    :param dict learned: ``{cell: (customers, buyers)}`` of the earlier period
    :param dict tested: likewise of the later one
    :param list groups: forecasts of the later period, ``(forecast, customers, buyers)``; default by the cells alone
    :return: :class:`Quality`, or None when too few customers or buyers are there to judge by
    """
    customers = sum(number for number, _buyers in tested.values())
    buyers = sum(bought for _number, bought in tested.values())
    before = sum(number for number, _buyers in learned.values())
    if min(customers, before) < MIN_CUSTOMERS or not MIN_BUYERS <= buyers <= customers - MIN_BUYERS:
        return None
    base = base_rate(learned)
    if groups is None:
        groups = []
        for cell, (number, bought) in tested.items():
            known = learned.get(cell, (0, 0))
            groups.append((smooth(known[1], known[0], base), number, bought))
    return judge(groups, base)


def is_useful(quality):
    """Tell whether a forecast says more than the base rate alone.

    >>> is_useful(Quality(100, 40, 0.7, 0.2, 0.24, 1.8)), is_useful(Quality(100, 40, 0.5, 0.24, 0.24, 1.0))
    (True, False)
    """
    return quality is not None and quality.brier < quality.base_brier and quality.auc > 0.5
