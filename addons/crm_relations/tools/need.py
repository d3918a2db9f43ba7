"""Rules about a customer's need, without the ORM."""

from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

TRANSITIONS = MappingProxyType(
    {
        "open": frozenset({"met", "lapsed", "lost"}),
        "met": frozenset({"open"}),
        "lapsed": frozenset({"open", "met", "lost"}),
        "lost": frozenset({"open"}),
    }
)
"""From which state a need may go to which others."""


@dataclass(frozen=True)
class NeedMatch:
    """One document that could meet a need, as ``crm.need._match_products`` proposes it.

    :ivar res_model: technical name of the proposed document's model, e.g. ``product.product``
    :ivar res_id: its identifier
    :ivar score: how well it fits, from 0 (not at all) to 1 (asked for by its name)
    :ivar reason: why it is proposed, in the reader's language
    """

    res_model: str
    res_id: int
    score: float
    reason: str = ""

    def __post_init__(self):
        if not 0 <= self.score <= 1:
            raise ValueError(f"The score of a match lies between 0 and 1, not {self.score}")


def may_move(state: str, target: str) -> bool:
    """Whether a need may go from one state to another one.

    >>> may_move("open", "met"), may_move("met", "lost"), may_move("open", "open")
    (True, False, False)
    """
    return target in TRANSITIONS.get(state, ())


def due_until(wanted: date | None, wanted_end: date | None, review_by: date | None) -> date | None:
    """The last day on which anybody expects something of a need; None when no day was named.

    A need confirmed after its wanted date (a later review) stays alive until that review.

    >>> due_until(date(2026, 3, 1), None, date(2026, 2, 1))
    datetime.date(2026, 3, 1)
    >>> due_until(None, None, None)
    """
    return max((day for day in (wanted, wanted_end, review_by) if day), default=None)


def lapse_limit(today: date, grace_days: int) -> date:
    """Needs due until a day before this one have lapsed.

    >>> lapse_limit(date(2026, 3, 31), 30)
    datetime.date(2026, 3, 1)
    """
    return today - timedelta(days=max(grace_days, 0))
