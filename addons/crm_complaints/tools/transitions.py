"""The path of a complaint, as data and pure functions.

The phases follow the operation steps of ISO 10002 (clause 7: receipt,
acknowledgement, assessment, investigation, response, closing). Stages are what
a company names them and belong to a phase; only phases have rules.
"""

from collections.abc import Set
from dataclasses import dataclass
from types import MappingProxyType

PHASES = ("received", "acknowledged", "assessed", "investigation", "response", "closed")
OPEN_PHASES = PHASES[:-1]
OUTCOMES = ("settled", "rejected", "withdrawn")

TRANSITIONS = MappingProxyType(
    {
        # a simple complaint may be settled on the spot, any may be withdrawn
        "received": frozenset({"acknowledged", "assessed", "investigation", "closed"}),
        "acknowledged": frozenset({"assessed", "investigation", "response", "closed"}),
        "assessed": frozenset({"investigation", "response", "closed"}),
        "investigation": frozenset({"assessed", "response", "closed"}),
        # the complainant does not accept: look again
        "response": frozenset({"investigation", "closed"}),
        # reopening: back to work, never to a new receipt
        "closed": frozenset({"assessed", "investigation"}),
    }
)
"""Phase -> phases it may go to. Moves inside one phase are free, see :func:`refusals`."""

REQUIRED = MappingProxyType(
    {
        "received": frozenset(),
        # sending or noting the acknowledgement moves the complaint, not the other way round
        "acknowledged": frozenset({"acknowledgement"}),
        "assessed": frozenset({"severity"}),
        "investigation": frozenset({"severity", "owner"}),
        "response": frozenset({"severity", "owner", "decision", "decision_reason", "response"}),
    }
)
"""What has to be known on entering an open phase."""

REQUIRED_FOR_OUTCOME = MappingProxyType(
    {
        "settled": frozenset({"decision", "decision_reason"}),
        "rejected": frozenset({"decision", "decision_reason", "response"}),
        # who withdraws gets no decision, but the file tells why it ended
        "withdrawn": frozenset({"reason"}),
    }
)
"""What has to be known on closing."""

DATE_OF_PHASE = MappingProxyType(
    {
        "assessed": "date_assessed",
        "investigation": "date_investigated",
        "response": "date_responded",
        "closed": "date_closed",
    }
)
"""The date that entering a phase writes. Nothing else writes it.
The date of the acknowledgement is not here: it belongs to the proof of the acknowledgement, which may also come
after the assessment."""

STANDING_DATES = frozenset({"date_responded", "date_closed"})
"""Dates that say since when something holds; leaving the phase backwards takes them away.
The other dates say when something happened for the first time and stay."""


@dataclass(frozen=True)
class Target:
    """Where a complaint is to go.

    :ivar phase: phase of the target stage
    :ivar outcome: outcome of the target stage; only closing stages have one
    """

    phase: str
    outcome: str | None = None


@dataclass(frozen=True)
class DateChanges:
    """Names of the dates that a move sets to now, and of those that it empties."""

    set_now: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()


def is_reopening(current: Target, target: Target) -> bool:
    """True when a closed complaint becomes an open one.

    >>> is_reopening(Target("closed", "settled"), Target("investigation"))
    True
    """
    return current.phase == "closed" and target.phase != "closed"


def is_allowed(current: Target, target: Target) -> bool:
    """True when the path exists, whatever is known about the case.

    >>> is_allowed(Target("received"), Target("acknowledged"))
    True
    >>> is_allowed(Target("closed", "settled"), Target("closed", "rejected"))
    False
    """
    if current.phase == target.phase:
        return current.outcome == target.outcome
    if target.outcome == "rejected" and current.phase != "response":
        return False  # ISO 10002, 7.7: no rejection before an answer with reasons
    return target.phase in TRANSITIONS[current.phase]


def refusals(current: Target, target: Target, known: Set[str], decision: str | None = None) -> tuple[str, ...]:
    """Why the move may not be made, as codes in a fixed order; empty when it may.

    :param known: names of what is filled in, among: acknowledgement, severity,
        owner, decision, decision_reason, response, reason (of the move)
    :param decision: 'upheld', 'partly', 'not_upheld' or nothing
    :return: 'path' alone when there is no such path, else what is missing, and
        'decision_differs' when a rejection would contradict the decision

    >>> refusals(Target("acknowledged"), Target("assessed"), frozenset())
    ('severity',)
    """
    if not is_allowed(current, target):
        return ("path",)
    if current == target or current.phase == target.phase:
        return ()
    required = REQUIRED_FOR_OUTCOME[target.outcome] if target.phase == "closed" else REQUIRED[target.phase]
    if is_reopening(current, target):
        required |= {"reason"}
    missing = sorted(required - known)
    if target.outcome == "rejected" and decision in ("upheld", "partly"):
        missing.append("decision_differs")
    return tuple(missing)


def date_changes(current: Target, target: Target, filled: Set[str]) -> DateChanges:
    """Which dates an allowed move writes.

    :param filled: names of the dates that the case already has

    >>> date_changes(Target("response"), Target("investigation"), {"date_investigated", "date_responded"})
    DateChanges(set_now=frozenset(), clear=frozenset({'date_responded'}))
    """
    if current.phase == target.phase:
        return DateChanges()
    clear = set()
    if PHASES.index(target.phase) < PHASES.index(current.phase):
        clear = {
            DATE_OF_PHASE[phase]
            for phase in PHASES[PHASES.index(target.phase) + 1 :]
            if DATE_OF_PHASE.get(phase) in STANDING_DATES
        } & set(filled)
    name = DATE_OF_PHASE.get(target.phase)
    set_now = {name} if name and (name in STANDING_DATES or name not in filled) else set()
    return DateChanges(frozenset(set_now), frozenset(clear))
