"""Demand of the next weeks from the weeks behind: constant-level methods and their test on the past.

Sources: simple exponential smoothing, Brown 1959; TSB for intermittent demand, Teunter, Syntetos and
Babai 2011; MASE, Hyndman and Koehler 2006; ADI > 1.32 as the bound of intermittent demand, Syntetos,
Boylan and Croston 2005.
"""

from statistics import fmean

#: weeks that a series must have, origins that are tested, weeks ahead at each origin
MIN_WEEKS, ORIGINS, AHEAD = 26, 13, 4

#: customers that a segment must have had at each of two days to be judged
MIN_CUSTOMERS = 20

#: average weeks between two weeks with sales above which demand is intermittent
INTERMITTENT = 1.32


def smooth(series, alpha):
    """Simple exponential smoothing: the level after the last week.

    >>> smooth([10, 20], 0.5), smooth([7, 7, 7], 0.1)
    (15.0, 7.0)
    """
    level = float(series[0])
    for value in series[1:]:
        level += alpha * (value - level)
    return level


def tsb(series, alpha=0.1, beta=0.1):
    """Teunter-Syntetos-Babai: chance of a sale times its size; the chance falls in weeks without one.

    >>> tsb([4, 4, 4]), tsb([0, 0])
    (4.0, 0.0)
    """
    sold = [value for value in series if value]
    if not sold:
        return 0.0
    size, chance = float(sold[0]), len(sold) / len(series)
    for value in series:
        chance += beta * ((1 if value else 0) - chance)
        if value:
            size += alpha * (value - size)
    return chance * size


def last_quarter(series):
    """Mean of the last 13 weeks."""
    return fmean(series[-13:])


def naive(series):
    """The last week again."""
    return float(series[-1])


METHODS = {
    "smooth_slow": lambda series: smooth(series, 0.1),
    "smooth_fast": lambda series: smooth(series, 0.3),
    "quarter": last_quarter,
    "tsb": tsb,
}


def interval(series):
    """Average demand interval (ADI): weeks per week with sales; None without any.

    >>> interval([1, 0, 0, 1]), interval([0, 0])
    (2.0, None)
    """
    sold = sum(1 for value in series if value)
    return len(series) / sold if sold else None


def mase(method, series):
    """Mean absolute scaled error of a method over the last origins, each with the weeks after it.

    Scaled by the mean change from week to week before the first origin, so 1 is as good as
    "the same as last week" was there. None when nothing changed there.

    >>> mase(naive, [1, 2] * 20)
    0.5
    """
    first = len(series) - ORIGINS - AHEAD + 1
    scale = fmean(abs(b - a) for a, b in zip(series[: first - 1], series[1:first], strict=True))
    if not scale:
        return None
    errors = []
    for origin in range(first, first + ORIGINS):
        level = method(series[:origin])
        errors.append(fmean(abs(value - level) for value in series[origin : origin + AHEAD]))
    return fmean(errors) / scale


def forecast(series):
    """Choose the method that was best on the past; say how good it was.

    :param list series: sales per week, the oldest first, from the first week with a sale
    :return: dict ``method, level`` (per week), ``error`` and ``naive_error`` (MASE); ``method`` is
        None when the series is too short or flat to judge, or no method beats the last week
    """
    result = {"method": None, "level": None, "error": None, "naive_error": None}
    if len(series) < MIN_WEEKS or not any(series):
        return result
    names = [name for name in METHODS if name != "tsb" or interval(series) > INTERMITTENT]
    errors = {name: mase(METHODS[name], series) for name in names}
    benchmark = mase(naive, series)
    if benchmark is None:
        return result
    best = min(names, key=lambda name: (errors[name], name))
    result |= {"error": errors[best], "naive_error": benchmark}
    if errors[best] < benchmark:
        result |= {"method": best, "level": METHODS[best](series)}
    return result
