"""Laney u' chart and run rules. No database here.

Sources: D. B. Laney, Improved control charts for attributes, Quality Engineering 14 (2002): the limits of the u chart
are widened by the scatter of the standardised points, because with many orders a month plain limits lie so near to
the mean that every month is a signal. Run rules: Western Electric, Statistical Quality Control Handbook (1956), with
six in a row up or down after L. S. Nelson, Journal of Quality Technology 16 (1984).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

MEAN_RANGE = 1.128
"""Mean range of two independent standard normal values (d2 for n = 2)."""
LEAST_BASELINE = 6
"""Points below which limits tell nothing."""


@dataclass(frozen=True)
class Point:
    """One period.

    :ivar count: complaints
    :ivar exposure: what they are counted against: orders, or months; greater than nothing
    """

    count: int
    exposure: float

    @property
    def rate(self) -> float:
        return self.count / self.exposure


@dataclass(frozen=True)
class Baseline:
    """What is usual, frozen: later points are judged by it and do not change it.

    :ivar center: complaints by exposure
    :ivar scatter: Laney's sigma of the standardised points; 1 for pure chance
    """

    center: float
    scatter: float

    def sigma(self, exposure: float) -> float:
        return sqrt(self.center / exposure) * self.scatter

    def limits(self, exposure: float) -> tuple[float, float]:
        """Lower and upper limit of the rate at three sigma; a rate is never below nothing."""
        width = 3 * self.sigma(exposure)
        return max(0.0, self.center - width), self.center + width

    def distance(self, point: Point) -> float:
        """How many sigma a point lies above (or, negative, below) the center."""
        sigma = self.sigma(point.exposure)
        if not sigma:
            return 0.0 if point.rate == self.center else float("inf") if point.rate > self.center else float("-inf")
        return (point.rate - self.center) / sigma


@dataclass(frozen=True)
class Signal:
    """A run rule that a point completes.

    :ivar index: of the point
    :ivar rule: a code of ``const_learning.CHART_RULES``
    :ivar up: whether there were more complaints than usual
    """

    index: int
    rule: str
    up: bool


def baseline(points: Sequence[Point]) -> Baseline:
    """Center and scatter of some periods.

    :raises ValueError: for fewer than :data:`LEAST_BASELINE` points

    >>> usual = baseline([Point(count, 10) for count in (10, 12, 8, 10, 12, 8)])
    >>> usual.center, round(usual.scatter, 4)
    (1.0, 0.785)
    """
    if len(points) < LEAST_BASELINE:
        raise ValueError(f"a baseline needs {LEAST_BASELINE} periods or more")
    center = sum(point.count for point in points) / sum(point.exposure for point in points)
    if not center:
        return Baseline(0.0, 1.0)
    scores = [(point.rate - center) / sqrt(center / point.exposure) for point in points]
    ranges = [abs(right - left) for left, right in zip(scores, scores[1:], strict=False)]
    return Baseline(center, sum(ranges) / len(ranges) / MEAN_RANGE)


def signals(points: Sequence[Point], usual: Baseline, start: int = 0) -> list[Signal]:
    """Every rule completed by a point from ``start`` on, in order of the points.

    >>> usual = Baseline(1.0, 1.0)
    >>> signals([Point(1, 1), Point(1, 1), Point(5, 1)], usual)
    [Signal(index=2, rule='beyond', up=True)]
    """
    distances = [usual.distance(point) for point in points]
    rates = [point.rate for point in points]
    found = []
    for index in range(start, len(points)):
        for rule, test in RULES:
            for up in (True, False):
                sign = 1 if up else -1
                seen = [sign * distance for distance in distances[: index + 1]]
                if test(seen, [sign * rate for rate in rates[: index + 1]]):
                    found.append(Signal(index, rule, up))
    return found


def _out(seen, window, needed, sigma):
    """The last point and enough of its window lie so far out, on one side."""
    last = seen[-window:]
    return len(last) == window and last[-1] > sigma and sum(distance > sigma for distance in last) >= needed


def _trend(rates, length=6):
    last = rates[-length:]
    return len(last) == length and all(left < right for left, right in zip(last, last[1:], strict=False))


RULES = (
    ("beyond", lambda seen, _rates: seen[-1] > 3),
    ("run", lambda seen, _rates: _out(seen, 8, 8, 0)),
    ("two_of_three", lambda seen, _rates: _out(seen, 3, 2, 2)),
    ("four_of_five", lambda seen, _rates: _out(seen, 5, 4, 1)),
    ("trend", lambda _seen, rates: _trend(rates)),
)
"""Code and test of each rule; a test gets distances and rates turned so that it only looks upwards."""
