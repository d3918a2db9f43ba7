from odoo.tests import Form, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestReport(ComplaintsCommon):
    def _html(self, report, complaints, user):
        reports = self.env["ir.actions.report"].with_user(user)
        return reports._render_qweb_html(f"crm_complaints.{report}", complaints.ids)[0].decode()

    def test_letter(self):
        complaint = self._answered(reference="AB-17", findings="<p>secret</p>")
        html = self._html("report_letter", complaint, self.clerk)
        for text in (complaint.code, "AB-17", "You get a new kettle.", "Upheld", "Ana"):
            self.assertIn(text, html)
        self.assertNotIn("secret", html)

    def test_letter_before_the_decision(self):
        html = self._html("report_letter", self._complaint(partner_id=False, partner_name="Caller"), self.clerk)
        self.assertIn("still looking into", html)
        self.assertIn("Caller", html)

    def test_register_lists_every_complaint_once(self):
        complaints = self._complaint() | self._complaint(name="=HYPERLINK()", partner_id=False, partner_name="<b>x</b>")
        html = self._html("report_register", complaints, self.auditor)
        for complaint in complaints:
            self.assertEqual(html.count(complaint.code), 1)
        self.assertIn("&lt;b&gt;x&lt;/b&gt;", html)

    def test_the_answer_goes_out_with_the_letter(self):
        complaint = self._answered(partner_id=self.boris.id)
        action = complaint.with_user(self.clerk).action_send_answer()
        composer = self.env["mail.compose.message"].with_user(self.clerk).with_context(**action["context"])
        form = Form(composer)
        self.assertIn(complaint.code, form.subject)
        self.assertIn("You get a new kettle.", form.body)
        composer = form.save()
        composer._action_send_mail()
        message = complaint.message_ids[0]
        self.assertEqual(message.partner_ids, self.boris)
        self.assertIn("You get a new kettle.", message.body)
        self.assertEqual(len(message.attachment_ids), 1)
