from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestAlertRule(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.alert.rule"].search([]).active = False
        cls.watcher = new_test_user(cls.env, "cmp_watcher", groups="crm_relations.group_manager")
        cls.rule = (
            cls.env["crm.alert.rule"]
            .with_user(cls.watcher)
            .create({"name": "Again", "condition": "complaint_again", "days": 30})
        )

    def _ago(self, days, **values):
        complaint = self._complaint(**values)
        complaint.sudo().date_received = fields.Datetime.now() - timedelta(days=days)
        return complaint

    def _alerts(self, rule=None):
        (rule or self.rule).action_evaluate()
        return self.env["crm.alert"].search([("rule_id", "=", (rule or self.rule).id), ("state", "=", "open")])

    def test_the_second_complaint_of_a_company_within_the_days(self):
        self._ago(25)
        self.assertFalse(self._alerts(), "one complaint")
        self._ago(3, partner_id=self.boris.id)
        self.assertFalse(self._alerts(), "two customers")
        second = self._ago(2, partner_id=self.acme.id, user_id=self.clerk.id)
        alert = self._alerts()
        self.assertEqual(
            (alert.partner_id, alert.case_key, alert.user_id), (self.acme, f"crm.complaint,{second.id}", self.clerk)
        )
        self.assertIn(second.code, alert.detail)
        self.assertEqual(self._alerts(), alert, "once")
        third = self._ago(1)
        self.assertEqual(set(self._alerts().mapped("case_key")), {f"crm.complaint,{c.id}" for c in (second, third)})

    def test_complaints_far_apart_or_long_ago(self):
        self._ago(90)
        self._ago(70)
        self._ago(5)
        self.assertFalse(self._alerts())

    def test_a_confidential_one_is_nobodys_alert(self):
        """Whoever sees the customer reads alerts, also the employee complained about."""
        self._ago(20)
        secret = self._ago(2, accused_user_ids=[Command.link(self.lead.id)])
        self.assertFalse(self._alerts())
        secret.sudo().accused_user_ids = False
        self.assertEqual(self._alerts().case_key, f"crm.complaint,{secret.id}")

    def test_it_is_over_when_the_complaint_is_old_or_archived(self):
        self._ago(20)
        second = self._ago(10)
        alert = self._alerts()
        second.sudo().active = False
        self.assertFalse(self._alerts())
        self.assertEqual(alert.state, "closed")

    def test_complaints_of_companies_out_of_reach(self):
        self._ago(20)
        self._ago(10)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.watcher.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        self.assertFalse(self._alerts())

    def test_ready_made_rule(self):
        ready = self.env.ref("crm_complaints.alert_rule_complaint_again")
        self.assertEqual((ready.condition, ready.days, ready.severity), ("complaint_again", 30, "danger"))
