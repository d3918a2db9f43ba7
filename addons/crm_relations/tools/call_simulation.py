"""A telephone day, played event by event without the ORM: demo data, and a test of the rules of distribution.

Callers come by chance (Poisson), wait until an operator is free or their patience ends, talk and hang up; operators
wrap up and are free again. Who gets which call is not decided here but by the function given, as a rule
``call_distribution.plan_offers``.
"""

import heapq
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .call_distribution import Call, Operator, Queue, plan_offers

PROFILE = (0.6, 1.0, 1.2, 1.1, 0.7, 0.9, 1.1, 0.8, 0.5)
"""How busy the hours from 8:00 to 17:00 are, against the average."""

_ARRIVES, _GIVES_UP, _HANGS_UP, _IS_FREE = range(4)


@dataclass(frozen=True)
class Caller:
    """Somebody who calls.

    :ivar call: as it waits in the queue
    :ivar patience: seconds until the caller gives up
    :ivar talk: seconds of the conversation
    :ivar wrap: seconds of the work after it
    """

    call: Call
    patience: int
    talk: int
    wrap: int


@dataclass(frozen=True)
class Played:
    """What became of a call; without operator the caller gave up."""

    caller: Caller
    operator: int | None
    answered: datetime | None
    ended: datetime
    wrapped: datetime | None


def callers(
    chance: random.Random, day: datetime, per_hour: float, queues: Sequence[int], first_id: int = 1, handling: int = 240
) -> list[Caller]:
    """Callers of one day from 8:00 to 17:00 (as ``day`` counts the hours), by chance but the same for the same seed.

    :param per_hour: average number of calls an hour
    :param handling: average seconds of talk; work after it takes a quarter of that
    """
    found, number = [], first_id
    for hour, busy in enumerate(PROFILE):
        moment = 0.0
        while True:
            moment += chance.expovariate(per_hour * busy / 3600.0)
            if moment >= 3600:
                break
            queued = day + timedelta(hours=8 + hour, seconds=int(moment))
            found.append(
                Caller(
                    Call(number, chance.choice(queues), queued, queued),
                    patience=3 + int(chance.expovariate(1 / 150.0)),
                    talk=max(15, int(chance.lognormvariate(math.log(handling * 0.8), 0.65))),
                    wrap=5 + int(chance.expovariate(4.0 / handling)),
                )
            )
            number += 1
    return found


def play(
    day: Iterable[Caller],
    operators: Sequence[Operator],
    queues: Mapping[int, Queue],
    plan: Callable = plan_offers,
) -> list[Played]:
    """Play a day: who takes which call when.

    At one moment first those arrive, give up, hang up and get free whose time has come; then calls are given away.

    :param operators: all free, idle since their ``idle_since``
    :param plan: (calls, operators, queues, now) to pairs (call id, operator id)
    :return: in the order in which the calls ended or were given up
    """
    by_id = {caller.call.id: caller for caller in day}
    agenda = [(caller.call.queued, _ARRIVES, number) for number, caller in by_id.items()]
    heapq.heapify(agenda)
    free = {operator.id: operator for operator in operators}
    waiting, talking, played = {}, {}, []
    while agenda:
        now = agenda[0][0]
        while agenda and agenda[0][0] == now:
            _now, what, number = heapq.heappop(agenda)
            _happen(now, what, number, by_id, waiting, talking, free, played, agenda)
        available = [operator for operator in free.values() if operator.free]
        if waiting and available:
            for call_id, operator_id in plan([one.call for one in waiting.values()], available, queues, now):
                caller = waiting.pop(call_id)
                talking[call_id] = (operator_id, now)
                free[operator_id] = replace(free[operator_id], free=free[operator_id].free - 1)
                heapq.heappush(agenda, (now + timedelta(seconds=caller.talk), _HANGS_UP, call_id))
    return played


def _happen(now, what, number, by_id, waiting, talking, free, played, agenda):
    if what == _ARRIVES:
        waiting[number] = by_id[number]
        heapq.heappush(agenda, (now + timedelta(seconds=by_id[number].patience), _GIVES_UP, number))
    elif what == _GIVES_UP and number in waiting:
        played.append(Played(waiting.pop(number), None, None, now, None))
    elif what == _HANGS_UP:
        operator_id, answered = talking.pop(number)
        wrapped = now + timedelta(seconds=by_id[number].wrap)
        played.append(Played(by_id[number], operator_id, answered, now, wrapped))
        heapq.heappush(agenda, (wrapped, _IS_FREE, operator_id))
    elif what == _IS_FREE:
        free[number] = replace(free[number], free=free[number].free + 1, idle_since=now)
