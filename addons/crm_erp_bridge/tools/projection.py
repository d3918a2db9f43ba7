"""Where an objective will be at the end of its period, and what its gap is made of."""

from collections.abc import Mapping
from datetime import date

METHODS = ("run_rate", "pipeline")

GAP_SOURCES = {
    "booked": ("pipeline",),
    "orders": ("pipeline",),
    "invoiced": ("to_invoice", "delivery", "pipeline"),
    "collected": ("overdue", "not_due", "to_invoice", "delivery", "pipeline"),
}
"""What may still turn into each measure, the nearest to it first."""


def elapsed(start: date, end: date, today: date) -> float:
    """The part of a period, first and last day included, that is over at the end of ``today``.

    >>> elapsed(date(2026, 1, 1), date(2026, 1, 10), date(2026, 1, 3))
    0.3
    """
    days = (end - start).days + 1
    return min(max((today - start).days + 1, 0), days) / days


def project(
    realised: float, start: date, end: date, today: date, method: str = "run_rate", pipeline: float = 0.0
) -> float:
    """What will have been realised at the end of the period.

    * ``run_rate``: the rest of the period goes on as it went so far;
    * ``pipeline``: what is realised and the open opportunities expected by the end, weighted by their probability.

    Before the period begins, nothing is known of its pace: the projection is what is realised already (and the
    pipeline). After its end, it is what was realised.

    :param pipeline: weighted amount of the opportunities expected within the rest of the period
    :raises ValueError: for an unknown method, or a period that ends before it begins

    >>> project(30, date(2026, 1, 1), date(2026, 1, 10), date(2026, 1, 3))
    100.0
    >>> project(30, date(2026, 1, 1), date(2026, 1, 10), date(2026, 1, 3), "pipeline", 25)
    55
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}")
    if end < start:
        raise ValueError(f"the period ends on {end}, before it begins on {start}")
    if today >= end:
        return realised
    if method == "pipeline":
        return realised + pipeline
    part = elapsed(start, end, today)
    return realised / part if part else realised


def causes(gap: float, measure: str, amounts: Mapping[str, float]) -> dict[str, float]:
    """What a gap is made of: each source in turn explains as much of the gap as it can, ``missing`` is the rest.

    The parts add up to the gap; without a gap there is nothing to explain.

    :param amounts: amount of each source of ``GAP_SOURCES``; negative ones (more credit than invoices) explain nothing

    >>> causes(100, "invoiced", {"to_invoice": 30, "delivery": 50, "pipeline": 60})
    {'to_invoice': 30, 'delivery': 50, 'pipeline': 20, 'missing': 0}
    >>> causes(100, "booked", {"pipeline": 60, "overdue": 7})
    {'pipeline': 60, 'missing': 40}
    """
    rest = max(gap, 0)
    parts = {}
    for source in GAP_SOURCES[measure]:
        parts[source] = min(rest, max(amounts.get(source, 0), 0))
        rest -= parts[source]
    return parts | {"missing": rest}
