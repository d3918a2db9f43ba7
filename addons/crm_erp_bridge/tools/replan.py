"""Work that changes hands: who takes which task, and how the load is before and after; nothing but numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from . import dispatch


@dataclass(frozen=True)
class Work:
    """A task that is to be given to somebody else.

    :ivar hours: what is left to do
    :ivar wanted: least level of the skill in percent; none when no skill is asked for
    :ivar skills: level of that skill by person
    :ivar speaks: who speaks the customer's language
    :ivar knows: who has worked for the customer
    :ivar never: who must not get it: who has it now, or is away
    """

    id: int
    due: date
    hours: float
    wanted: float | None = None
    skills: Mapping[int, float] = field(default_factory=dict)
    speaks: frozenset[int] = frozenset()
    knows: frozenset[int] = frozenset()
    never: frozenset[int] = frozenset()


def plan(
    works: Iterable[Work], capacity: Mapping[int, float], load: Mapping[int, float]
) -> tuple[dict[int, int | None], dict[int, float]]:
    """Who gets each task, and the load afterwards. What is due first is given first; what is given counts as load.

    :param capacity: hours of each person until the end of the time looked at
    :param load: hours of open work of each, without the tasks that change hands
    :return: ({task: person, or none when nobody can}, {person: hours})

    >>> plan([Work(1, date(2026, 1, 2), 6), Work(2, date(2026, 1, 1), 6)], {7: 10, 8: 8}, {7: 0, 8: 0})
    ({2: 7, 1: 8}, {7: 6, 8: 6})
    """
    after = dict(load)
    given: dict[int, int | None] = {}
    for work in sorted(works, key=lambda work: (work.due, work.id)):
        candidates = [
            dispatch.Candidate(
                id=person,
                skill=work.skills.get(person),
                capacity=hours,
                load=after.get(person, 0.0),
                speaks=person in work.speaks,
                knows=person in work.knows,
            )
            for person, hours in capacity.items()
            if person not in work.never
        ]
        best = dispatch.choose(candidates, work.wanted, work.hours)
        given[work.id] = best.id if best else None
        if best:
            after[best.id] = after.get(best.id, 0.0) + work.hours
    return given, after


def without(work: Work, *people: int) -> Work:
    """The same work, not for these people either.

    >>> without(Work(1, date(2026, 1, 1), 1), 5).never
    frozenset({5})
    """
    return replace(work, never=work.never | set(people))
