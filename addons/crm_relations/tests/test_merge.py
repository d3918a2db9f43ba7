from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RelationsCommon
from .privacy_common import PrivacyCommon


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


@tagged("post_install", "-at_install")
class TestMergeWishes(PrivacyCommon):
    """What customers asked for outlives a merge, whoever merges."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.twin = cls._create_partner("Popescu Ion", email="ion@example.com")
        cls.merger = cls._create_user("merger", "crm_relations.group_user,base.group_partner_manager")

    def _merge(self, user=None):
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user or self.merger)
        wizard._merge((self.twin | self.single).ids, self.single.with_env(wizard.env))
        self.env.invalidate_all()

    def _ban(self):
        return self.single.crm_no_contact, self.single.crm_no_contact_until, self.single.crm_no_contact_reason

    def test_a_ban_that_is_over_hides_none_that_holds(self):
        self.twin.write(
            {"crm_no_contact": "all", "crm_no_contact_until": self._ago(1), "crm_no_contact_reason": "Holidays"}
        )
        self.single.write({"crm_no_contact": "marketing", "crm_no_contact_reason": "Asked"})
        self._merge()
        self.assertEqual(self._ban(), ("marketing", False, "Asked"))

    def test_silence_until_a_day_does_not_end_a_ban_without_end(self):
        self.twin.write(
            {"crm_no_contact": "all", "crm_no_contact_until": self._ago(-9), "crm_no_contact_reason": "Holidays"}
        )
        self.single.write({"crm_no_contact": "marketing", "crm_no_contact_reason": "Asked"})
        self._merge()
        self.assertEqual(self._ban()[:2], ("all", False))
        self.assertEqual(set(self._ban()[2].split("; ")), {"Holidays", "Asked"})

    def test_the_later_day_holds(self):
        for partner, days in ((self.twin, -9), (self.single, -5)):
            partner.write(
                {"crm_no_contact": "all", "crm_no_contact_until": self._ago(days), "crm_no_contact_reason": "Busy"}
            )
        self._merge()
        self.assertEqual(self._ban(), ("all", self._ago(-9), "Busy"))

    def test_a_legal_hold_is_kept_also_by_who_does_not_see_it(self):
        self.twin.crm_legal_hold = "Lawsuit 7"
        self._merge(self._create_user("contacts", "base.group_user,base.group_partner_manager"))
        self.assertEqual(self.single.crm_legal_hold, "Lawsuit 7")

    def test_two_legal_holds_are_both_kept(self):
        self.twin.crm_legal_hold, self.single.crm_legal_hold = "Lawsuit 7", "Lawsuit 8"
        self._merge()
        self.assertEqual(self.single.crm_legal_hold, "Lawsuit 8; Lawsuit 7")

    def test_a_restriction_is_kept(self):
        self.twin.crm_restricted = True
        self._merge()
        self.assertTrue(self.single.crm_restricted)

    def test_objections_to_several_purposes_become_one_to_all_of_them(self):
        purposes = self.env["crm.consent.purpose"]
        beer, wine = purposes.create([{"name": name, "code": f"test_{name}"} for name in ("beer", "wine")])
        kept = self._file("objection", purpose_ids=[Command.set(beer.ids)])
        other = self._file("objection", partner=self.twin, purpose_ids=[Command.set(wine.ids)])
        self._merge()
        self.assertEqual((kept.purpose_ids, kept.state, other.state), (beer | wine, "new", "withdrawn"))

    def test_an_objection_to_everything_stays_one_to_everything(self):
        beer = self.env["crm.consent.purpose"].create({"name": "beer", "code": "test_beer"})
        kept = self._file("objection", purpose_ids=[Command.set(beer.ids)])
        self._file("objection", partner=self.twin)
        self._merge()
        self.assertFalse(kept.purpose_ids)

    def test_nobody_is_reminded_of_a_request_that_goes_on_as_another_one(self):
        kept, other = self._file("access"), self._file("access", partner=self.twin)
        self._merge()
        self.assertEqual((len(kept.sudo().activity_ids), len(other.sudo().activity_ids)), (1, 0))


@tagged("post_install", "-at_install")
class TestMergeOpportunities(RelationsCommon):
    def test_contacts_of_an_opportunity_go_on_in_the_one_that_is_kept(self):
        """Also those of nobody yet, which would be found nowhere else."""
        leads = self.env["crm.lead"].create([{"name": f"Oak {number}", "type": "opportunity"} for number in (1, 2)])
        interactions = self.env["crm.interaction"].union(
            *(self._create_interaction(self.env["res.partner"], lead_id=lead.id) for lead in leads)
        )
        need = self.env["crm.need"].create(
            {"partner_id": self.single.id, "statement": "Oak", "lead_id": leads[1].id, "user_id": self.agent.id}
        )
        kept = leads.with_user(self.seller).merge_opportunity()
        self.assertEqual(len(leads.exists()), 1)
        self.env.invalidate_all()
        self.assertEqual((interactions.lead_id, [one.lead_id for one in interactions]), (kept.sudo(False), [kept] * 2))
        self.assertEqual(need.lead_id, kept)

    def test_a_planned_contact_with_somebody_who_said_no_meanwhile_does_not_hinder_it(self):
        leads = self.env["crm.lead"].create([{"name": f"Oak {number}", "type": "opportunity"} for number in (1, 2)])
        planned = self._create_interaction(self.single, days_ago=-2, direction="out", lead_id=leads[1].id)
        self.single.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked"})
        kept = leads.with_user(self.seller).merge_opportunity()
        self.assertEqual((planned.lead_id, planned.state), (kept, "planned"))
