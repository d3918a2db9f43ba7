"""Figures of the complaints return, as the FCA asks for them (DISP 1 Annex 1). No database here.

"Within 3 business days" ends with the close of the third business day following the day of receipt (DISP 1.5.4R),
"within 8 weeks" with the last day of the eighth week (DISP 1.6.2R).
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from . import clock

SHORT = clock.Term(3, "working_days", close_of_business=True)
LONG = clock.Term(8, "weeks")


@dataclass(frozen=True)
class Case:
    """:ivar decision: "upheld", "partly", "not_upheld" or None"""

    received: datetime
    closed: datetime | None = None
    decision: str | None = None


@dataclass
class Return:
    """Counts of one period.

    :ivar opened: received in the period
    :ivar closed: closed in the period; each is in exactly one of ``in_3_days``, ``in_8_weeks`` and ``later``
    :ivar decided: closed with a decision; the shares are of these
    :ivar still_open: received before the end of the period and not closed by then
    """

    opened: int = 0
    closed: int = 0
    in_3_days: int = 0
    in_8_weeks: int = 0
    later: int = 0
    decided: int = 0
    upheld: int = 0
    partly: int = 0
    still_open: int = 0

    def __add__(self, other: "Return") -> "Return":
        return Return(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def share(self, name: str, of: str = "closed") -> float:
        """A count in percent of another; 0 of nothing.

        >>> Return(closed=8, in_3_days=2).share("in_3_days")
        25.0
        """
        whole = getattr(self, of)
        return 100.0 * getattr(self, name) / whole if whole else 0.0

    @property
    def upheld_share(self) -> float:
        """Upheld or partly upheld, in percent of the decided."""
        return 100.0 * (self.upheld + self.partly) / self.decided if self.decided else 0.0


def speed(case: Case, calendar: clock.WorkCalendar) -> str:
    """``in_3_days``, ``in_8_weeks`` or ``later`` for a closed case."""
    try:
        if case.closed <= clock.deadline(case.received, SHORT, calendar):
            return "in_3_days"
    except clock.NoWorkingTimeError:
        return speed(case, clock.always_open(calendar.zone))
    return "in_8_weeks" if case.closed <= clock.deadline(case.received, LONG, calendar) else "later"


def count(cases: Iterable[Case], start: datetime, end: datetime, calendar: clock.WorkCalendar) -> Return:
    """Count cases for the period from ``start`` to before ``end``."""
    total = Return()
    for case in cases:
        if case.received >= end:
            continue
        total.opened += case.received >= start
        if case.closed is None or case.closed >= end:
            total.still_open += 1
        elif case.closed >= start:
            total.closed += 1
            name = speed(case, calendar)
            setattr(total, name, getattr(total, name) + 1)
            total.decided += bool(case.decision)
            total.upheld += case.decision == "upheld"
            total.partly += case.decision == "partly"
    return total
