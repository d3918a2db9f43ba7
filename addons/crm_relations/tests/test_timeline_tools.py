import doctest
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from ..tools import interaction, planned, timeline

REQUIRED = {name: SQL("NULL") for name in timeline.REQUIRED_COLUMNS}
ROWS = st.tuples(st.integers(1, 2**31 - 1), st.integers(0, 63))
ALIASES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)


@tagged("post_install", "-at_install", "pure")
class TestTimelineTools(BaseCase):
    def test_doctests(self):
        for module in (interaction, planned, timeline):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertEqual(result.failed, 0)
                self.assertGreater(result.attempted, 0)

    @given(ROWS, ROWS)
    def test_entry_ids_are_unique_reversible_and_safe_in_javascript(self, one, other):
        self.assertEqual(timeline.split_entry_id(timeline.entry_id(*one)), one)
        self.assertEqual(timeline.entry_id(*one) == timeline.entry_id(*other), one == other)
        self.assertLess(timeline.entry_id(*one), 2**53)

    @given(
        st.integers(0, 63),
        ALIASES,
        st.sets(st.sampled_from(sorted(timeline.COLUMN_TYPES))),
        st.lists(st.text(min_size=1, max_size=20), max_size=3),
    )
    def test_every_branch_has_the_same_shape(self, slot, alias, given_columns, parameters):
        columns = REQUIRED | {name: SQL("%s", "x") for name in given_columns}
        conditions = [SQL("name = %s", parameter) for parameter in parameters]
        source = timeline.TimelineSource(slot=slot, model="res.partner", alias=alias, columns=columns)
        branch = timeline.render_branch(source, SQL.identifier("res_partner"), conditions)
        names = re.findall(r'::\w+ AS "(\w+)"', branch.code)
        self.assertEqual(names, list(timeline.COLUMN_TYPES))
        for name, sql_type in timeline.COLUMN_TYPES.items():
            self.assertIn(f')::{sql_type} AS "{name}"', branch.code)
        self.assertEqual(branch.code.count("%s"), len(branch.params))
        self.assertEqual(branch.params[-len(parameters) :] if parameters else [], parameters)
        self.assertIn(f"::bigint * 64 + {slot}) AS id", branch.code)

    def test_identifier_is_the_indexed_expression(self):
        source = timeline.TimelineSource(slot=7, model="res.partner", columns=REQUIRED)
        branch = timeline.render_branch(source, SQL.identifier("res_partner"))
        self.assertIn('("s"."id"::bigint * 64 + 7) AS id', branch.code)
        self.assertEqual(timeline.index_expression(7), "((id::bigint * 64 + 7))")

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
    def test_a_branch_is_left_out_only_when_none_of_its_kinds_is_asked_for(self, own, asked):
        source = timeline.TimelineSource(slot=1, model="x", columns=REQUIRED, kinds=tuple(own))
        self.assertEqual(source.may_yield(asked), not own or not asked or bool(own & asked))

    def test_kind_is_read_from_a_literal(self):
        columns = REQUIRED | {"kind": SQL("'letter'")}
        self.assertEqual(timeline.TimelineSource(slot=1, model="x", columns=columns).kinds, ("letter",))
        columns = REQUIRED | {"kind": SQL("CASE WHEN x THEN 'a' ELSE 'b' END")}
        source = timeline.TimelineSource(slot=1, model="x", columns=columns)
        self.assertEqual(source.kinds, ())
        self.assertTrue(source.may_yield(["other"]), "unknown: the rows decide")

    def test_documents_need_a_link(self):
        with self.assertRaises(ValueError):
            timeline.TimelineSource(slot=1, model="x", columns=REQUIRED, documents=SQL("d"))

    def test_wrong_sources_are_refused(self):
        cases = {
            "slot 64 is not between": {"slot": 64, "columns": REQUIRED},
            "slot -1 is not between": {"slot": -1, "columns": REQUIRED},
            "unknown columns": {"slot": 1, "columns": REQUIRED | {"colour": SQL("1")}},
            "missing columns ['kind']": {"slot": 1, "columns": {k: v for k, v in REQUIRED.items() if k != "kind"}},
        }
        for message, values in cases.items():
            with self.subTest(message), self.assertRaises(ValueError) as caught:
                timeline.TimelineSource(model="res.partner", **values)
            self.assertIn(message, str(caught.exception))

    def test_two_sources_in_one_slot_are_refused_by_name(self):
        source = timeline.TimelineSource(slot=9, model="res.partner", columns=REQUIRED)
        with self.assertRaises(ValueError) as caught:
            timeline.check_slots({"mine": source, "yours": source})
        self.assertEqual(str(caught.exception), "Timeline sources 'mine' and 'yours' both use slot 9")
        timeline.check_slots({"mine": source})

    @settings(max_examples=300)
    @given(st.text(max_size=400))
    def test_first_line_is_one_short_line(self, text):
        line = interaction.first_line(text)
        self.assertLessEqual(len(line), interaction.TITLE_LENGTH)
        self.assertEqual(line, " ".join(line.split()))

    def test_first_line_of_a_million_characters_is_quick(self):
        self.assertEqual(interaction.first_line("<" * 1_000_000)[:1], "<")
        self.assertEqual(len(interaction.first_line("a" * 1_000_000)), interaction.TITLE_LENGTH)

    @given(st.datetimes(), st.datetimes())
    def test_minutes_have_the_sign_of_time(self, start, end):
        minutes = interaction.minutes_between(start, end)
        self.assertEqual(minutes < 0, end < start)
        if end >= start:
            self.assertLessEqual(interaction.end_of(start, minutes), end)
            self.assertLess((end - interaction.end_of(start, minutes)).total_seconds(), 60)
