"""What is offered for which complaint, and who may approve it. No database here."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

SEVERITIES = ("1_minor", "2_moderate", "3_major", "4_critical")


@dataclass(frozen=True)
class Facts:
    """What a policy looks at.

    :ivar causes: ids of the cause and of all wider causes
    :ivar severity: a code of :data:`SEVERITIES`, or None when not assessed
    :ivar delay_days: whole days since receipt
    :ivar value: amount of the order, None when unknown
    """

    causes: frozenset[int]
    severity: str | None
    delay_days: int
    value: float | None


@dataclass(frozen=True)
class Policy:
    """One row of the policy; None means any.

    :ivar percent: of the order's value, 0 to 100; when the value is unknown only ``amount`` counts
    :ivar most: the amount is never more than this; None for no such limit
    """

    id: int
    cause: int | None = None
    least_severity: str | None = None
    least_delay: int = 0
    least_value: float = 0.0
    most_value: float | None = None
    amount: float = 0.0
    percent: float = 0.0
    most: float | None = None


def fits(policy: Policy, facts: Facts) -> bool:
    """Whether a row applies. Rows about the value do not apply while the value is unknown.

    >>> late = Policy(1, least_severity="2_moderate", least_delay=10)
    >>> fits(late, Facts(frozenset(), "3_major", 10, None)), fits(late, Facts(frozenset(), None, 10, None))
    (True, False)
    """
    if policy.cause and policy.cause not in facts.causes:
        return False
    if policy.least_severity and (facts.severity or "") < policy.least_severity:
        return False
    if facts.delay_days < policy.least_delay:
        return False
    if facts.value is None:
        return not policy.least_value and policy.most_value is None
    return facts.value >= policy.least_value and (policy.most_value is None or facts.value <= policy.most_value)


def first_fit(policies: Iterable[Policy], facts: Facts) -> Policy | None:
    """The first row that applies, in the order given."""
    return next((policy for policy in policies if fits(policy, facts)), None)


def proposed_amount(policy: Policy, facts: Facts, digits: int = 2) -> float:
    """Fixed amount plus percentage, never above the policy's own limit nor the order's value.

    >>> proposed_amount(Policy(1, amount=5, percent=10, most=20), Facts(frozenset(), None, 0, 80.05))
    13.01
    >>> proposed_amount(Policy(1, amount=5, percent=10, most=20), Facts(frozenset(), None, 0, 900.0))
    20.0
    >>> proposed_amount(Policy(1, amount=50), Facts(frozenset(), None, 0, 30.0))
    30.0
    """
    amount = Decimal(str(policy.amount))
    if facts.value is not None:
        amount += Decimal(str(facts.value)) * Decimal(str(policy.percent)) / 100
    limits = [Decimal(str(limit)) for limit in (policy.most, facts.value) if limit is not None]
    amount = min([amount, *limits])
    return float(amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


@dataclass(frozen=True)
class Request:
    """A remedy that somebody wants to approve. Amounts in one currency.

    :ivar case_total: remedies of the same complaint approved so far, without this one
    :ivar year_total: remedies of the same customer approved in the last 365 days, without this one
    :ivar order_amount: None when unknown
    """

    amount: float
    case_total: float
    year_total: float
    order_amount: float | None
    proposer: int
    approver: int


@dataclass(frozen=True)
class Limit:
    """What a role may approve: for one complaint, and for one customer in a year. None means unlimited."""

    case: float | None
    year: float | None


def refusals(request: Request, limits: Iterable[Limit]) -> tuple[str, ...]:
    """Codes of everything that speaks against an approval; empty when it may go ahead.

    One role has to cover it as a whole: limits of two roles do not add up.

    >>> refusals(Request(60, 50, 0, 100, 1, 1), [Limit(100, None)])
    ('self', 'order', 'case')
    >>> refusals(Request(60, 0, 450, None, 1, 2), [Limit(100, 500), Limit(50, None)])
    ('year',)
    >>> refusals(Request(60, 0, 0, None, 1, 2), [])
    ('role',)
    """
    found = []
    if request.proposer == request.approver:
        found.append("self")
    case = request.amount + request.case_total
    if request.order_amount is not None and _more(case, request.order_amount):
        found.append("order")
    limits = list(limits)
    if not limits:
        return (*found, "role")
    within_case = [limit for limit in limits if limit.case is None or not _more(case, limit.case)]
    year = request.amount + request.year_total
    if not within_case:
        found.append("case")
    elif all(limit.year is not None and _more(year, limit.year) for limit in within_case):
        found.append("year")
    return tuple(found)


def _more(left: float, right: float) -> bool:
    """Greater by more than sums of cents are inexact."""
    return left - right > 0.0001
