from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class Test360(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls._create_user("reader", "crm_relations.group_user_all,sales_team.group_sale_salesman_all_leads")

    def _card(self, user, partner):
        self.env.flush_all()
        self.env.invalidate_all()
        cards = partner.with_user(user).crm_360()
        return cards[0] if cards else None

    def _items(self, card):
        return {item["key"]: item for item in card["items"]}

    def _lead(self, partner, revenue, **values):
        return self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "partner_id": partner.id, "expected_revenue": revenue, **values}
        )

    # === WHAT IT SAYS === #

    def test_new_customer(self):
        card = self._card(self.reader, self.single)
        self.assertEqual(card["health"], {"level": "new", "reasons": []})
        self.assertEqual((card["items"], card["alerts"], card["last"], card["next"]), ([], [], False, False))
        self.assertEqual(card["identity"]["name"], "Ion Popescu")
        self.assertFalse(card["identity"]["company"])
        self.assertEqual(self._card(self.reader, self.person)["identity"]["company"][1], "Vinograd d.o.o.")

    def test_open_opportunities_of_a_company_and_of_a_person(self):
        self._lead(self.company_partner, 1000)
        self._lead(self.person, 250.5)
        won, lost = self._lead(self.person, 7000), self._lead(self.person, 9000)
        won.action_set_won()
        lost.action_set_lost()
        self._lead(self.person, 5, type="lead")
        whole = self._items(self._card(self.reader, self.company_partner))["opportunities"]
        self.assertEqual((whole["count"], whole["amount"]), (2, 1250.5))
        own = self._items(self._card(self.reader, self.person))["opportunities"]
        self.assertEqual((own["count"], own["amount"]), (1, 250.5))
        for partner, count in ((self.company_partner, 2), (self.person, 1)):
            action = partner.with_user(self.reader).action_crm_360_opportunities()
            self.assertEqual(self.env["crm.lead"].search_count(action["domain"]), count)

    def test_last_and_next_contact(self):
        self._create_interaction(self.company_partner, contact_id=self.person.id, days_ago=9, objective="Older")
        last = self._create_interaction(self.company_partner, contact_id=self.person.id, days_ago=2, objective="Newer")
        soon = fields.Datetime.now() + timedelta(days=2)
        later = fields.Datetime.now() + timedelta(days=5)
        for moment, subject in ((later, "Later"), (soon, "Soon")):
            self._create_interaction(self.company_partner, date=moment, state="planned", objective=subject)
        card = self._card(self.reader, self.company_partner)
        self.assertEqual((card["last"]["summary"], card["last"]["res_id"]), ("Newer", last.id))
        self.assertEqual(card["last"]["person"], [self.person.id, "Ana Kovač"])
        self.assertEqual(card["next"]["summary"], "Soon")
        self.assertEqual(self._items(card)["planned"]["count"], 2)
        self.assertEqual(card["health"]["level"], "good")

    def test_overdue_step_is_a_warning(self):
        self._create_interaction(self.single, days_ago=9, state="planned")
        card = self._card(self.reader, self.single)
        self.assertEqual(card["health"], {"level": "watch", "reasons": ["1 planned steps are overdue"]})
        self.assertEqual(self._items(card)["planned"]["tone"], "warning")

    def test_silence_is_a_warning(self):
        for days in (60, 67, 74, 81, 88):
            self._create_interaction(self.single, days_ago=days)
        self.assertEqual(self._card(self.reader, self.single)["health"]["reasons"], ["Unusually quiet for 60 days"])
        self._create_interaction(self.single, days_ago=1)
        self.assertEqual(self._card(self.reader, self.single)["health"]["level"], "good")

    def test_alerts_are_chips_and_count_for_the_health(self):
        values = {"condition": "domain", "domain": "[('city', '=', 'Ptuj')]", "active": False}
        rules = self.env["crm.alert.rule"].create(
            [{"name": "Look", "severity": "info", **values}, {"name": "Hurry", "severity": "danger", **values}]
        )
        self.env["crm.alert"].sudo().create(
            [{"rule_id": rule.id, "partner_id": self.single.id, "case_key": "x"} for rule in rules]
        )
        card = self._card(self.reader, self.single)
        chips = [(alert["text"], alert["tone"]) for alert in card["alerts"]]
        self.assertEqual(chips, [("Hurry", "danger"), ("Look", "info")])
        self.assertEqual(card["health"]["level"], "risk")

    # === WHO SEES WHAT === #

    def test_only_what_the_reader_may_read(self):
        self._lead(self.single, 100, user_id=self.seller.id)
        self._create_interaction(self.single, user=self.agent, objective="Mine")
        self.assertFalse(self._card(self.agent, self.single)["items"], "no right to opportunities")
        self.assertEqual(self._card(self.agent, self.single)["last"]["summary"], "Mine")
        self.assertFalse(self._card(self.colleague, self.single)["last"])
        self.assertTrue(self._card(self.reader, self.single)["can_log"])
        auditor = self._card(self.auditor, self.single)
        self.assertEqual((auditor["can_log"], auditor["can_sell"]), (False, False))
        self.assertEqual(auditor["last"]["summary"], "Mine")
        with self.assertRaises(AccessError):
            self._card(self.clerk, self.single)

    def test_customers_of_other_companies_are_missing(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self._create_partner("Hidden", company_id=elsewhere.id)
        self.assertIsNone(self._card(self.reader, hidden))
        cards = (hidden | self.single).with_user(self.reader).crm_360()
        self.assertEqual([card["id"] for card in cards], [self.single.id])

    def test_actions_open(self):
        for name in (
            "action_crm_360_write",
            "action_crm_360_note",
            "action_crm_360_plan",
            "action_crm_360_meeting",
            "action_crm_360_new_opportunity",
            "action_crm_360_planned",
        ):
            action = getattr(self.single.with_user(self.reader), name)()
            self.assertIn(action["res_model"], self.env)

    # === COST === #

    def test_queries_do_not_grow_with_the_customers(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {index}"} for index in range(80)])
        self.env["crm.interaction"].create(
            [
                {
                    "partner_id": partner.id,
                    "outcome": "x",
                    "user_id": self.agent.id,
                    "date": fields.Datetime.now() - timedelta(days=1 + index),
                }
                for partner in partners
                for index in range(3)
            ]
        )
        self.env["crm.lead"].create(
            [
                {"name": "x", "type": "opportunity", "partner_id": partner.id, "expected_revenue": 1}
                for partner in partners
            ]
        )

        def count(chosen):
            self.env.flush_all()
            self._card(self.reader, chosen)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            cards = chosen.with_user(self.reader).crm_360()
            self.assertEqual(len(cards), len(chosen))
            self.assertEqual(self._items(cards[-1])["opportunities"]["count"], 1)
            return self.cr.sql_log_count - before

        self.assertEqual(count(partners[:2]), count(partners))
