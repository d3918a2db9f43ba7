from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestLearningTour(ComplaintsCommon, HttpCase):
    """From the typed complaint to the experience taken over and the remedy proposed, with a clerk's rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.complaint"].search([]).active = False
        cls.env["crm.complaint.solution"].search([]).active = False
        cls.env["crm.complaint.remedy.policy"].search([]).active = False
        cls.env["crm.complaint.remedy.policy"].create({"name": "Sorry", "kind": "voucher", "amount": 40})
        cls.env["crm.complaint.remedy.limit"].search([]).active = False
        cls.env.flush_all()
        cls.env["crm.complaint.remedy.limit"].create(
            {"group_id": cls.env.ref("crm_complaints.group_user_all").id, "amount_case": 100}
        )
        solution = cls.env["crm.complaint.solution"].create(
            {"name": "Kettle leaks at the base", "answer": "<p>A new seal is on its way</p>"}
        )
        past = cls._complaint(name="Invoice wrong")
        solution._note_use(past, "worked")
        past.sudo().active = False
        cls.complaint = cls._complaint(name="Kettle leaks at the base")

    def _take_over(self):
        self.start_tour(
            f"/odoo/complaints/{self.complaint.id}", "crm_complaints_take_over_and_propose", login="cmp_clerk"
        )
        self.assertIn("A new seal is on its way", self.complaint.response)
        self.assertEqual(self.complaint.solution_use_ids.user_id, self.clerk)
        remedy = self.complaint.remedy_ids
        self.assertEqual((remedy.state, remedy.amount, remedy.proposed_by_id), ("proposed", 40, self.clerk))
        return remedy

    def test_take_over_and_propose(self):
        remedy = self._take_over()
        # also where another addon could carry it out
        with patch.object(type(remedy), "_execute_voucher", None, create=True):
            self.start_tour("/odoo/complaint-remedies", "crm_complaints_approve_remedy", login="cmp_lead")
        self.assertEqual((remedy.state, remedy.approved_by_id), ("failed", self.lead))

    def test_dashboard(self):
        self.start_tour("/odoo/complaint-dashboard", "crm_complaints_dashboard", login="cmp_lead")


@tagged("post_install", "-at_install")
class TestLearningTourPhone(TestLearningTour):
    """The same on a phone, where remedies are cards."""

    browser_size = "390x844"
    touch_enabled = True
    test_take_over_and_propose = None
    test_dashboard = None

    def test_take_over_and_propose_on_a_phone(self):
        self._take_over()
