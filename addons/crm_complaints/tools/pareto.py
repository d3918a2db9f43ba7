"""The vital few: shares, cumulative shares and classes. No database here."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

A_UNTIL, B_UNTIL = 0.8, 0.95
"""Class A makes up the first 80 %, B up to 95 %, C the rest (J. M. Juran, Quality Control Handbook)."""


@dataclass(frozen=True)
class Row:
    """One bar of the chart.

    :ivar share: part of the whole, 0 to 1
    :ivar cumulative: part of the whole with all greater ones, 0 to 1
    :ivar rank: "A", "B" or "C"; the bar that crosses a limit still belongs to the class before
    """

    key: Hashable
    value: float
    share: float
    cumulative: float
    rank: str


def pareto(values: Mapping[Hashable, float]) -> list[Row]:
    """Rows from the greatest to the smallest; nothing of zero or less counts.

    >>> [(row.key, row.value, round(row.cumulative, 2), row.rank) for row in pareto({"x": 1, "y": 7, "z": 2, "n": 0})]
    [('y', 7, 0.7, 'A'), ('z', 2, 0.9, 'A'), ('x', 1, 1.0, 'B')]
    >>> pareto({})
    []
    """
    counted = sorted(((key, value) for key, value in values.items() if value > 0), key=lambda pair: -pair[1])
    total = sum(value for _key, value in counted)
    rows, running = [], 0
    for key, value in counted:
        before = running / total
        running += value
        rank = "A" if before < A_UNTIL else "B" if before < B_UNTIL else "C"
        rows.append(Row(key, value, value / total, running / total, rank))
    return rows
