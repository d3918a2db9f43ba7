"""Is one rate lower than another? Exact test for two Poisson counts, without any numeric library.

Source: J. Przyborowski, H. Wilenski, Homogeneity of results in testing samples from Poisson series, Biometrika 31
(1940): given the sum of both counts, the second one is binomial with the share of its exposure.
"""

from dataclasses import dataclass
from math import exp, fsum, inf, lgamma, log

SIGNIFICANT = 0.05


def binomial_at_most(count: int, trials: int, chance: float) -> float:
    """Probability of at most ``count`` successes.

    >>> round(binomial_at_most(2, 12, 0.5), 6)
    0.019287
    >>> binomial_at_most(-1, 5, 0.5), binomial_at_most(5, 5, 0.5), binomial_at_most(0, 3, 1.0)
    (0.0, 1.0, 0.0)
    """
    if count < 0:
        return 0.0
    if count >= trials:
        return 1.0
    if chance in (0.0, 1.0):
        return 1.0 - chance
    yes, no = log(chance), log(1 - chance)
    total = fsum(
        exp(lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) + k * yes + (trials - k) * no)
        for k in range(count + 1)
    )
    return min(1.0, total)


def chance_if_not_lower(before: int, exposure_before: float, after: int, exposure_after: float) -> float:
    """How often so few (or fewer) would be seen afterwards if the rate had not become lower.

    :param before: complaints before, during ``exposure_before`` (orders or days)
    :return: one-sided p-value; 1 when nothing was seen at all

    >>> round(chance_if_not_lower(10, 100, 2, 100), 6)
    0.019287
    >>> chance_if_not_lower(0, 100, 0, 100)
    1.0
    """
    _check(before, exposure_before, after, exposure_after)
    if not before + after:
        return 1.0
    return binomial_at_most(after, before + after, exposure_after / (exposure_before + exposure_after))


def chance_if_not_higher(before: int, exposure_before: float, after: int, exposure_after: float) -> float:
    """How often so many (or more) would be seen afterwards if the rate had not become higher.

    >>> round(chance_if_not_higher(2, 100, 10, 100), 6)
    0.019287
    """
    return chance_if_not_lower(after, exposure_after, before, exposure_before)


def _check(before, exposure_before, after, exposure_after):
    if min(before, after) < 0 or min(exposure_before, exposure_after) <= 0:
        raise ValueError("counts are not negative and exposures greater than nothing")


@dataclass(frozen=True)
class Comparison:
    """Two periods side by side.

    :ivar reduction: share by which the rate fell, negative when it rose; None when it was nothing before
    :ivar chance: p-value of :func:`chance_if_not_lower`
    """

    rate_before: float
    rate_after: float
    reduction: float | None
    chance: float

    @property
    def is_lower(self) -> bool:
        return self.chance < SIGNIFICANT


def compare(before: int, exposure_before: float, after: int, exposure_after: float) -> Comparison:
    """
    >>> result = compare(20, 1000, 5, 1000)
    >>> result.rate_before, result.rate_after, result.reduction, round(result.chance, 6)
    (0.02, 0.005, 0.75, 0.002039)
    """
    chance = chance_if_not_lower(before, exposure_before, after, exposure_after)
    rate_before, rate_after = before / exposure_before, after / exposure_after
    reduction = 1 - rate_after / rate_before if rate_before else (None if not rate_after else -inf)
    return Comparison(rate_before, rate_after, reduction, chance)
