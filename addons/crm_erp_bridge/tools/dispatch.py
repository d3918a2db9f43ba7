"""Who gets the work: candidates in, the best one and the reasons out; nothing but numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

WEIGHT_FREE, WEIGHT_LANGUAGE, WEIGHT_KNOWS, WEIGHT_SKILL = 0.6, 0.2, 0.1, 0.1
"""How much free time, the customer's language, having worked for the customer, and skill beyond need count."""


@dataclass(frozen=True)
class Candidate:
    """An employee as far as the choice goes.

    :ivar skill: level of the skill asked for in percent; none when the employee lacks it or none is asked for
    :ivar capacity: hours of work until the deadline by the working calendar, leaves taken off
    :ivar load: hours of open work until then
    """

    id: int
    skill: float | None
    capacity: float
    load: float
    speaks: bool = False
    knows: bool = False


def refusal(candidate: Candidate, wanted: float | None, hours: float) -> str | None:
    """Why somebody cannot do it: 'skill', 'level', 'absent' or 'load'; none for who can.

    :param wanted: least level of the skill in percent; none when no skill is asked for
    :param hours: how much work it is

    >>> refusal(Candidate(1, 40, 8, 0), 50, 1), refusal(Candidate(1, None, 8, 0), None, 9)
    ('level', 'load')
    """
    if wanted is not None and candidate.skill is None:
        return "skill"
    if wanted is not None and candidate.skill < wanted:
        return "level"
    if candidate.capacity <= 0:
        return "absent"
    return "load" if candidate.load + hours > candidate.capacity else None


def score(candidate: Candidate, wanted: float | None, hours: float) -> float:
    """From 0 to 1; more free time, the language, knowing the customer and more skill than needed are better.

    >>> score(Candidate(1, None, 10, 0), None, 5)
    0.3
    """
    free = 1 - min((candidate.load + hours) / candidate.capacity, 1) if candidate.capacity > 0 else 0
    beyond = ((candidate.skill or 0) - wanted) / 100 if wanted is not None else 0
    return (
        WEIGHT_FREE * free
        + WEIGHT_LANGUAGE * candidate.speaks
        + WEIGHT_KNOWS * candidate.knows
        + WEIGHT_SKILL * max(beyond, 0)
    )


def choose(candidates: Iterable[Candidate], wanted: float | None, hours: float) -> Candidate | None:
    """The best of those who can do it, whatever their order; among equals the one with the smallest id.

    >>> choose([Candidate(2, None, 10, 0), Candidate(1, None, 10, 5)], None, 1).id
    2
    """
    able = [candidate for candidate in candidates if refusal(candidate, wanted, hours) is None]
    return min(able, key=lambda candidate: (-score(candidate, wanted, hours), candidate.id), default=None)
