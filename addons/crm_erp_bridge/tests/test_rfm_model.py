from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .remedy_common import RemedyCommon


@tagged("post_install", "-at_install")
class TestRfmModel(RemedyCommon):
    """Complaints as a factor of the chance to buy; work and remedies in the cost to serve."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user(
            "rfm", "crm_rfm.group_manager", company_ids=[Command.set(cls.env.company.ids)]
        )
        cls.rfm = cls.env["crm.rfm.model"].with_user(cls.manager).create(
            {"name": "Bridge", "company_id": cls.env.company.id, "hour_cost": 30}
        )
        cls.today = fields.Date.today()

    def _partners(self, query):
        self.env.flush_all()
        return {id_ for id_, *_rest in self.env.execute_query(query)}

    def test_complaints_as_they_were_known_on_a_day(self):
        model = self.rfm.sudo()
        self.complaint.sudo().date_received = f"{self.today - timedelta(days=100)} 23:30:00"
        received = self.today - timedelta(days=100)
        for days, known in ((-1, False), (0, True), (179, True), (180, False)):
            with self.subTest(days=days):
                found = self._partners(model._get_factor_query("complaint", received + timedelta(days=days)))
                self.assertEqual(self.customer.id in found, known)

    def test_factors_are_judged_together(self):
        self.rfm.action_compute()
        self.rfm.action_compute_values()
        self.assertEqual(set(self.rfm.factor_ids.mapped("code")), {"late", "complaint"})
        # one customer proves nothing
        self.assertFalse(any(self.rfm.factor_ids.mapped("kept")))
        self.assertIn("complained within 180 days", self.rfm.factor_ids.mapped("name"))

    def test_cost_to_serve(self):
        project = self.env["project.project"].sudo().create({"name": "Help", "partner_id": self.customer.id})
        employee = self.env["hr.employee"].sudo().create({"name": "Worker", "hourly_cost": 999})
        sheet = {"project_id": project.id, "employee_id": employee.id, "name": "Help", "date": self.today}
        self.env["account.analytic.line"].sudo().create(
            [sheet | {"unit_amount": 1.5}, sheet | {"unit_amount": 100, "date": self.today - timedelta(days=400)}]
        )
        gift = self._remedy(kind="gift", amount=25)
        gift.with_user(self.lead_agent).action_approve()
        gift.with_user(self.agent).write({"done_note": "Sent"})
        gift.with_user(self.agent).action_execute()
        self.assertEqual((gift.state, gift.own_cost), ("done", 25))
        # a credit note lowers the net value and is no cost to serve besides
        self._carried_out(self._remedy(amount=115))
        self.rfm.action_compute()
        self.rfm.action_compute_values()
        value = self.env["crm.rfm.value"].with_user(self.manager).search(
            [("model_id", "=", self.rfm.id), ("partner_id", "=", self.customer.id)]
        )
        self.assertEqual((value.service_hours, value.service_cost), (1.5, 70))
        self.assertEqual(value.contribution, value.monetary - 70)
        self.assertIn("1.5 h of work that was not sold", value.service_explanation)
        self.assertIn("25.00 of remedies for complaints", value.service_explanation.replace("\xa0", " "))
        # the wage of a colleague is not in it
        self.assertNotIn("999", value.service_explanation)
