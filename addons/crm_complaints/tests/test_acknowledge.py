from ast import literal_eval

from odoo.addons.mail.tests.common import MockEmail
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestAcknowledge(MockEmail, ComplaintsCommon):
    def _queued(self, complaint):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", "crm.complaint"), ("res_id", "in", complaint.ids)], order="id")
        )

    def test_the_acknowledgement_by_mail(self):
        complaint = self._complaint(name="SECRET WORDS", description="<p>SECRET WORDS</p>")
        with freeze_time("2026-05-04 10:00:00"):
            complaint.action_acknowledge()
        mail = self._queued(complaint)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.email_to, "ana@acme.example.com")
        self.assertEqual(mail.subject, f"Your complaint {complaint.code} has arrived")
        headers = literal_eval(mail.headers)
        self.assertEqual(headers["Auto-Submitted"], "auto-replied")
        self.assertEqual(headers["X-Auto-Response-Suppress"], "All")
        self.assertIn(complaint.code, mail.body_html)
        self.assertIn(f"/my/complaints/{complaint.id}?access_token={complaint.access_token}", mail.body_html)
        self.assertNotIn("SECRET", mail.body_html + mail.subject)
        self.assertFalse(mail.auto_delete)
        self.assertEqual(str(complaint.date_acknowledged), "2026-05-04 10:00:00")
        self.assertEqual(complaint.acknowledge_channel, "email")
        self.assertEqual(complaint.acknowledge_user_id, self.clerk)
        self.assertEqual(complaint.phase, "acknowledged")
        self.assertIn(mail.mail_message_id, complaint.message_ids)

    def test_the_mail_that_leaves_the_server(self):
        complaint = self._complaint()
        complaint.action_acknowledge()
        with self.mock_mail_gateway():
            self._queued(complaint).send()
        self.assertEqual(len(self._mails), 1)
        message = self._mails[0]
        self.assertEqual(message["headers"]["Auto-Submitted"], "auto-replied")
        self.assertEqual(message["headers"]["X-Auto-Response-Suppress"], "All")
        self.assertEqual(message["email_to"], ["ana@acme.example.com"])

    def test_pressed_twice_sent_once(self):
        complaint = self._complaint()
        complaint.action_acknowledge()
        first = complaint.date_acknowledged
        complaint.action_acknowledge()
        complaint._send_acknowledgement()
        complaint._register_acknowledgement("letter")
        self.assertEqual(len(self._queued(complaint)), 1)
        self.assertEqual((complaint.date_acknowledged, complaint.acknowledge_channel), (first, "email"))

    def test_automatic_by_company_and_by_team(self):
        for company, team, expected in (
            (False, "company", 0),
            (True, "company", 1),
            (True, "manual", 0),
            (False, "auto", 1),
        ):
            with self.subTest(company=company, team=team):
                self.company.complaint_auto_acknowledge = company
                self.team.complaint_acknowledge = team
                complaint = self._complaint()
                self.assertEqual(len(self._queued(complaint)), expected)
                self.assertEqual(complaint.phase, "acknowledged" if expected else "received")

    def test_no_address_no_mail(self):
        self.company.complaint_auto_acknowledge = True
        complaint = self._complaint(partner_id=False, partner_name="A caller", email_from="not an address")
        self.assertEqual(complaint.phase, "received")
        with self.assertRaisesRegex(UserError, complaint.code):
            complaint.action_acknowledge()
        self.assertFalse(self._queued(complaint))
        self.assertFalse(complaint.date_acknowledged)

    def test_what_is_closed_has_not_just_arrived(self):
        complaint, other = self._complaint(), self._complaint()
        complaint._move_to("closed", "withdrawn", "x")
        (complaint | other).with_user(self.clerk).action_acknowledge()
        self.assertEqual([len(self._queued(one)) for one in (complaint, other)], [0, 1])

    def test_one_bad_address_stops_the_batch_before_any_mail(self):
        good, bad = self._complaint(), self._complaint(partner_id=False)
        with self.assertRaises(UserError):
            (good | bad).action_acknowledge()
        self.assertFalse(self._queued(good | bad))
        self.assertFalse(good.date_acknowledged)

    def test_acknowledged_by_phone(self):
        complaint = self._complaint(partner_id=False, channel="phone")
        wizard = self.env["crm.complaint.acknowledge"].with_user(self.clerk).with_context(active_ids=complaint.ids)
        wizard = wizard.create({"note": "Called back"})
        self.assertEqual(wizard.channel, "phone")
        wizard.action_confirm()
        self.assertEqual((complaint.phase, complaint.acknowledge_channel), ("acknowledged", "phone"))
        self.assertTrue(complaint.message_ids.filtered(lambda message: "Called back" in message.body))
        self.assertFalse(self._queued(complaint))

    def test_acknowledging_late_does_not_move_backwards(self):
        complaint = self._complaint(severity="1_minor")
        complaint.action_assess()
        complaint.action_acknowledge()
        self.assertEqual(complaint.phase, "assessed")
        self.assertTrue(complaint.date_acknowledged)

    def test_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("crm_complaints.mail_template_acknowledgement")
        template.with_context(lang="fr_FR").subject = "Votre plainte {{ object.code }}"
        self.ana.lang = "fr_FR"
        complaint = self._complaint()
        self.assertEqual(complaint.lang, "fr_FR")
        complaint.action_acknowledge()
        self.assertEqual(self._queued(complaint).subject, f"Votre plainte {complaint.code}")

    def test_a_word_on_a_closed_complaint_does_not_stay_unread(self):
        complaint = self._complaint()
        complaint._move_to("closed", "withdrawn", reason="Found it")
        complaint.message_post(body="closed now", message_type="comment")
        self.assertFalse(complaint.activity_ids)
        complaint.with_user(self.ana_user).sudo().message_post(
            body="It leaks again", author_id=self.ana.id, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(complaint.activity_ids.user_id, self.clerk)
