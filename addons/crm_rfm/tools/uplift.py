"""The effect of an action against its control group: pure statistics, standard library only."""

import hashlib
import math
from collections import namedtuple
from statistics import NormalDist

#: difference of treated minus control with the limits of its confidence interval
Difference = namedtuple("Difference", "value low high")

#: below this many customers in either group no statement is made
MIN_GROUP = 30


def in_control(salt, partner_id, percent):
    """Tell whether a customer belongs to the control group: by chance, and always the same.

    The first 32 bits of SHA-256 of ``salt:partner_id`` are compared with the share, so the
    groups of two actions (two salts) are independent, and nobody can choose.

    >>> [in_control("x", partner_id, 0) for partner_id in range(3)]
    [False, False, False]
    >>> all(in_control("x", partner_id, 100) for partner_id in range(3))
    True
    """
    digest = hashlib.sha256(f"{salt}:{partner_id}".encode()).hexdigest()
    return int(digest[:8], 16) % 10_000 < percent * 100


def wilson(successes, number, confidence=0.95):
    """Return the score interval of a proportion (Wilson 1927).

    >>> tuple(round(limit, 4) for limit in wilson(15, 148))
    (0.0624, 0.1605)
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / number
    centre = share + z * z / (2 * number)
    half = z * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    scale = 1 + z * z / number
    return (centre - half) / scale, (centre + half) / scale


def share_difference(treated, control, confidence=0.95):
    """Difference of two proportions with Newcombe's hybrid score interval (1998, method 10).

    :param tuple treated: ``(successes, number)``
    :param tuple control: likewise
    """
    first, second = treated[0] / treated[1], control[0] / control[1]
    (low1, high1), (low2, high2) = wilson(*treated, confidence), wilson(*control, confidence)
    value = first - second
    return Difference(
        value,
        value - math.hypot(first - low1, high2 - second),
        value + math.hypot(high1 - first, second - low2),
    )


def mean_difference(treated, control, confidence=0.95):
    """Difference of two means of groups of unequal variance, for large samples.

    :param tuple treated: ``(number, mean, standard deviation)``, the deviation with n - 1
    :param tuple control: likewise
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    (number1, mean1, deviation1), (number2, mean2, deviation2) = treated, control
    half = z * math.sqrt(deviation1**2 / number1 + deviation2**2 / number2)
    value = mean1 - mean2
    return Difference(value, value - half, value + half)


def verdict(difference):
    """Say what an interval allows to say: ``better``, ``worse`` or ``open``.

    >>> verdict(Difference(2, 1, 3)), verdict(Difference(-2, -3, -1)), verdict(Difference(1, -1, 3))
    ('better', 'worse', 'open')
    """
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "open"
