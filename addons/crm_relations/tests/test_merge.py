from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestMerge(RelationsCommon):
    """Merging customers keeps every record of the suite, or refuses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wizard = cls.env["base.partner.merge.automatic.wizard"]
        cls.merger = cls._create_user("merger", "crm_relations.group_user,base.group_partner_manager")
        cls.kept = cls._create_partner("Ion Popescu", email="ion@example.com")
        cls.twin = cls._create_partner("Popescu Ion", email="ion@example.com")
        cls.third = cls._create_partner("I. Popescu", email="ion@example.com")

    def _merge(self):
        self.wizard._merge((self.kept | self.twin | self.third).ids, self.kept)

    def _make_table(self, constraint):
        """A table as an addon of the suite could have it, with one conflict between the kept one and its twin."""
        self.env.cr.execute(
            "CREATE TABLE crm_test_preference (id serial PRIMARY KEY, partner_id integer NOT NULL REFERENCES "
            "res_partner ON DELETE CASCADE, channel varchar, note varchar)"
        )
        self.env.cr.execute(constraint)
        self.env.cr.execute(
            "INSERT INTO crm_test_preference (partner_id, channel) VALUES (%s, 'phone'), (%s, 'phone'), (%s, 'letter')",
            [self.kept.id, self.twin.id, self.third.id],
        )

    def _rows(self):
        self.env.cr.execute("SELECT partner_id, channel FROM crm_test_preference ORDER BY id")
        return self.env.cr.fetchall()

    def test_the_one_with_the_most_history_is_proposed(self):
        """Not the emptier one, whatever its age; an archived one never before one in use."""
        people = self.kept | self.twin | self.third
        self.env.cr.execute("UPDATE res_partner SET create_date = '2020-01-01' WHERE id = %s", [self.kept.id])
        people.invalidate_recordset()

        def proposed():
            context = {"active_model": "res.partner", "active_ids": people.ids}
            wizard = self.wizard.with_user(self.merger).with_context(**context)
            return people.browse(wizard.default_get(["partner_ids", "dst_partner_id"])["dst_partner_id"])

        self.assertEqual(proposed(), self.kept)
        self._create_interaction(self.third)
        self.assertEqual(proposed(), self.third)
        # documents of other apps count as well
        self.env["crm.lead"].create([{"name": f"Oak {number}", "partner_id": self.twin.id} for number in range(5)])
        self.assertEqual(proposed(), self.twin)
        self.twin.active = False
        self.assertEqual(proposed(), self.third)

    def test_interactions_move(self):
        one = self._create_interaction(self.twin)
        two = self._create_interaction(self.third, days_ago=3)
        self._merge()
        self.assertFalse((self.twin | self.third).exists())
        for interaction in (one, two):
            self.assertEqual(interaction.partner_id, self.kept)
            self.assertEqual(interaction.person_id, self.kept)
            self.assertEqual(interaction.commercial_partner_id, self.kept)

    def test_conflict_is_refused_not_deleted(self):
        for constraint in (
            "ALTER TABLE crm_test_preference ADD UNIQUE (partner_id, channel)",
            "CREATE UNIQUE INDEX ON crm_test_preference (partner_id, channel)",
        ):
            with self.subTest(constraint):
                self._make_table(constraint)
                before = self._rows()
                with self.assertRaisesRegex(UserError, "cannot be merged yet"):
                    self._merge()
                self.assertEqual(self._rows(), before)
                self.assertEqual(len((self.kept | self.twin | self.third).exists()), 3)
                self.env.cr.execute("DROP TABLE crm_test_preference")

    def test_rows_without_conflict_all_move(self):
        self._make_table("ALTER TABLE crm_test_preference ADD UNIQUE (partner_id, channel, note)")
        self._merge()
        self.assertEqual(self._rows(), [(self.kept.id, "phone"), (self.kept.id, "phone"), (self.kept.id, "letter")])

    def test_hook_comes_first(self):
        self._make_table("ALTER TABLE crm_test_preference ADD UNIQUE (partner_id, channel)")

        original = type(self.wizard)._crm_merge_prepare

        def prepare(wizard, src_partners, dst_partner):
            original(wizard, src_partners, dst_partner)
            self.assertEqual((src_partners, dst_partner), (self.twin | self.third, self.kept))
            wizard.env.cr.execute(
                "DELETE FROM crm_test_preference WHERE partner_id = %s AND channel = 'phone'", [self.twin.id]
            )

        self.patch(type(self.wizard), "_crm_merge_prepare", prepare)
        self._merge()
        self.assertEqual(self._rows(), [(self.kept.id, "phone"), (self.kept.id, "letter")])
