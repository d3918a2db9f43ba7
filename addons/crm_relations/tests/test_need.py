from datetime import date, datetime, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..tools.timeline import entry_id
from .common import RelationsCommon

TODAY = date(2026, 3, 10)


class NeedCommon(RelationsCommon):
    @classmethod
    def _create_need(cls, partner=None, *, user=None, **values):
        return cls.env["crm.need"].create(
            {
                "partner_id": (partner or cls.single).id,
                "statement": "Twelve oak tables",
                "user_id": (user or cls.agent).id,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestNeed(NeedCommon):
    # === WHAT A USER TYPES === #

    def test_a_need_noted_from_the_customer(self):
        action = self.company_partner.with_user(self.agent).action_crm_needs()
        with Form(self.env["crm.need"].with_user(self.agent).with_context(**action["context"])) as form:
            self.assertEqual(form.partner_id, self.company_partner)
            form.statement = "Twelve tables\nin oak"
            form.quantity = 12
            form.unit = "pieces"
            form.requirement = "specific"
            form.stability = "variable"
        need = form.record
        self.assertEqual((need.name, need.state, need.source), ("Twelve tables", "open", "asked"))
        self.assertEqual(need.user_id, self.agent)
        self.assertEqual(self.company_partner.with_user(self.agent).crm_need_count, 1)

    def test_a_need_noted_from_a_contact(self):
        interaction = self._create_interaction(self.company_partner, contact_id=self.person.id)
        context = {"default_interaction_id": interaction.id, "default_partner_id": interaction.person_id.id}
        with Form(self.env["crm.need"].with_user(self.agent).with_context(**context)) as form:
            form.statement = "A catalogue"
        self.assertEqual(form.record.partner_id, self.person)
        self.assertEqual(form.record.commercial_partner_id, self.company_partner)
        self.assertEqual(form.record.interaction_id, interaction)

    def test_count_rolls_up_to_the_company(self):
        self._create_need(self.person)
        self._create_need(self.company_partner)
        self._create_need(self.company_partner).action_met()
        company, person = self.company_partner.with_user(self.agent), self.person.with_user(self.agent)
        self.assertEqual((company.crm_need_count, person.crm_need_count), (2, 1))
        counts = [{item["key"]: item["count"] for item in card["items"]} for card in (company | person).crm_360()]
        self.assertEqual([count["needs"] for count in counts], [2, 1])

    def test_bad_input_is_refused_in_words(self):
        today = fields.Date.today()
        cases = {
            "what the customer needs": {"statement": " <p> </p> "},
            "confirmed in the future": {"confirmed_on": today + timedelta(days=3)},
            "before the need was confirmed": {"review_by": today - timedelta(days=1)},
            "become known in the future": {"date": datetime.now() + timedelta(days=3)},
        }
        for sentence, values in cases.items():
            with self.subTest(sentence), self.assertRaises(ValidationError) as caught:
                self._create_need(**values)
            self.assertIn(sentence, str(caught.exception))
        for values in ({"quantity": -1}, {"date_wanted": "2026-05-02", "date_wanted_end": "2026-05-01"}):
            with self.subTest(values), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self._create_need(**values)
        self.assertFalse(self.env["crm.need"].search([("partner_id", "=", self.single.id)]))

    def test_texts_of_all_kinds(self):
        long = self._create_need(statement="wood " * 200_000)
        self.assertEqual(len(long.name), 120)
        script = self._create_need(statement="<script>alert(1)</script> tables")
        self.assertNotIn("<", script.name)
        lead = self.env["crm.lead"].create(script._prepare_lead_values())
        self.assertNotIn("<script", lead.description)

    # === STATES === #

    def test_one_mover_dates_every_state(self):
        with freeze_time("2026-03-10 08:00:00"):
            need = self._create_need(date="2026-03-01")
            self.assertFalse(need.date_closed)
            need.action_met()
        self.assertEqual(need.date_closed, datetime(2026, 3, 10, 8))
        with freeze_time("2026-03-12 08:00:00"):
            need.action_met()
            self.assertEqual(need.date_closed, datetime(2026, 3, 10, 8), "a second click changes nothing")
            need.write({"date_closed": "2020-01-01", "priority": "1"})
            self.assertEqual(need.date_closed, datetime(2026, 3, 10, 8))
            with self.assertRaisesRegex(UserError, "open it again first"):
                need.write({"state": "lost"})
            self.assertEqual(need.state, "met")
            need.write({"state": "open"})
            self.assertFalse(need.date_closed)
            need.write({"state": "lost", "close_reason": "Bought elsewhere"})
        self.assertEqual((need.date_closed, need.close_reason), (datetime(2026, 3, 12, 8), "Bought elsewhere"))

    def test_refusal_moves_none_of_many(self):
        fresh, met = self._create_need(), self._create_need()
        met.action_met()
        with self.assertRaises(UserError):
            (fresh | met).action_lost()
        self.assertEqual((fresh.state, met.state), ("open", "met"))

    def test_imported_as_closed(self):
        need = self._create_need(state="lost", close_reason="Too late")
        self.assertEqual((need.state, need.close_reason), ("lost", "Too late"))
        self.assertTrue(need.date_closed)

    def test_copy_starts_afresh(self):
        need = self._create_need()
        need.lead_id = self.env["crm.lead"].create({"name": "Tables"})
        need.action_met()
        copy = need.copy()
        self.assertEqual((copy.state, copy.date_closed, copy.lead_id.id), ("open", False, False))

    def test_confirming_moves_the_review_on(self):
        with freeze_time(TODAY):
            need = self._create_need(
                date="2026-01-01", confirmed_on=TODAY - timedelta(days=40), review_by=TODAY - timedelta(days=10)
            )
            self.assertTrue(need.is_stale)
            found = self.env["crm.need"].search([("is_stale", "=", True), ("partner_id", "=", self.single.id)])
            self.assertEqual(found, need)
            need.action_confirm()
            self.assertEqual((need.confirmed_on, need.review_by), (TODAY, TODAY + timedelta(days=30)))
            self.assertFalse(need.is_stale)
            self.assertFalse(self.env["crm.need"].search([("is_stale", "=", True), ("id", "=", need.id)]))

    def test_lapse_by_cron_also_after_two_days_of_sleep(self):
        due = {"confirmed_on": False, "date": "2025-12-01"}
        at_limit = self._create_need(date_wanted=TODAY - timedelta(days=30), **due)
        past = self._create_need(date_wanted=TODAY - timedelta(days=31), **due)
        reviewed = self._create_need(date_wanted=TODAY - timedelta(days=90), review_by=TODAY, **due)
        timeless = self._create_need(**due)
        met = self._create_need(date_wanted=TODAY - timedelta(days=90), **due)
        met.action_met()
        cron = self.env.ref("crm_relations.ir_cron_need_lapse")
        with freeze_time(TODAY), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        needs = at_limit | past | reviewed | timeless | met
        needs.invalidate_recordset()
        self.assertEqual(needs.mapped("state"), ["open", "lapsed", "open", "open", "met"])
        with freeze_time(TODAY + timedelta(days=2)), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        needs.invalidate_recordset()
        self.assertEqual(needs.mapped("state"), ["lapsed", "lapsed", "open", "open", "met"])
        self.assertTrue(past.date_closed)

    # === OPPORTUNITY === #

    def test_one_click_makes_one_opportunity(self):
        need = self._create_need(self.person, user=self.seller, priority="2", quantity=12, unit="pieces")
        action = need.with_user(self.seller).action_create_lead()
        lead = need.lead_id
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))
        self.assertEqual((lead.name, lead.type, lead.partner_id), ("Twelve oak tables", "opportunity", self.person))
        self.assertEqual((lead.priority, lead.user_id), ("2", self.seller))
        self.assertIn("12 pieces", str(lead.description))
        again = need.with_user(self.seller).action_create_lead()
        self.assertEqual(again["res_id"], lead.id)
        self.assertEqual(self.env["crm.lead"].search_count([("crm_need_id", "=", need.id)]), 1)

    def test_the_database_refuses_a_second_opportunity(self):
        need = self._create_need()
        self.env["crm.lead"].create({"name": "First", "crm_need_id": need.id})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["crm.lead"].create({"name": "Second", "crm_need_id": need.id})

    def test_no_opportunity_without_the_right_or_of_a_closed_need(self):
        need = self._create_need()
        with self.assertRaises(AccessError):
            need.with_user(self.agent).action_create_lead()
        need.action_lost()
        with self.assertRaisesRegex(UserError, "open it again"):
            need.with_user(self.manager).with_user(self.env.user).action_create_lead()
        self.assertFalse(self.env["crm.lead"].search([("crm_need_id", "=", need.id)]))

    def test_won_meets_and_lost_leaves_open(self):
        won, lost = self._create_need(), self._create_need()
        for need in won | lost:
            need.action_create_lead()
        won.lead_id.with_user(self.seller).action_set_won()
        lost.lead_id.with_user(self.seller).action_set_lost()
        self.assertEqual((won.state, won.close_reason), ("met", "Won: Twelve oak tables"))
        self.assertEqual(lost.state, "open")

    def test_merged_opportunities_keep_the_needs(self):
        one, two = self._create_need(), self._create_need()
        for need in one | two:
            need.action_create_lead()
        merged = (one.lead_id | two.lead_id).merge_opportunity()
        self.assertEqual((one | two).lead_id, merged)

    def test_port_of_product_matching(self):
        needs = self._create_need() | self._create_need()
        self.assertEqual(needs._match_products(), {need: [] for need in needs})

    # === RIGHTS === #

    def test_own_all_auditor_and_nobody(self):
        own, foreign, nobodys = (
            self._create_need(),
            self._create_need(user=self.colleague),
            self._create_need(user_id=False),
        )
        domain = [("partner_id", "=", self.single.id)]
        seen = {
            self.agent: own | nobodys,
            self.supervisor: own | foreign | nobodys,
            self.manager: own | foreign | nobodys,
            self.auditor: own | foreign | nobodys,
        }
        for user, expected in seen.items():
            with self.subTest(user.name):
                found = self.env["crm.need"].with_user(user).search(domain)
                self.assertEqual(found, expected.sorted("id", reverse=True))
        with self.assertRaises(AccessError):
            self.env["crm.need"].with_user(self.clerk).search(domain)
        with self.assertRaises(AccessError):
            foreign.with_user(self.agent).action_met()
        with self.assertRaises(AccessError):
            own.with_user(self.auditor).action_met()
        with self.assertRaises(AccessError):
            own.with_user(self.supervisor).unlink()
        self.assertEqual((own | foreign).mapped("state"), ["open", "open"])
        own.with_user(self.manager).unlink()
        self.assertFalse(own.exists())

    def test_other_companies(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self._create_need(company_id=elsewhere.id)
        shared = self._create_need(company_id=False)
        found = self.env["crm.need"].with_user(self.manager).search([("partner_id", "=", self.single.id)])
        self.assertEqual(found, shared)
        with self.assertRaises(AccessError):
            hidden.with_user(self.manager).read(["statement"])

    # === CUSTOMER === #

    def test_on_the_timeline(self):
        need = self._create_need(self.person)
        domain = ("commercial_partner_id", "=", self.company_partner.id)
        entry = self._timeline(self.agent, domain)
        self.assertEqual((entry.kind, entry.summary, entry.state), ("need", "Twelve oak tables", "done"))
        self.assertEqual(entry.id, entry_id(need.id, 9))
        self.assertEqual(entry.partner_id, self.person)
        self.assertFalse(self._timeline(self.colleague, domain))
        need.action_lost()
        self.assertEqual(self._timeline(self.agent, domain).state, "cancelled")

    def test_customer_with_needs_is_not_deleted_but_merged(self):
        need = self._create_need(self.single)
        with self.assertRaisesRegex(UserError, "archive the contact instead"):
            self.single.unlink()
        twin = self._create_partner("Ion Popesku")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.single | twin).ids, twin)
        need.invalidate_recordset()
        self.assertEqual((need.partner_id, need.commercial_partner_id), (twin, twin))

    def test_a_need_that_a_column_of_the_board_closes_has_a_closing_date(self):
        needs = self.env["crm.need"].with_user(self.agent).with_context(default_state="met")
        need = needs.create({"partner_id": self.single.id, "statement": "Oak"})
        self.assertEqual((need.state, bool(need.date_closed)), ("met", True))

    # === COST === #

    def test_counting_needs_costs_the_same_for_ten_and_a_thousand_customers(self):
        def count(number):
            partners = self.env["res.partner"].create([{"name": f"Customer {index}"} for index in range(number)])
            needs = [{"partner_id": p.id, "statement": "x", "user_id": self.agent.id} for p in partners]
            self.env["crm.need"].with_context(tracking_disable=True, mail_create_nosubscribe=True).create(needs)
            self.env.flush_all()
            self.env.invalidate_all()
            partners = partners.with_user(self.agent)
            partners.mapped("commercial_partner_id.id")
            self.env["crm.need"].with_user(self.agent).search([], limit=1)
            before = self.cr.sql_log_count
            self.assertEqual(sum(partners.mapped("crm_need_count")), number)
            return self.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(10), count(1000))
