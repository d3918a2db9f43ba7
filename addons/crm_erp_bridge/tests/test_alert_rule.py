from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestAlertRule(BridgeCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("crm_relations.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.alert.rule"].search([]).active = False
        cls.manager = cls._create_user(
            "manager", "crm_relations.group_manager", company_ids=[Command.set(cls.env.company.ids)]
        )
        cls.customer.user_id = cls.seller

    def _overdue(self, days, amount=100, partner=None, company=None):
        day = fields.Date.today() - timedelta(days=days)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.customer).id,
                "invoice_date": day,
                "invoice_date_due": day,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": amount, "tax_ids": False})],
            }
        )
        invoice.action_post()
        return invoice

    def _rule(self, condition, days):
        return (
            self.env["crm.alert.rule"]
            .with_user(self.manager)
            .create({"name": "Owes", "condition": condition, "days": days})
        )

    def _alerts(self, rule):
        rule.action_evaluate()
        return self.env["crm.alert"].search([("rule_id", "=", rule.id), ("state", "=", "open")])

    def test_overdue_until_it_is_paid(self):
        rule = self._rule("overdue", 30)
        self.assertFalse(self._alerts(rule))
        old, older = self._overdue(40), self._overdue(50)
        self._overdue(10, partner=self.env["res.partner"].create({"name": "A little late"}))
        alert = self._alerts(rule)
        self.assertEqual(
            (alert.partner_id, alert.case_key, alert.user_id, alert.detail),
            (self.customer, f"account.move,{older.id}", self.seller, f"{older.name} {older.invoice_date_due}"),
        )
        self.assertEqual(self._alerts(rule), alert, "once")
        self._pay(older)
        second = self._alerts(rule)
        self.assertEqual(second.case_key, f"account.move,{old.id}")
        self.assertEqual(alert.state, "closed")
        self._credit(old)
        self.assertFalse(self._alerts(rule))

    def test_people_of_the_company_and_drafts(self):
        person = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        self._overdue(5, partner=person)
        self.assertEqual(self._alerts(self._rule("overdue", 1)).partner_id, self.customer)

    def test_invoices_of_other_companies_are_not_the_owners(self):
        self._overdue(40)
        rule = self._rule("overdue", 30)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        self.assertFalse(self._alerts(rule))

    def test_overdue_before_a_contact(self):
        rule = self._rule("overdue_contact", 7)
        invoice = self._overdue(3)
        self.assertFalse(self._alerts(rule), "no contact is planned")
        self.env["crm.interaction"].create(
            {
                "partner_id": self.customer.id,
                "date": fields.Datetime.now() + timedelta(days=20),
                "objective": "Visit",
                "user_id": self.colleague.id,
            }
        )
        self.assertFalse(self._alerts(rule), "not that soon")
        activity = self.customer.activity_schedule(
            "mail.mail_activity_data_call", fields.Date.today() + timedelta(days=5), user_id=self.seller.id
        )
        alert = self._alerts(rule)
        day = fields.Date.today() + timedelta(days=5)
        self.assertEqual((alert.case_key, alert.user_id), (f"account.move,{invoice.id} {day}", self.seller))
        self.assertEqual(self._alerts(rule), alert, "the alert's own activity is no contact")
        activity.action_done()
        self.assertFalse(self._alerts(rule))
        self.env["calendar.event"].create(
            {
                "name": "Talk",
                "start": fields.Datetime.now() + timedelta(days=2),
                "stop": fields.Datetime.now() + timedelta(days=2, hours=1),
                "partner_ids": [Command.set(self.customer.ids)],
                "user_id": self.colleague.id,
            }
        )
        self.assertEqual(self._alerts(rule).user_id, self.colleague)

    @freeze_time("2026-06-15 12:00:00")
    def test_warranty_ends_soon(self):
        product = self.env["product.product"].create(
            {"name": "Pump", "type": "service", "crm_warranty_months": 24, "taxes_id": False}
        )

        def sold(day):
            line = {"product_id": product.id, "price_unit": 100, "tax_ids": False}
            invoice = self.env["account.move"].create(
                {"move_type": "out_invoice", "partner_id": self.customer.id, "invoice_date": day,
                 "invoice_user_id": self.colleague.id, "invoice_line_ids": [Command.create(line)]}
            )  # fmt: skip
            invoice.action_post()
            return invoice

        last = sold("2024-07-16")
        for day in ("2024-06-15", "2024-07-17"):  # ended yesterday; ends in 31 days
            sold(day)
        rule = self._rule("warranty_ending", 30)
        alert = self._alerts(rule)
        self.assertEqual(
            (alert.partner_id, alert.case_key, alert.detail, alert.user_id),
            (self.customer, f"account.move.line,{last.invoice_line_ids.id} warranty 2026-07-15", "Pump 2026-07-15",
             self.colleague),
        )  # fmt: skip
        self._credit(last)
        self.assertFalse(self._alerts(rule), "what was taken back has no warranty")

    def test_a_warranty_of_more_than_fifty_years_is_refused(self):
        product = self.env["product.template"].create({"name": "Pump"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            product.crm_warranty_months = 601
            self.env.flush_all()

    def test_ready_made_rules(self):
        ready = self.env.ref("crm_erp_bridge.alert_rule_overdue_contact")
        self.assertEqual((ready.condition, ready.days), ("overdue_contact", 7))
