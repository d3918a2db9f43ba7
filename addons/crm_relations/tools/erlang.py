"""Staffing of a telephone queue after A. K. Erlang (1917), without the ORM.

Erlang C supposes that callers arrive independently of each other (Poisson), that handling times are exponential, that
all operators can take all calls, that the load is constant over the interval and that nobody hangs up. Real callers
do hang up, so with too few operators the answer is too dark, and peaks within the interval are not seen.

Loads are in erlang: calls per hour times handling time in hours. The recursion of Erlang B (B(0) = 1,
1/B(n) = 1 + n/a * 1/B(n-1)) uses no factorials and no powers, so it neither overflows nor loses digits.
"""

import math
from dataclasses import dataclass

MAX_LOAD = 10_000.0
MAX_OPERATORS = 20_000


def load(calls: float, handling_seconds: float, interval_minutes: float) -> float:
    """Offered load in erlang of so many calls in an interval.

    >>> load(100, 180, 30)
    10.0
    """
    return calls * handling_seconds / (interval_minutes * 60.0)


def erlang_b(operators: int, erlang: float) -> float:
    """Probability that all lines are taken when nobody waits (Erlang B).

    >>> round(erlang_b(10, 5.0), 6)
    0.018385
    """
    if erlang <= 0:
        return 0.0 if operators else 1.0
    inverse = 1.0
    for number in range(1, operators + 1):
        inverse = 1.0 + inverse * number / erlang
        if math.isinf(inverse):
            return 0.0
    return 1.0 / inverse


def erlang_c(operators: int, erlang: float) -> float:
    """Probability that a caller has to wait (Erlang C); 1 when there is more work than operators.

    >>> round(erlang_c(11, 10.0), 4)
    0.6821
    """
    if erlang <= 0:
        return 0.0 if operators else 1.0
    if operators <= erlang:
        return 1.0
    blocked = erlang_b(operators, erlang)
    return operators * blocked / (operators - erlang * (1.0 - blocked))


def service_level(operators: int, erlang: float, handling_seconds: float, target_seconds: float) -> float:
    """Share of callers (0 to 1) who are answered within ``target_seconds``."""
    if erlang <= 0:
        return 1.0
    if operators <= erlang:
        return 0.0
    waits = erlang_c(operators, erlang)
    return 1.0 - waits * math.exp(-(operators - erlang) * target_seconds / handling_seconds)


def speed_of_answer(operators: int, erlang: float, handling_seconds: float) -> float:
    """Average wait of all callers in seconds (ASA); infinite when there is more work than operators."""
    if erlang <= 0:
        return 0.0
    if operators <= erlang:
        return math.inf
    return erlang_c(operators, erlang) * handling_seconds / (operators - erlang)


def occupancy(operators: int, erlang: float) -> float:
    """Share of their time (0 to 1) for which operators are busy."""
    return min(1.0, erlang / operators) if operators else 0.0


@dataclass(frozen=True)
class Staffing:
    """What to expect from so many operators. Shares from 0 to 1, times in seconds.

    :ivar scheduled: operators to put on the roster so that ``operators`` are at work
    """

    operators: int
    scheduled: int
    service_level: float
    speed_of_answer: float
    waits: float
    occupancy: float


def staffing(
    operators: int, erlang: float, handling_seconds: float, target_seconds: float, shrinkage: float = 0.0
) -> Staffing:
    """What to expect from ``operators``; ``shrinkage`` is the share of paid time in which they cannot take calls."""
    return Staffing(
        operators=operators,
        scheduled=math.ceil(round(operators / (1.0 - shrinkage), 9)),
        service_level=service_level(operators, erlang, handling_seconds, target_seconds),
        speed_of_answer=speed_of_answer(operators, erlang, handling_seconds),
        waits=erlang_c(operators, erlang),
        occupancy=occupancy(operators, erlang),
    )


def operators_needed(
    erlang: float, handling_seconds: float, target_share: float, target_seconds: float, max_occupancy: float = 1.0
) -> int:
    """The smallest number of operators that keeps the service level (and the highest occupancy).

    One pass of the recursion: for 1,000 erlang about as many steps.

    >>> operators_needed(10.0, 180, 0.8, 20)
    14

    :param target_share: share of calls to be answered within ``target_seconds``, below 1
    :raises ValueError: for a load or a target for which there is no answer
    """
    if not 0 <= erlang <= MAX_LOAD or not 0 <= target_share < 1 or handling_seconds <= 0 or not 0 < max_occupancy <= 1:
        raise ValueError(f"no staffing for {erlang} erlang, target {target_share}, occupancy {max_occupancy}")
    if not erlang:
        return 0
    inverse = 1.0
    for number in range(1, MAX_OPERATORS + 1):
        inverse = 1.0 + inverse * number / erlang
        if number <= erlang or erlang / number > max_occupancy:
            continue
        blocked = 1.0 / inverse
        waits = number * blocked / (number - erlang * (1.0 - blocked))
        if 1.0 - waits * math.exp(-(number - erlang) * target_seconds / handling_seconds) >= target_share:
            return number
    raise ValueError(f"more than {MAX_OPERATORS} operators")
