from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged, users

from .test_intake import IntakeCommon, mail


@tagged("post_install", "-at_install")
class TestWhoseTurn(IntakeCommon):
    """What the customer wrote waits for an answer until somebody of us writes back."""

    def _talk(self, complaint):
        with self.enter_registry_test_mode():
            return complaint.with_user(self.lead).message_post(
                body="Which kettle?", message_type="comment", subtype_xmlid="mail.mt_comment"
            )

    def test_the_first_mail_is_no_further_word(self):
        self.assertFalse(self._receive(mail(700)).complaint_id.date_customer_wrote)

    @freeze_time("2026-03-02 12:00:00")
    def test_an_answer_by_mail(self):
        complaint = self._receive(mail(701)).complaint_id
        sent = self._talk(complaint)
        self.assertFalse(complaint.date_customer_wrote)
        extra = f"In-Reply-To: {sent.message_id}\r\n"
        self._receive(mail(702, extra=extra, subject="Re: Kettle", body="The red one."), model=None)
        self.assertEqual(str(complaint.date_customer_wrote), "2026-03-02 12:00:00")
        found = self.env["crm.complaint"].with_user(self.lead).search([("date_customer_wrote", "!=", False)])
        self.assertIn(complaint, found)
        self._talk(complaint)
        self.assertFalse(complaint.date_customer_wrote)

    def test_a_word_on_the_portal(self):
        complaint = self._complaint()
        complaint.with_user(self.ana_user).message_post(
            body="And the lid, too", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertTrue(complaint.date_customer_wrote)

    def test_a_note_of_the_staff_answers_nobody(self):
        complaint = self._complaint()
        complaint.with_user(self.ana_user).message_post(
            body="And?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        complaint.message_post(body="Rings always", message_type="comment", subtype_xmlid="mail.mt_note")
        self.assertTrue(complaint.date_customer_wrote)

    def test_a_colleague_who_answers_by_mail_answers(self):
        complaint = self._complaint()
        sent = self._talk(complaint)
        complaint.with_user(self.ana_user).message_post(
            body="And?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertTrue(complaint.date_customer_wrote)
        extra = f"In-Reply-To: {sent.message_id}\r\n"
        self._receive(mail(703, sender=self.clerk.email_formatted, extra=extra, body="We look."), model=None)
        self.assertFalse(complaint.date_customer_wrote)

    def test_a_word_on_a_closed_complaint_of_nobody(self):
        self.team.user_id = self.lead
        complaint = self._complaint(user_id=False)
        complaint._move_to("closed", "withdrawn", reason="x")
        complaint.with_user(self.ana_user).message_post(
            body="It leaks again", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(complaint.sudo().activity_ids.user_id, self.lead)

    def test_a_word_on_an_archived_complaint(self):
        complaint = self._complaint()
        complaint.active = False
        complaint.with_user(self.ana_user).message_post(
            body="And?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(complaint.sudo().activity_ids.user_id, self.clerk)

    def test_no_answer_needed(self):
        complaint = self._complaint()
        complaint._note_customer_wrote("2026-03-02 12:00:00")
        complaint.with_user(self.clerk).action_no_answer_needed()
        self.assertFalse(complaint.date_customer_wrote)
        with self.assertRaises(AccessError):
            complaint.with_user(self.auditor).action_no_answer_needed()

    def test_closing_ends_it(self):
        complaint = self._complaint(decision="upheld", decision_reason="It leaks")
        complaint._note_customer_wrote("2026-03-02 12:00:00")
        complaint._register_acknowledgement("phone")
        complaint._move(self._stage("closed", "settled"), reason="A new kettle")
        self.assertEqual((complaint.phase, complaint.date_customer_wrote), ("closed", False))


@tagged("post_install", "-at_install")
class TestNextCase(IntakeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.complaint_auto_acknowledge = False
        # nothing of the database itself comes before
        cls.env["crm.complaint"].search([("user_id", "in", (cls.clerk.id, False))]).active = False
        cls.free = cls._complaint(name="free", user_id=False, safety_risk=True)
        cls.late = cls._complaint(name="late", date_received="2026-03-02 08:00:00")
        cls.fresh = cls._complaint(name="fresh")
        cls.his = cls._complaint(cls.other, name="his", safety_risk=True)
        cls.cases = cls.env["crm.complaint"].with_user(cls.clerk)

    def test_the_own_by_deadline(self):
        self.assertEqual(self.cases._next_case(), self.late)
        self.assertEqual(self.cases._next_case(self.late), self.fresh)

    def test_what_the_customer_wrote_comes_first(self):
        self.fresh._note_customer_wrote("2026-03-02 12:00:00")
        self.assertEqual(self.cases._next_case(), self.fresh)

    def test_danger_comes_before_everything(self):
        self.late._note_customer_wrote("2026-03-02 12:00:00")
        self.fresh.safety_risk = True
        self.assertEqual(self.cases._next_case(), self.fresh)

    def test_then_what_nobody_took(self):
        (self.late | self.fresh).action_wait_customer()
        self.assertEqual(self.cases._next_case(), self.free)

    def test_nothing_left(self):
        (self.late | self.fresh).action_wait_customer()
        action = self.cases.action_next_case()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.complaint", self.free.id))
        action = self.free.with_user(self.clerk).action_next_case()
        self.assertEqual((action["tag"], action["params"]["type"]), ("display_notification", "success"))


@tagged("post_install", "-at_install")
class TestWriteToCustomers(IntakeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.complaint_auto_acknowledge = False

    def _send(self, action):
        composer = Form(self.env[action["res_model"]].with_user(self.clerk).with_context(**action["context"]))
        with self.enter_registry_test_mode():
            composer.save()._action_send_mail()

    def test_asking_waits_for_the_customer(self):
        complaint = self._complaint(partner_id=self.boris.id)
        complaint._note_customer_wrote("2026-03-02 12:00:00")
        self._send(complaint.with_user(self.clerk).action_ask_customer())
        message = complaint.message_ids.filtered(lambda one: one.message_type == "comment")
        self.assertIn("what happened", message.body)
        self.assertEqual(message.partner_ids, self.boris)
        self.assertTrue(complaint.date_waiting_since)
        self.assertFalse(complaint.date_customer_wrote)

    def test_each_customer_gets_the_own_mail(self):
        first, second = self._complaint(partner_id=self.boris.id), self._complaint(partner_id=self.ana.id)
        self._send((first | second).with_user(self.clerk).action_write_customer())
        for complaint, partner in ((first, self.boris), (second, self.ana)):
            message = complaint.message_ids.filtered(lambda one: one.message_type == "comment")
            self.assertEqual(message.partner_ids, partner)
            self.assertIn(complaint.code, message.body)
            self.assertTrue(complaint.date_last_contact)
            self.assertFalse(complaint.date_waiting_since)

    @users("cmp_auditor")
    def test_the_auditor_writes_to_nobody(self):
        complaint = self._complaint().with_user(self.env.user)
        for action in (complaint.action_write_customer, complaint.action_ask_customer):
            with self.assertRaises(AccessError):
                action()
