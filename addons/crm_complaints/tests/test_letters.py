import base64

from markupsafe import Markup

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, tagged

from ..tools import letter as rules
from .common import ComplaintsCommon


@tagged("post_install", "-at_install", "pure")
class TestLetterRules(BaseCase):
    def test_required(self):
        self.assertEqual(rules.required_elements("final", True, True)[-2:], ("points", "external"))
        self.assertEqual(rules.required_elements("holding", True, False), ("number", "delay_reason", "expected_on"))

    def test_what_was_filled_is_found_and_what_is_blank_is_not(self):
        for kind, required in rules.REQUIRED.items():
            template = "".join(rules.placeholder(name) for name in required)
            full = rules.fill(template, dict.fromkeys(required, "x"))
            self.assertEqual(rules.missing_elements(full, required), [], kind)
            for name in required:
                values = dict.fromkeys(required, "x") | {name: " "}
                self.assertEqual(rules.missing_elements(rules.fill(template, values), required), [name])

    def test_nothing_is_run_that_a_customer_wrote(self):
        body = rules.fill("{{complainant}} {{answer}}", {
            "complainant": "{{number}}<script>", "answer": Markup("<p>{{number}}</p>"), "number": "SECRET",
        })  # fmt: skip
        self.assertNotIn("SECRET", body)
        self.assertNotIn("<script>", body)


