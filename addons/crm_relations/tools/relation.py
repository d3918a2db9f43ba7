"""Periods of relations, and what becomes of relations when customers are merged."""
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class Relation:
    """One relation as far as merging cares: both ends, the type and the period; None is an open end."""

    id: int
    left: int
    right: int
    type_id: int
    symmetric: bool
    date_from: date | None = None
    date_to: date | None = None
    note: str = ""

    @property
    def key(self):
        return self.type_id, self.left, self.right


def overlap(first, second):
    """Whether two periods share a day; both days of a period belong to it.

    :param first: anything with ``date_from`` and ``date_to``
    """
    return (first.date_from or date.min) <= (second.date_to or date.max) and (second.date_from or date.min) <= (
        first.date_to or date.max
    )


def canonical(left, right, symmetric):
    """The order in which the ends are stored: of a symmetric relation the smaller identifier first."""
    return (right, left) if symmetric and right < left else (left, right)


def join(first, second):
    """One relation for both periods; the notes of both are kept."""
    start = min(first.date_from or date.min, second.date_from or date.min)
    end = max(first.date_to or date.max, second.date_to or date.max)
    return replace(
        first,
        date_from=None if start == date.min else start,
        date_to=None if end == date.max else end,
        note="\n".join(dict.fromkeys(note for note in (first.note, second.note) if note)),
    )


def merged(relations, sources, target):
    """The relations after `sources` have become `target`.

    A relation that would lead to itself goes; relations that would say the same at the same time become one over
    both periods; all others stay with their ends replaced.

    :param relations: every relation of the merged customers
    :param set sources: identifiers of the customers that go
    :param int target: identifier of the customer that stays
    :return: ``(relations to keep with their new values, identifiers to delete)``
    """
    kept = {}
    gone = []
    for relation in sorted(relations, key=lambda relation: relation.id):
        left = target if relation.left in sources else relation.left
        right = target if relation.right in sources else relation.right
        if left == right:
            gone.append(relation.id)
            continue
        left, right = canonical(left, right, relation.symmetric)
        relation = replace(relation, left=left, right=right)
        others = kept.setdefault(relation.key, [])
        # what is joined may reach further and touch one more
        while clash := next((other for other in others if overlap(other, relation)), None):
            others.remove(clash)
            first, second = sorted((clash, relation), key=lambda one: one.id)
            relation = join(first, second)
            gone.append(second.id)
        others.append(relation)
    return [relation for others in kept.values() for relation in others], gone
