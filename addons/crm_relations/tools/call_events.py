"""What became of a call, from the events about it: without the ORM.

A telephone system reports over a network: events come late, twice, in any order. So nothing is moved from state to
state as they arrive. All events of a call are kept, and what the call is now is a function of the *set* of them:
sorted by when they happened, each event once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

ORDER = ("queued", "ringing", "returned", "answered", "transferred", "ended", "lost", "cancelled")
RANK = {kind: rank for rank, kind in enumerate(ORDER)}
"""Order of what is reported for the same moment."""

CLOSING = ("ended", "lost", "cancelled")


@dataclass(frozen=True)
class Event:
    """One thing that happened to a call.

    :ivar key: identifies the event within its telephone system
    :ivar kind: one of ``RANK``
    :ivar moment: when it happened, seconds since 1970 (UTC), with fractions
    :ivar operator: id of the operator concerned, if any
    :ivar queue: id of the queue to which the call came or was transferred, if any
    :ivar number: the customer's, when the event says so
    :ivar direction: "in" or "out", when the event says so
    """

    key: str
    kind: str
    moment: float
    operator: int | None = None
    queue: int | None = None
    number: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Course:
    """How a call went so far. Moments in seconds since 1970 (UTC), None when it has not happened.

    :ivar ringing: when it last began to ring at the operator of ``operator``
    :ivar answered: when it was first answered
    :ivar offers: at how many operators it rang
    """

    state: str = "queued"
    started: float | None = None
    ringing: float | None = None
    answered: float | None = None
    ended: float | None = None
    operator: int | None = None
    queue: int | None = None
    transfers: int = 0
    offers: int = 0
    number: str = ""
    direction: str = "in"


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events as they happened, each once."""
    once = {event.key: event for event in events}
    return sorted(once.values(), key=lambda one: (one.moment, RANK[one.kind], one.key))


def fold(events: Iterable[Event], direction: str = "in") -> Course:
    """How a call went, whatever the order in which its events arrived and however often.

    Who called, and to which queue, is what the earliest event says of it. What is said to have happened after the end
    is not believed. A call that ended without an answer is lost when the customer called, not reached when we called.

    >>> came, rang = Event("1", "queued", 10.0, queue=7), Event("2", "ringing", 12.0, operator=3)
    >>> taken, over = Event("3", "answered", 15.0, operator=3), Event("4", "ended", 95.0)
    >>> fold([over, taken, came, rang, taken]) == fold([came, rang, taken, over])
    True
    >>> course = fold([over, came, rang])
    >>> course.state, course.ended, course.operator
    ('lost', 95.0, None)
    """
    ordered = in_order(events)
    course = Course(
        started=ordered[0].moment if ordered else None,
        queue=next((event.queue for event in ordered if event.queue), None),
        number=next((event.number for event in ordered if event.number), ""),
        direction=next((event.direction for event in ordered if event.direction), direction),
    )
    for event in ordered:
        if course.ended is not None:
            break
        course = _step(course, event)
    return course


def _step(course: Course, event: Event) -> Course:
    kind = event.kind
    if kind in CLOSING:
        return _close(course, event)
    if kind == "queued":
        return replace(course, queue=event.queue or course.queue)
    if kind == "transferred":
        return _transfer(course, event)
    if kind == "answered":
        return replace(
            course,
            state="answered",
            answered=course.answered or event.moment,
            operator=event.operator or course.operator,
        )
    if course.state == "answered":
        return course  # it rings elsewhere while somebody talks: a consultation, no new offer
    if kind == "ringing":
        return replace(
            course, state="ringing", ringing=event.moment, operator=event.operator, offers=course.offers + 1
        )
    # returned: only by who has it; somebody else may be ringing already
    if event.operator in (None, course.operator):
        return replace(course, state="queued", ringing=None, operator=None)
    return course


def _transfer(course: Course, event: Event) -> Course:
    """To an operator: the conversation goes on there. To a queue only: it waits there again, but was answered."""
    course = replace(course, transfers=course.transfers + 1, queue=event.queue or course.queue)
    if event.operator:
        return replace(course, operator=event.operator)
    if event.queue:
        return replace(course, state="queued", operator=None, ringing=None)
    return course


def _close(course: Course, event: Event) -> Course:
    if course.answered is not None:
        return replace(course, state="ended", ended=event.moment)
    not_answered = "cancelled" if event.kind == "cancelled" else "lost" if course.direction == "in" else "missed"
    # who called in vain is still who called
    operator = course.operator if not_answered == "missed" else None
    return replace(course, state=not_answered, ended=event.moment, operator=operator)
