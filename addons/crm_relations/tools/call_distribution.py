"""Who gets which call, without the ORM and without a clock: the moment is an argument.

Order of the work: a call's *place* is the moment at which it began to wait, earlier by the head start of its queue.
Places within the same step (some seconds) count as a tie, which the more valuable customer wins, then the earlier
place. As the order never changes while a call waits, a call is passed only by those that came within the head start:
nobody waits for ever.

Who may have it: a member of its queue with the skills that the queue needs and the call's language. After a while
the demands go down, one level each ``relax_after`` seconds; the language stops to count after ``relax_language_after``;
after ``fallback_after`` seconds the members of the fallback queue may have it too. Among operators the one who is idle
longest comes first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

TIE_SECONDS = 10


@dataclass(frozen=True)
class Queue:
    """Demands of a queue. All spans in seconds, 0 for "never".

    :ivar skills: least level (1 to 3) of each skill by its id
    """

    id: int
    skills: Mapping[int, int] = field(default_factory=dict)
    relax_after: int = 0
    relax_language_after: int = 0
    fallback: int | None = None
    fallback_after: int = 0


@dataclass(frozen=True)
class Call:
    """A call that waits.

    :ivar queued: since when
    :ivar place: ``queued`` less the head start of the queue; of a callback, of the call before it
    :ivar value: value of the customer, in company currency
    :ivar lang: id of the customer's language, None when any will do
    :ivar not_before: of a callback, when its window opens
    :ivar not_after: of a callback, when its window closes
    """

    id: int
    queue: int
    queued: datetime
    place: datetime
    value: float = 0.0
    lang: int | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True)
class Operator:
    """Somebody who may take calls now.

    :ivar queues: ids of the queues of which the operator is a member
    :ivar skills: level (1 to 3) by skill id
    :ivar langs: ids of the languages spoken
    :ivar free: how many calls more at once
    :ivar idle_since: since when without a call
    """

    id: int
    queues: frozenset[int]
    skills: Mapping[int, int] = field(default_factory=dict)
    langs: frozenset[int] = frozenset()
    free: int = 1
    idle_since: datetime = datetime.min


def place_step(place: datetime) -> int:
    """Number of the step of a place: places of one step are a tie.

    >>> place_step(datetime(1970, 1, 1, 0, 0, 29)), place_step(datetime(1970, 1, 1, 0, 0, 30))
    (2, 3)
    """
    return int((place - datetime(1970, 1, 1)).total_seconds() // TIE_SECONDS)


def order_key(call: Call) -> tuple:
    """Key by which calls are sorted: the first is the next."""
    return (place_step(call.place), -call.value, call.place, call.id)


def waited(call: Call, now: datetime) -> int:
    """Seconds for which a call could have been taken; a callback waits only since its window is open."""
    since = max(call.queued, call.not_before) if call.not_before else call.queued
    return max(0, int((now - since).total_seconds()))


def is_due(call: Call, now: datetime) -> bool:
    """Whether a call may be taken now at all: those asked for a window only within it."""
    return (call.not_before is None or call.not_before <= now) and (call.not_after is None or now <= call.not_after)


def may_take(operator: Operator, call: Call, queue: Queue, now: datetime) -> bool:
    """Whether an operator may have a call after it has waited this long. Capacity is another matter."""
    if not is_due(call, now):
        return False
    wait = waited(call, now)
    speaks = call.lang is None or call.lang in operator.langs
    if not speaks and not (queue.relax_language_after and wait >= queue.relax_language_after):
        return False
    if queue.fallback in operator.queues and queue.fallback_after and wait >= queue.fallback_after:
        return True
    if queue.id not in operator.queues:
        return False
    relaxed = wait // queue.relax_after if queue.relax_after else 0
    return all(operator.skills.get(skill, 0) >= level - relaxed for skill, level in queue.skills.items())


def next_call(operator: Operator, calls: Iterable[Call], queues: Mapping[int, Queue], now: datetime) -> Call | None:
    """The call that an operator who asks for work gets."""
    fitting = (call for call in calls if may_take(operator, call, queues[call.queue], now))
    return min(fitting, key=order_key, default=None)


def plan_offers(
    calls: Iterable[Call], operators: Iterable[Operator], queues: Mapping[int, Queue], now: datetime
) -> list[tuple[int, int]]:
    """Which call is offered to whom: each call in its order to the fitting operator who is idle longest.

    >>> since = datetime(2026, 1, 1, 9)
    >>> calls = [Call(1, 7, since, since), Call(2, 7, since, since, value=5.0)]
    >>> plan_offers(calls, [Operator(4, frozenset({7}))], {7: Queue(7)}, since)
    [(2, 4)]

    :return: pairs (call id, operator id), in the order of the calls
    """
    waiting = sorted(operators, key=lambda one: (one.idle_since, one.id))
    free = {one.id: one.free for one in waiting}
    pairs = []
    for call in sorted(calls, key=order_key):
        for operator in waiting:
            if free[operator.id] > 0 and may_take(operator, call, queues[call.queue], now):
                pairs.append((call.id, operator.id))
                free[operator.id] -= 1
                break
    return pairs
