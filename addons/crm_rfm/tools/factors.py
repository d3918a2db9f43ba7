"""Does something known about customers, beside R and F, tell who buys? Learned on one period, judged on the next.

Cells are ``{(r, f, flags): (customers, buyers)}``; ``flags`` has one truth value per factor. A factor moves the
log-odds of the cell's rate by one number for customers who have it and by another for those who have not.
"""

from collections import namedtuple
from math import exp, log, sqrt

from .calibration import auc, brier, smooth

#: customers with the factor, and without, that each of both periods must have
MIN_FLAGGED = 20

#: standard errors by which the squared error must fall: of worthless factors about one of thirty does it by chance
PROOF = 1.645

#: what one factor did to the forecast of the held-out period
Verdict = namedtuple(
    "Verdict", "position customers buyers other_customers other_buyers brier_before brier auc_before auc kept"
)


def logit(p):
    """Log-odds of a chance, which is kept off 0 and 1.

    >>> logit(0.5), round(logit(0), 1)
    (0.0, -6.9)
    """
    p = min(max(p, 0.001), 0.999)
    return log(p / (1 - p))


def expit(x):
    """Chance of log-odds.

    >>> expit(0.0)
    0.5
    """
    return 1 / (1 + exp(-x))


def collapse(cells):
    """The cells without the flags.

    >>> collapse({(5, 1, (True,)): (4, 1), (5, 1, (False,)): (6, 2)})
    {(5, 1): (10, 3)}
    """
    result = {}
    for key, (customers, buyers) in cells.items():
        known = result.get(key[:2], (0, 0))
        result[key[:2]] = (known[0] + customers, known[1] + buyers)
    return result


def rates(cells):
    """Function that gives the chance of a cell, as without factors."""
    known = collapse(cells)
    customers = sum(number for number, _buyers in known.values())
    base = sum(buyers for _number, buyers in known.values()) / customers if customers else 0.0

    def rate(key):
        number, buyers = known.get(key[:2], (0, 0))
        return smooth(buyers, number, base)

    return rate


def apply(rate, shifts, key):
    """Chance of a cell after its factors.

    :param float rate: chance without factors
    :param dict shifts: ``{position: (without, with)}``
    """
    if not shifts:
        return rate
    return expit(logit(rate) + sum(pair[bool(key[2][position])] for position, pair in shifts.items()))


def shift(groups):
    """Log-odds by which forecasts have to move so that as many buyers are expected as came.

    Drawn to 0 as by a normal prior of variance 1: few customers move little.

    :param list groups: ``(forecast, customers, buyers)``

    >>> abs(shift([(0.5, 1000, 500)])) < 1e-6, shift([(0.5, 1000, 800)]) > 1.3
    (True, True)
    """
    known = [(logit(p), number, buyers) for p, number, buyers in groups]
    low, high = -7.0, 7.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        if sum(number * expit(x + middle) - buyers for x, number, buyers in known) + middle < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def fit(cells, positions, rounds=4):
    """Shifts of some factors, fitted in turn.

    :return: ``{position: (without, with)}``
    """
    rate, shifts = rates(cells), {}
    for _round in range(rounds if len(positions) > 1 else 1):
        for position in positions:
            others = {other: pair for other, pair in shifts.items() if other != position}
            shifts[position] = tuple(
                shift(
                    [
                        (apply(rate(key), others, key), *figures)
                        for key, figures in cells.items()
                        if bool(key[2][position]) is having
                    ]
                )
                for having in (False, True)
            )
    return shifts


def forecasts(learned, tested, shifts):
    """Groups ``(forecast, customers, buyers)`` of the later period, by what the earlier one taught."""
    rate = rates(learned)
    return [(apply(rate(key), shifts, key), *figures) for key, figures in tested.items()]


def gain(before, after):
    """By how much the mean squared error falls, and the standard error of that.

    Both lists have the same customers in the same order.
    """
    number = sum(group[1] for group in before)
    total = squares = 0.0
    for (old, customers, buyers), (new, _customers, _buyers) in zip(before, after, strict=True):
        for difference, count in (
            ((1 - old) ** 2 - (1 - new) ** 2, buyers),
            (old**2 - new**2, customers - buyers),
        ):
            total += difference * count
            squares += difference**2 * count
    mean = total / number
    return mean, sqrt(max(squares / number - mean**2, 0.0) / number)


def choose(learned, tested, count):
    """Take up factors one by one, the best first, as long as the held-out period is forecast better.

    A factor is kept when the squared error falls by more than 1.645 of its standard errors.

    :param dict learned: cells of the earlier period
    :param dict tested: cells of the later one, which judges
    :param int count: number of factors
    :return: list of :class:`Verdict`, in the order of the factors
    """
    kept, verdicts = [], {}
    open_positions = [position for position in range(count) if _judgeable(learned, tested, position)]
    while open_positions:
        before = forecasts(learned, tested, fit(learned, kept))
        judged = []
        for position in open_positions:
            after = forecasts(learned, tested, fit(learned, [*kept, position]))
            mean, error = gain(before, after)
            good = mean > PROOF * error
            verdicts[position] = _verdict(tested, position, before, after, good)
            if good:
                judged.append((mean, -position))
        if not judged:
            break
        best = -max(judged)[1]
        kept.append(best)
        open_positions.remove(best)
    return [verdicts.get(position) or _verdict(tested, position, None, None, False) for position in range(count)]


def _judgeable(learned, tested, position):
    return all(
        sum(figures[0] for key, figures in cells.items() if bool(key[2][position]) is having) >= MIN_FLAGGED
        for cells in (learned, tested)
        for having in (False, True)
    )


def _verdict(tested, position, before, after, kept):
    sums = {False: [0, 0], True: [0, 0]}
    for key, (customers, buyers) in tested.items():
        part = sums[bool(key[2][position])]
        part[0] += customers
        part[1] += buyers
    return Verdict(
        position, *sums[True], *sums[False],
        brier(before) if before else None, brier(after) if after else None,
        auc(before) if before else None, auc(after) if after else None, kept,
    )  # fmt: skip