@tagged("post_install", "-at_install")
class TestLetters(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaint = cls._complaint(
            severity="2_moderate",
            decision="upheld",
            decision_reason="The seal was missing.",
            response="<p>You get a new kettle.</p>",
        )
        cls.complaint._register_acknowledgement("phone")
        cls.complaint.action_investigate()

    def _letter(self, kind="final", **values):
        form = Form(
            self.env["crm.complaint.letter"]
            .with_user(self.clerk)
            .with_context(default_complaint_id=self.complaint.id, default_kind=kind)
        )
        for name, value in values.items():
            form[name] = value
        return form.save()

    def test_a_final_response_by_mail(self):
        # while tested, Odoo makes no PDF unless told so
        letter = self._letter().with_context(force_report_rendering=True)
        self.assertFalse(letter.missing)
        self.assertEqual(letter.subject, f"Our answer to your complaint {self.complaint.code}")
        letter.action_send()
        self.assertEqual((letter.state, letter.user_id, letter.channel), ("sent", self.clerk, "email"))
        self.assertTrue(letter.date_sent)
        self.assertEqual(letter.message_id.partner_ids, self.ana)
        self.assertIn("The seal was missing.", letter.message_id.body)
        self.assertTrue(base64.b64decode(letter.pdf).startswith(b"%PDF"))
        self.assertEqual(letter.message_id.attachment_ids.raw, base64.b64decode(letter.pdf))
        self.assertEqual(self.complaint.phase, "response")
        self.assertIn(letter.delivery, ("queued", "sent"))

    def test_what_lacks_an_element_is_not_sent(self):
        letter = self._letter()
        letter.body = letter.body.replace("The seal was missing.", "")
        self.assertEqual(letter.missing, "the reasons of the decision")
        with self.assertRaisesRegex(UserError, "the reasons of the decision"):
            letter.action_send()
        self.assertEqual((letter.state, letter.message_id.id), ("draft", False))

    def test_a_final_response_answers_every_point_and_names_the_external_body(self):
        self.env["crm.complaint.point"].create(
            {"complaint_id": self.complaint.id, "name": "It leaks", "finding": "x", "decision": "upheld"}
        )
        self.company.write({"complaint_adr_name": "Ombudsman", "complaint_adr_url": "https://ombudsman.example.com"})
        letter = self._letter()
        self.assertFalse(letter.missing)
        for text in ("It leaks", "Ombudsman", "https://ombudsman.example.com", "6 months"):
            self.assertIn(text, letter.body)
        letter.body = "<p>Dear customer, you are right.</p>"
        with self.assertRaisesRegex(UserError, "an answer on each point, the external body"):
            letter.action_send()

    def test_a_holding_letter_says_why_and_until_when(self):
        letter = self._letter("holding")
        with self.assertRaisesRegex(UserError, "why it takes longer, when the answer is expected"):
            letter.action_send()
        letter.write({"delay_reason": "The laboratory needs two weeks", "expected_on": "2026-12-24"})
        letter.action_send()
        self.assertIn("12/24/2026", letter.message_id.body)
        self.assertEqual(self.complaint.phase, "investigation")

    def test_a_summary(self):
        self.complaint.action_propose()
        self.complaint._move_to("closed", "settled", "New kettle handed over")
        letter = self._letter("summary")
        self.assertIn("New kettle handed over", letter.body)
        letter.action_send()
        self.assertEqual(letter.state, "sent")

    def test_by_post_with_proof(self):
        letter = self._letter(channel="letter")
        with self.assertRaisesRegex(UserError, "proof of sending"):
            letter.action_send()
        letter.proof = "RR 123 456 789"
        before = self.env["mail.mail"].search_count([])
        letter.action_send()
        self.assertEqual((letter.state, letter.channel), ("sent", "letter"))
        self.assertIn("RR 123 456 789", letter.message_id.body)
        self.assertTrue(self.complaint.date_last_contact)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_the_proof_is_not_typed(self):
        letters = self.env["crm.complaint.letter"].with_user(self.clerk)
        values = {"complaint_id": self.complaint.id, "kind": "final"}
        letter = letters.create(values)
        for forged in ({"state": "sent"}, {"date_sent": "2026-01-01 00:00:00"}, {"pdf": "eA=="}):
            with self.assertRaisesRegex(UserError, "set by sending"):
                letters.create(values | forged)
            with self.assertRaisesRegex(UserError, "set by sending"):
                letter.write(forged)
        draft = letters.with_context(default_state="sent", default_date_sent="2026-01-01 00:00:00").create(values)
        self.assertEqual((draft.state, draft.date_sent), ("draft", False))
        self.assertFalse(self.complaint._customer_letters())

    def test_a_final_response_is_the_answer_from_wherever_it_is_sent(self):
        acknowledged, received = (
            self._complaint(
                severity="2_moderate", decision="upheld", decision_reason="The seal.", response="<p>A new one.</p>"
            )
            for _index in range(2)
        )
        acknowledged._register_acknowledgement("phone")
        letters = self.env["crm.complaint.letter"].with_user(self.clerk)
        letters.create({"complaint_id": acknowledged.id, "kind": "final"}).action_send()
        self.assertEqual((acknowledged.phase, bool(acknowledged.date_responded)), ("response", True))
        letter = letters.create({"complaint_id": received.id, "kind": "final"})
        with self.assertRaisesRegex(UserError, "cannot go from Received"), self.cr.savepoint():
            letter.action_send()
        self.assertEqual((letter.state, received.phase), ("draft", "received"))

    def test_what_was_sent_stays(self):
        letter = self._letter()
        letter.action_send()
        for change in (lambda: letter.write({"body": "x"}), lambda: letter.write({"proof": "x"}), letter.unlink):
            with self.assertRaisesRegex(UserError, "stays as it was"):
                change()
        with self.assertRaisesRegex(UserError, "sent already"):
            letter.action_send()

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("sk_SK")
        template = self.env.ref("crm_complaints.letter_template_final")
        template.update_field_translations(
            "subject", {"sk_SK": "Naša odpoveď na vašu sťažnosť {{number}}"}
        )
        self.complaint.lang = "sk_SK"
        letter = self._letter()
        self.assertEqual(letter.lang, "sk_SK")
        self.assertEqual(letter.subject, f"Naša odpoveď na vašu sťažnosť {self.complaint.code}")

    def test_templates_are_checked(self):
        template = self.env.ref("crm_complaints.letter_template_final").with_user(self.admin)
        with self.assertRaisesRegex(ValidationError, "no letter knows price"):
            template.copy({"subject": "{{price}}"})
        with self.assertRaisesRegex(ValidationError, r"must contain \{\{reasons\}\}"):
            template.body = "<p>{{number}} {{decision}} {{answer}}</p>"
        # the word alone is no element
        with self.assertRaisesRegex(ValidationError, r"must contain \{\{reasons\}\}"):
            template.body = "<p>The reasons: {{number}} {{decision}} {{answer}}</p>"
        with self.assertRaises(AccessError):
            template.with_user(self.clerk).subject = "x"

    def test_who_sees_and_sends(self):
        letter = self._letter()
        self.complaint.sudo().message_unsubscribe(self.complaint.message_partner_ids.ids)
        for user in (self.other, self.ana_user):
            with self.assertRaises(AccessError):
                letter.with_user(user).read(["subject"])
        self.assertTrue(letter.with_user(self.auditor).read(["subject"]))
        with self.assertRaises(AccessError):
            letter.with_user(self.auditor).action_send()
        self.assertEqual(letter.state, "draft")

    def test_no_leftover_of_the_closed_platform(self):
        """The EU platform for online dispute resolution closed in July 2025; a link to it would mislead."""
        bodies = self.env["crm.complaint.letter.template"].search([]).mapped("body")
        bodies += self.env["mail.template"].search([("model", "=", "crm.complaint")]).mapped("body_html")
        self.assertTrue(bodies)
        for body in bodies:
            self.assertNotIn("consumers/odr", body)
