import random
from unittest.mock import patch

from odoo.tests import tagged

from .common import RelationsCommon

GOOD = ["Fine", "Slovakia", "1980-01-01"]
FUTURE = ["Unborn", "Slovakia", "2999-01-01"]
"""Refused by a check of the model."""
NOWHERE = ["Lost", "Nowhere", "1980-01-01"]
"""A cell that cannot be read."""
NAMELESS = ["", "Slovakia", "1980-01-01"]
"""Refused by the database."""
PATHS = ["name", "country_id", "birthdate_date"]


@tagged("post_install", "-at_install")
class TestExchangeLoad(RelationsCommon):
    """Tables into models: good rows in batches, each wrong one named once, whatever is wrong."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exchange = cls.env["crm.exchange"].with_user(cls.agent)

    def _load(self, rows, paths=PATHS, keep_good=True):
        return self.exchange._load_table("res.partner", paths, rows, keep_good=keep_good)

    def _sizes(self, rows):
        """How many rows each attempt to write them had."""
        sizes = []
        partners = self.env.registry["res.partner"]
        load = partners._load_records

        def spy(model, data_list, update=False):
            sizes.append(len(data_list))
            return load(model, data_list, update)

        with patch.object(partners, "_load_records", spy):
            self._load(rows)
        return sizes

    def test_a_clean_table_is_written_at_once(self):
        self.assertEqual(self._sizes([GOOD] * 40), [40])

    def test_what_a_check_refuses_is_taken_out_at_once(self):
        rows = [GOOD] * 40
        rows[3] = rows[20] = FUTURE
        self.assertEqual(self._sizes(rows), [40, 38, 1, 1])

    def test_what_the_database_refuses_is_found_by_dividing(self):
        rows = [GOOD] * 64
        rows[9] = NAMELESS
        self.assertEqual(self._sizes(rows), [64, 8, 8, *[1] * 8, *[8] * 6])

    def test_unreadable_rows_take_no_part(self):
        rows = [GOOD] * 10
        rows[0] = NOWHERE
        self.assertEqual(self._sizes(rows), [9, 1], "the wrong one only to say what else is wrong with it")

    def test_wrong_rows_are_named_and_good_ones_kept(self):
        for seed in range(4):
            rng = random.Random(seed)
            rows = [rng.choice([GOOD, GOOD, GOOD, GOOD, FUTURE, NOWHERE, NAMELESS]) for _row in range(40)]
            with self.subTest(seed=seed):
                ids, problems = self._load(rows)
                bad = [index for index, row in enumerate(rows) if row is not GOOD]
                self.assertEqual([problem.row for problem in problems], bad)
                fields = {id(FUTURE): "", id(NOWHERE): "country_id", id(NAMELESS): ""}
                self.assertEqual([problem.field for problem in problems], [fields[id(rows[index])] for index in bad])
                created = self.env["res.partner"].browse(ids)
                self.assertEqual(created.mapped("name"), ["Fine"] * (40 - len(bad)))
                self.assertEqual(created.create_uid, self.agent)

    def test_the_order_of_the_file(self):
        rows = [[f"Row {index}", "Slovakia", "2999-01-01" if index == 2 else ""] for index in range(6)]
        ids, _problems = self._load(rows)
        self.assertEqual(
            self.env["res.partner"].browse(ids).mapped("name"), ["Row 0", "Row 1", "Row 3", "Row 4", "Row 5"]
        )

    def test_everything_wrong_with_a_row_is_told(self):
        _ids, problems = self._load([GOOD, ["Both", "Nowhere", "2999-01-01"]])
        self.assertEqual([(problem.row, problem.field) for problem in problems], [(1, "country_id"), (1, "")])
        self.assertIn("Nowhere", problems[0].reason)
        self.assertEqual(problems[1].reason, "The birth date of Both is in the future.")

    def test_all_or_nothing(self):
        before = self.env["res.partner"].search_count([])
        ids, problems = self._load([GOOD, FUTURE, GOOD], keep_good=False)
        self.assertEqual((ids, [problem.row for problem in problems]), ([], [1]))
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_references_within_the_table(self):
        """Company and persons in one file; the persons of a refused company are refused as well."""
        rows = [
            ["load_test.one", "One", "True", "", ""],
            ["load_test.her", "Her", "", "load_test.one", ""],
            ["load_test.two", "Two", "True", "", "2999-01-01"],
            ["load_test.him", "Him", "", "load_test.two", ""],
        ]
        ids, problems = self._load(rows, ["id", "name", "is_company", "parent_id/id", "birthdate_date"])
        one, her = self.env["res.partner"].browse(ids)
        self.assertEqual((one.name, her.name, her.parent_id), ("One", "Her", one))
        self.assertEqual([(problem.row, problem.field) for problem in problems], [(2, ""), (3, "parent_id")])
        self.assertEqual(self.env.ref("load_test.her"), her)

    def test_what_is_there_already_is_changed(self):
        self._load([["load_test.one", "One"]], ["id", "name"])
        one = self.env.ref("load_test.one")
        ids, problems = self._load([["load_test.one", "Eins"], ["load_test.new", ""]], ["id", "name"])
        self.assertEqual((ids, one.name, [problem.row for problem in problems]), (one.ids, "Eins", [1]))
        self.assertFalse(self.env.ref("load_test.new", raise_if_not_found=False))
