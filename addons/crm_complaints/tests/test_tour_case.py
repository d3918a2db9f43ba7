from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .test_intake import IntakeCommon, mail


@tagged("post_install", "-at_install")
class TestTourCase(IntakeCommon, HttpCase):
    """Quarantine and letters in the browser, with the least rights they need."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.complaint_auto_acknowledge = False

    def test_register_what_is_in_quarantine(self):
        broken = self._receive(mail(950).replace(b"charset=utf-8", b"charset=foo-8"))
        self.start_tour(
            f"/odoo/action-crm_complaints.crm_complaint_intake_action/{broken.id}",
            "crm_complaints_quarantine",
            login="cmp_lead",
        )
        self.env.invalidate_all()
        self.assertEqual((broken.state, broken.complaint_id.name), ("done", "Kettle"))

    def test_write_and_send_a_letter(self):
        complaint = self._complaint()
        self.start_tour(f"/odoo/complaints/{complaint.id}", "crm_complaints_letter", login="cmp_clerk")
        self.env.invalidate_all()
        self.assertEqual((complaint.letter_ids.kind, complaint.letter_ids.state), ("holding", "sent"))
        self.assertIn("two weeks", complaint.letter_ids.message_id.body)

    def test_next_case_and_answer(self):
        self._complaint(name="Lid is loose")
        complaint = self._complaint()
        complaint.sudo()._note_customer_wrote(fields.Datetime.now())
        waiting = self.env["crm.complaint"].search([("name", "=", "Lid is loose")])
        self.start_tour(f"/odoo/complaints/{waiting.id}", "crm_complaints_next_case", login="cmp_clerk")
        self.env.invalidate_all()
        self.assertFalse(complaint.date_customer_wrote)
        mail = complaint.message_ids.filtered(lambda one: "at work on your complaint" in (one.body or ""))
        self.assertEqual((mail.partner_ids, mail.author_id), (self.ana, self.clerk.partner_id))


@tagged("post_install", "-at_install")
class TestTourCasePhone(TestTourCase):
    browser_size = "390x844"
    touch_enabled = True


@tagged("post_install", "-at_install")
class TestTourMessage(IntakeCommon, HttpCase):
    browser_size = "1920x1080"  # wide enough for the chatter beside the form

    def test_a_message_of_the_customer_becomes_a_complaint(self):
        new_test_user(
            self.env, "cmp_agent", password="cmp_agent",
            groups="crm_complaints.group_user,base.group_partner_manager",
        )  # fmt: skip
        message = self.boris.message_post(
            body="My kettle leaks", author_id=self.boris.id, message_type="email", subtype_xmlid="mail.mt_comment"
        )
        self.start_tour(f"/odoo/res.partner/{self.boris.id}", "crm_complaints_message", login="cmp_agent")
        complaint = self.env["crm.complaint"].search([("source_model", "=", "mail.message")])
        self.assertEqual((complaint.source_id, complaint.partner_id), (message.id, self.boris))
