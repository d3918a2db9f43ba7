from odoo.tests import HttpCase, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestTour(ComplaintsCommon, HttpCase):
    """Log a complaint from the customer and take it to its end, in the browser, with a clerk's rights."""

    def _run(self):
        self.company.complaint_auto_acknowledge = False
        self.start_tour(
            f"/odoo/res.partner/{self.boris.id}", "crm_complaints_from_customer_to_closed", login="cmp_clerk"
        )
        complaint = self.env["crm.complaint"].search([("name", "=", "Kettle leaks after one week")])
        self.assertEqual((complaint.partner_id, complaint.user_id), (self.boris, self.clerk))
        self.assertEqual((complaint.phase, complaint.outcome, complaint.decision), ("closed", "settled", "upheld"))
        self.assertEqual(complaint.closing_note, "New kettle sent")
        self.assertTrue(complaint.date_acknowledged)

    def test_from_customer_to_closed(self):
        self._run()


@tagged("post_install", "-at_install")
class TestTourPhone(TestTour):
    browser_size = "390x844"
    touch_enabled = True
