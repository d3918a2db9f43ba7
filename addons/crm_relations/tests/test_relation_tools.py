from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import relation as tool
from ..tools.relation import Relation

FIRST = date(2020, 1, 1)
days = st.none() | st.integers(0, 40).map(lambda day: FIRST + timedelta(days=day))


@st.composite
def graphs(draw):
    """Relations that the constraints allow: nobody to oneself, canonical order, no overlap."""
    rows = []
    for number in range(draw(st.integers(0, 12))):
        left, right = draw(st.lists(st.integers(1, 6), min_size=2, max_size=2, unique=True))
        type_id = draw(st.integers(1, 2))
        symmetric = type_id == 2
        left, right = tool.canonical(left, right, symmetric)
        start, end = draw(days), draw(days)
        if start and end and end < start:
            start, end = end, start
        row = Relation(number + 1, left, right, type_id, symmetric, start, end, draw(st.sampled_from(["", "a", "b"])))
        if not any(other.key == row.key and tool.overlap(other, row) for other in rows):
            rows.append(row)
    return rows


def covered(rows):
    """Every day on which each relation holds, within the time that the examples use, and one day beyond each end."""
    return {
        (row.key, day)
        for row in rows
        for day in range(-1, 42)
        if (row.date_from or date.min) <= FIRST + timedelta(days=day) <= (row.date_to or date.max)
    }


@tagged("post_install", "-at_install", "pure")
class TestRelationTools(BaseCase):
    @given(graphs(), st.sets(st.integers(1, 6), min_size=1, max_size=3), st.integers(1, 6))
    @settings(max_examples=300, deadline=None)
    def test_merged(self, rows, sources, target):
        """What is left breaks no constraint, and says on each day what was said before, and no more."""
        sources -= {target}
        keep, gone = tool.merged(rows, sources, target)
        self.assertEqual(sorted([row.id for row in keep] + gone), [row.id for row in rows])
        for row in keep:
            self.assertNotEqual(row.left, row.right)
            self.assertFalse({row.left, row.right} & sources)
            self.assertEqual(tool.canonical(row.left, row.right, row.symmetric), (row.left, row.right))
            self.assertTrue(not row.date_from or not row.date_to or row.date_from <= row.date_to)
        for first in keep:
            for second in keep:
                self.assertFalse(first.id < second.id and first.key == second.key and tool.overlap(first, second))

        def renamed(row):
            left, right = (target if end in sources else end for end in (row.left, row.right))
            left, right = tool.canonical(left, right, row.symmetric)
            return Relation(row.id, left, right, row.type_id, row.symmetric, row.date_from, row.date_to)

        expected = [row for row in map(renamed, rows) if row.left != row.right]
        self.assertEqual(covered(keep), covered(expected))

    def test_notes_are_kept(self):
        rows = [
            Relation(1, 1, 3, 1, False, date(2020, 1, 1), date(2020, 6, 30), "first"),
            Relation(2, 2, 3, 1, False, date(2020, 6, 30), None, "second"),
        ]
        keep, gone = tool.merged(rows, {2}, 1)
        self.assertEqual(keep, [Relation(1, 1, 3, 1, False, date(2020, 1, 1), None, "first\nsecond")])
        self.assertEqual(gone, [2])

    def test_overlap_shares_the_last_day(self):
        first = Relation(1, 1, 2, 1, False, None, date(2020, 6, 30))
        self.assertTrue(tool.overlap(first, Relation(2, 1, 2, 1, False, date(2020, 6, 30), None)))
        self.assertFalse(tool.overlap(first, Relation(2, 1, 2, 1, False, date(2020, 7, 1), None)))
