"""Purchases of customers who leave unseen: BG/NBD, MBG/NBD and Gamma-Gamma, standard library only.

A history is ``(x, t_x, t)``: number of *repeat* purchase days, time of the last purchase
and time under observation, both since the first purchase, in one unit (weeks here). This
"recency" counts from the first purchase, unlike the R of the scores.

Sources: Fader, Hardie and Lee, Marketing Science 24 (2005), "Counting your customers the
easy way" (BG/NBD); Batislam, Denizel and Filiztekin, IJRM 24 (2007) (MBG/NBD, in which a
customer may leave after the first purchase too); Fader and Hardie, "The Gamma-Gamma model
of monetary value" (2013). The chance to be alive is not offered as a forecast: for
customers who bought once BG/NBD puts it at 1.
"""

import math
from collections import namedtuple

#: r, alpha: purchasing; a, b: leaving
Counting = namedtuple("Counting", "r alpha a b")

#: parameters of Gamma-Gamma
Spending = namedtuple("Spending", "p q v")


def minimize(function, start, tolerance=1e-9, limit=4000):
    """Minimise a function by the downhill simplex of Nelder and Mead (1965).

    :return: tuple: the place and the value

    >>> place, value = minimize(lambda p: (p[0] - 3) ** 2 + (p[1] + 1) ** 2, [0.0, 0.0])
    >>> [round(number, 3) for number in place], round(value, 6)
    ([3.0, -1.0], 0.0)
    """
    size = len(start)
    simplex = [(function(start), list(start))]
    for index in range(size):
        point = list(start)
        point[index] += 0.5
        simplex.append((function(point), point))
    for _step in range(limit):
        simplex.sort(key=lambda item: item[0])
        (best, _p), (worst, bad) = simplex[0], simplex[-1]
        if abs(worst - best) <= tolerance * (abs(worst) + abs(best) + 1e-12):
            break
        centre = [sum(point[i] for _v, point in simplex[:-1]) / size for i in range(size)]

        def along(factor, centre=centre, bad=bad):
            point = [c + factor * (b - c) for c, b in zip(centre, bad, strict=True)]
            return function(point), point

        tried = along(-1.0)
        if tried[0] < best:
            tried = min(tried, along(-2.0), key=lambda item: item[0])
        elif tried[0] >= simplex[-2][0]:
            tried = along(-0.5) if tried[0] < worst else along(0.5)
            if tried[0] >= worst:
                base = simplex[0][1]
                points = [[(p + b) / 2 for p, b in zip(point, base, strict=True)] for _v, point in simplex[1:]]
                simplex = [simplex[0], *((function(point), point) for point in points)]
                continue
        simplex[-1] = tried
    simplex.sort(key=lambda item: item[0])
    return tuple(simplex[0][1]), simplex[0][0]


def group(histories):
    """Return ``[(x, t_x, t, number)]`` of equal histories, which cost one evaluation together."""
    counts = {}
    for history in histories:
        counts[history] = counts.get(history, 0) + 1
    return [(*history, number) for history, number in counts.items()]


def _log_sum(one, other):
    high, low = max(one, other), min(one, other)
    return high + math.log1p(math.exp(low - high))


def _log_likelihood(params, grouped, leaves_at_once):
    """Log-likelihood of both models; ``leaves_at_once`` is 1 for MBG/NBD, 0 for BG/NBD."""
    r, alpha, a, b = params
    gamma, log = math.lgamma, math.log
    constant = r * log(alpha) - gamma(r) + gamma(a + b) - gamma(b)
    by_x = {}
    total = 0.0
    for x, t_x, t, number in grouped:
        if x not in by_x:
            stays = x + leaves_at_once
            by_x[x] = (
                constant + gamma(r + x) + gamma(b + stays) - gamma(a + b + stays),
                log(a) - log(b + stays - 1) if stays else None,
            )
        common, leaving = by_x[x]
        alive = -(r + x) * log(alpha + t)
        if leaving is not None:
            alive = _log_sum(alive, leaving - (r + x) * log(alpha + t_x))
        total += number * (common + alive)
    return total


def bg_log_likelihood(params, grouped):
    """Log-likelihood of BG/NBD for :func:`group`-ed histories."""
    return _log_likelihood(params, grouped, 0)


