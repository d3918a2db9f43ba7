from odoo.tests import HttpCase, tagged

from .common import ComplaintsCommon


class PortalTourCommon(ComplaintsCommon, HttpCase):
    def _proposed(self):
        return self._answered(partner_id=self.boris.id, user_id=self.clerk.id).sudo()


@tagged("post_install", "-at_install")
class TestPortalTour(PortalTourCommon):
    """The customer files, follows and answers in the browser."""

    def test_file_and_follow(self):
        self.start_tour("/my", "crm_complaints_portal_file", login="cmp_boris")
        complaint = self.env["crm.complaint"].search([("name", "=", "Kettle leaks at home")])
        self.assertEqual((complaint.partner_id, complaint.channel), (self.boris, "portal"))
        self.assertEqual((complaint.remedy_sought, complaint.intake_ids.state), ("A new kettle", "done"))

    def test_accept_the_answer(self):
        complaint = self._proposed()
        self.start_tour(f"/my/complaints/{complaint.id}", "crm_complaints_portal_accept", login="cmp_boris")
        self.env.invalidate_all()
        self.assertTrue(complaint.date_accepted)
        self.assertEqual((complaint.phase, complaint.is_review), ("response", False))


@tagged("post_install", "-at_install")
class TestPortalTourPhone(PortalTourCommon):
    """The same without login, by the secret link of a mail, on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_still_unhappy(self):
        self.team.user_id = self.lead
        complaint = self._proposed()
        self.start_tour(complaint.get_portal_url(), "crm_complaints_portal_unhappy", login=None)
        self.env.invalidate_all()
        self.assertEqual((complaint.is_review, complaint.phase, complaint.user_id), (True, "assessed", self.lead))

    def test_rate(self):
        complaint = self._proposed()
        complaint._move_to("closed", "settled", "New kettle sent")
        self.start_tour(complaint.get_portal_url(), "crm_complaints_portal_rate", login=None)
        self.env.invalidate_all()
        self.assertEqual((complaint.satisfaction_process, complaint.satisfaction_outcome), ("4", "2"))
