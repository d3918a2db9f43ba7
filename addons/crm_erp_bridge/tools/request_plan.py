"""The plan of a request without the ORM: which step may go when, and where the whole stands."""

import hashlib
import json
from collections.abc import Iterable, Mapping

FINISHED = frozenset({"done", "skipped"})
"""States of a step after which the steps behind it may go."""
GONE = frozenset({"replaced", "cancelled"})
"""States of a step that counts no more."""


def split_keys(after: str | None) -> tuple[str, ...]:
    """The keys of the steps that come before.

    >>> split_keys("quotation confirm")
    ('quotation', 'confirm')
    """
    return tuple((after or "").split())


def ready_keys(states: Mapping[str, str], after: Mapping[str, Iterable[str]]) -> list[str]:
    """Keys of the planned steps whose predecessors are finished, in the given order.

    A predecessor that the plan left out (its condition did not hold) holds nothing up.

    >>> ready_keys({"a": "done", "b": "planned", "c": "planned"}, {"b": ["a"], "c": ["b", "x"]})
    ['b']
    """
    return [
        key
        for key, state in states.items()
        if state == "planned" and all(states.get(other, "done") in FINISHED for other in after.get(key, ()))
    ]


def find_cycle(after: Mapping[str, Iterable[str]]) -> list[str]:
    """Keys that wait for each other, in alphabetical order; empty when the plan can be carried out.

    >>> find_cycle({"a": ["b"], "b": ["a"], "c": ["a"]})
    ['a', 'b']
    >>> find_cycle({"a": [], "b": ["a"]})
    []
    """
    waiting = {key: {other for other in others if other in after} for key, others in after.items()}
    for direction in (waiting, _reversed(waiting)):
        while free := [key for key, others in direction.items() if not others & direction.keys()]:
            for key in free:
                del direction[key]
        waiting = {key: others & waiting.keys() for key, others in waiting.items() if key in direction}
    return sorted(waiting)


def _reversed(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {key: {other for other, others in edges.items() if key in others} for key in edges}


def followers(key: str, after: Mapping[str, Iterable[str]]) -> set[str]:
    """Keys of all steps that come, directly or not, after one.

    >>> sorted(followers("a", {"b": ["a"], "c": ["b"], "d": []}))
    ['b', 'c']
    """
    found = set()
    fringe = {key}
    while fringe:
        fringe = {other for other, before in after.items() if not fringe.isdisjoint(before)} - found
        found |= fringe
    return found


def phase(states: Iterable[str]) -> str:
    """Where a started request stands, by the states of its steps.

    >>> phase(["done", "planned"]), phase(["done", "failed", "planned"]), phase(["done", "skipped", "replaced"])
    ('in_progress', 'stuck', 'done')
    """
    counting = set(states) - GONE
    if "failed" in counting:
        return "stuck"
    return "done" if counting <= FINISHED else "in_progress"


def next_generation(key: str, taken: Iterable[str]) -> str:
    """The key of a step that takes the place of another.

    >>> next_generation("invoice", ["quotation", "invoice"])
    'invoice#2'
    >>> next_generation("invoice#2", ["invoice", "invoice#2"])
    'invoice#3'
    """
    base = key.partition("#")[0]
    numbers = [int(other.partition("#")[2] or 1) for other in taken if other.partition("#")[0] == base]
    return f"{base}#{max(numbers, default=0) + 1}"


def payload_hash(payload: Mapping) -> str:
    """A digest of what was asked for; the order of the keys and the spacing of the document do not matter.

    >>> payload_hash({"a": 1, "b": [2]}) == payload_hash({"b": [2], "a": 1})
    True
    """
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