def mbg_log_likelihood(params, grouped):
    """Log-likelihood of MBG/NBD for :func:`group`-ed histories."""
    return _log_likelihood(params, grouped, 1)


def _fit(likelihood, start):
    """Maximise a likelihood over positive parameters, by their logarithms."""

    def loss(logs):
        if max(map(abs, logs)) > 15:
            return 1e300
        try:
            return -likelihood([math.exp(number) for number in logs])
        except (OverflowError, ValueError, ZeroDivisionError):
            return 1e300

    logs, value = minimize(loss, [math.log(number) for number in start])
    logs, value = minimize(loss, logs)  # once more from there: a simplex may collapse early
    return [math.exp(number) for number in logs], -value


def fit_bg(grouped):
    """Fit BG/NBD; return :class:`Counting` and the log-likelihood."""
    params, value = _fit(lambda p: bg_log_likelihood(p, grouped), (1.0, 5.0, 1.0, 2.0))
    return Counting(*params), value


def fit_mbg(grouped):
    """Fit MBG/NBD; return :class:`Counting` and the log-likelihood."""
    params, value = _fit(lambda p: mbg_log_likelihood(p, grouped), (1.0, 5.0, 1.0, 2.0))
    return Counting(*params), value


def _mbg_leaving_odds(params, x, t_x, t):
    r, alpha, a, b = params
    return a / (b + x) * math.exp((r + x) * (math.log(alpha + t) - math.log(alpha + t_x)))


def mbg_probability_any(params, x, t_x, t, horizon):
    """Probability of at least one purchase in the next ``horizon`` after ``t`` (MBG/NBD, closed form).

    Alive, and not without a purchase for so long: who is alive and does not buy stays alive.
    """
    r, alpha, _a, _b = params
    quiet = math.exp((r + x) * (math.log(alpha + t) - math.log(alpha + t + horizon)))
    return (1.0 - quiet) / (1.0 + _mbg_leaving_odds(params, x, t_x, t))


def hypergeometric(a, b, c, z, limit=20_000):
    """Gauss's 2F1 by its series, for 0 <= z < 1.

    >>> round(hypergeometric(1, 1, 2, 0.5), 6)
    1.386294
    """
    total = term = 1.0
    for index in range(limit):
        term *= (a + index) * (b + index) / (c + index) * z / (index + 1)
        total += term
        if abs(term) < 1e-12 * abs(total):
            break
    return total


def mbg_expected_purchases(params, x, t_x, t, horizon):
    """Expected number of purchase days in the next ``horizon`` (MBG/NBD)."""
    r, alpha, a, b = params
    if abs(a - 1.0) < 1e-6:  # removable singularity
        a += 1e-5
    series = hypergeometric(r + x, b + x + 1, a + b + x, horizon / (alpha + t + horizon))
    quiet = math.exp((r + x) * (math.log(alpha + t) - math.log(alpha + t + horizon)))
    odds = _mbg_leaving_odds((r, alpha, a, b), x, t_x, t)
    return (a + b + x) / (a - 1.0) * (1.0 - series * quiet) / (1.0 + odds)


def gamma_log_likelihood(params, spendings):
    """Log-likelihood of Gamma-Gamma for ``[(x, mean)]`` of customers with repeat purchases."""
    p, q, v = params
    gamma, log = math.lgamma, math.log
    total = len(spendings) * (q * log(v) - gamma(q))
    for x, mean in spendings:
        total += (
            gamma(p * x + q) - gamma(p * x) + (p * x - 1) * log(mean) + p * x * log(x) - (p * x + q) * log(x * mean + v)
        )
    return total


def fit_gamma(spendings):
    """Fit Gamma-Gamma; return :class:`Spending` and the log-likelihood."""
    mean = sum(value for _x, value in spendings) / len(spendings)
    params, value = _fit(lambda p: gamma_log_likelihood(p, spendings), (2.0, 3.0, max(mean, 1e-3)))
    return Spending(*params), value


def expected_spending(params, x, mean):
    """Expected amount of one purchase of a customer, given the mean of ``x`` repeat purchases.

    Between the mean of all and the own one, the nearer to the own the more purchases.
    """
    p, q, v = params
    if x and p * x + q > 1:
        return p * (v + x * mean) / (p * x + q - 1)
    return p * v / (q - 1) if q > 1 else mean
