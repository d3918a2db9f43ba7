from datetime import timedelta

from odoo import fields
from odoo.tests import Form, new_test_user, tagged

from .test_intake import IntakeCommon, mail

WORDS = "It leaks at the seal"


@tagged("post_install", "-at_install")
class TestPrivacyRetention(IntakeCommon):
    """When the time of a complaint is over its words go; number, dates and decision stay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = new_test_user(cls.env, "cmp_officer", groups="crm_relations.group_privacy")
        cls.periods = cls.env["crm.privacy.retention"].with_user(cls.officer)
        cls.periods.sudo().with_context(active_test=False).search([]).unlink()

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_privacy_retention").method_direct_trigger()
        self.env.invalidate_all()

    def _closed(self, days, number=1):
        """A complaint that came by mail, was answered by a letter and closed so many days ago."""
        intake = self._receive(mail(number, body=WORDS, sender="Boris <boris@example.com>"))
        complaint = intake.complaint_id.with_user(self.clerk)
        complaint.write(
            {
                "user_id": self.clerk.id,
                "severity": "2_moderate",
                "decision": "upheld",
                "decision_reason": "The seal was missing.",
                "response": "<p>You get a new kettle.</p>",
            }
        )
        complaint._register_acknowledgement("phone")
        complaint.action_investigate()
        self.env["crm.complaint.point"].with_user(self.clerk).create(
            {"complaint_id": complaint.id, "name": WORDS, "finding": "True", "decision": "upheld"}
        )
        letters = self.env["crm.complaint.letter"].with_user(self.clerk)
        letter = Form(letters.with_context(default_complaint_id=complaint.id, default_kind="final")).save()
        letter.action_send()
        complaint.message_post(body=WORDS, attachments=[("seal.txt", WORDS.encode())], message_type="comment")
        complaint._move_to("closed", "settled", "New kettle handed over")
        moment = fields.Datetime.now() - timedelta(days=days)
        complaint.sudo()._write_move({"date_closed": moment})
        intake.sudo().date = moment
        return complaint.sudo(), intake, letter.sudo()

    def test_the_words_go_and_the_register_stays(self):
        complaint, intake, letter = self._closed(400)
        code, closed, fingerprint, partner = (
            complaint.code, complaint.date_closed, intake.fingerprint, complaint.partner_id,
        )  # fmt: skip
        young = self._closed(300, number=2)[0]
        period = self.periods.create({"category": "complaint", "months": 12})
        self._run()
        self.assertEqual(
            (complaint.code, complaint.date_closed, complaint.decision, complaint.outcome, complaint.partner_id),
            (code, closed, "upheld", "settled", partner),
        )
        self.assertEqual((complaint.name, complaint.point_ids.name), ("Erased", "Erased"))
        words = ("description", "response", "decision_reason", "closing_note", "email_from", "email_normalized")
        self.assertEqual([bool(complaint[name]) for name in (*words, "partner_name", "similar_text")], [False] * 8)
        self.assertFalse(complaint.message_ids)
        self.assertEqual((letter.state, letter.body, letter.pdf, letter.message_id.id), ("sent", False, False, False))
        self.assertEqual((intake.raw, intake.email_from, intake.subject), (False, False, False))
        self.assertEqual((intake.fingerprint, intake.state), (fingerprint, "done"))
        models = [("crm.complaint", complaint.id), ("crm.complaint.letter", letter.id)]
        files = self.env["ir.attachment"].with_context(skip_res_field_check=True)
        for model, res_id in models:
            self.assertFalse(files.search_count([("res_model", "=", model), ("res_id", "=", res_id)]))
        self.assertEqual((young.name, period.count), ("Kettle", 1))
        self._run()
        self.assertEqual(period.count, 1)
        # the same mail once more is still the same mail
        self._receive(mail(1, body=WORDS, sender="Boris <boris@example.com>"))
        self.assertEqual((intake.copies, complaint.name), (1, "Erased"))

    def test_open_complaints_and_legal_holds_stay(self):
        held, intake, _letter = self._closed(400)
        opened = self._complaint(partner_id=self.ana.id)
        opened.sudo().date_received = fields.Datetime.now() - timedelta(days=4000)
        self.boris.sudo().crm_legal_hold = "Lawsuit"
        for category in ("complaint", "complaint_intake"):
            self.periods.create({"category": category, "months": 1})
        self._run()
        self.assertEqual((held.name, opened.name, bool(intake.raw)), ("Kettle", "Kettle leaks", True))
        self.boris.sudo().write({"crm_legal_hold": False, "crm_restricted": True})
        self._run()
        self.assertEqual((held.name, opened.name, bool(intake.raw)), ("Kettle", "Kettle leaks", True))
        self.boris.sudo().crm_restricted = False
        self._run()
        self.assertEqual((held.name, opened.name, bool(intake.raw)), ("Erased", "Kettle leaks", False))

    def test_the_mail_as_it_came_in_goes_before_the_complaint(self):
        complaint, intake, letter = self._closed(400)
        other = self._receive(mail(9, sender="MAILER-DAEMON@example.com"))
        waiting = self.intakes.sudo().create({"fingerprint": "x" * 64, "raw": b"eA==", "state": "quarantine"})
        (other | waiting).date = fields.Datetime.now() - timedelta(days=400)
        period = self.periods.create({"category": "complaint_intake", "months": 12})
        self._run()
        self.assertEqual([bool(row.raw) for row in (intake, other, waiting)], [False, False, True])
        self.assertEqual((complaint.name, bool(letter.body), period.count), ("Kettle", True, 2))
        self.assertIn(WORDS, complaint.description)
