from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .test_intake import LOGGERS, IntakeCommon, mail


@tagged("post_install", "-at_install")
class TestReconcile(IntakeCommon):
    """Every row of the ledger is finished, or a person has it on the list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.user_id = cls.lead
        cls.cron = cls.env.ref("crm_complaints.ir_cron_reconcile")

    def _broken(self, number=900):
        return self._receive(mail(number).replace(b"charset=utf-8", b"charset=foo-8"))

    def _reconcile(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_quarantine_is_on_somebodys_list_once(self):
        broken, fine = self._broken(), self._receive(mail(901))
        self._reconcile()
        self._reconcile()
        self.assertEqual((len(broken.activity_ids), len(fine.activity_ids)), (1, 0))
        self.assertEqual(broken.activity_ids.user_id, self.lead)
        self.assertIn("foo-8", broken.activity_ids.note)

    def test_a_message_that_never_got_finished(self):
        with self.enter_registry_test_mode():
            intake = self.intakes.browse(self.intakes._keep_row(self.intakes._ledger_values(mail(902))))
        self._reconcile()
        self.assertFalse(intake.activity_ids)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=61)):
            self._reconcile()
        self.assertEqual(len(intake.activity_ids), 1)

    def test_what_got_finished_leaves_the_list(self):
        broken = self._broken(903)
        self._reconcile()
        with self.enter_registry_test_mode(), mute_logger(*LOGGERS):
            broken.with_user(self.lead).action_replay()
        self.env.invalidate_all()
        self._reconcile()
        self.assertFalse(broken.activity_ids)

    def test_registered_by_hand(self):
        broken = self._receive(b"")
        broken.with_user(self.lead).action_register()
        complaint = broken.complaint_id
        self.assertEqual((broken.state, complaint.name, complaint.channel), ("done", "(no subject)", "email"))
        self.assertEqual(complaint.date_received, broken.date)
        with self.assertRaisesRegex(UserError, "Not in quarantine"):
            broken.with_user(self.lead).action_register()

    def test_the_message_is_attached_to_the_complaint_made_by_hand(self):
        broken = self._broken(904)
        broken.with_user(self.lead).action_register()
        attachment = broken.complaint_id.message_ids.attachment_ids
        self.assertEqual(attachment.name, f"intake-{broken.id}.eml")
        self.assertEqual(attachment.raw, mail(904).replace(b"charset=utf-8", b"charset=foo-8"))

    def test_a_machine_gets_no_answer_by_hand_either(self):
        raw = mail(909, extra="Auto-Submitted: auto-replied\r\n").replace(b"charset=utf-8", b"charset=foo-8")
        for robot, sent in ((self._receive(raw), 0), (self._broken(910), 1)):
            robot.with_user(self.lead).action_register()
            self.assertEqual(self._acknowledgements(robot.complaint_id), sent)

    def test_by_hand_it_stays_with_its_company_and_customer(self):
        second = self.env["res.company"].create({"name": "Second"})
        payload = {"subject": "x", "description": "y", "company_id": second.id, "found_partner_id": self.boris.id}
        with self.enter_registry_test_mode():
            values = self.intakes._payload_values("portal", payload, "k")
            intake = self.intakes.browse(self.intakes._keep_row(values))
        intake._quarantine(ValueError("x"))
        with self.assertRaisesRegex(UserError, "came in for Second"):
            intake.with_user(self.lead).action_register()
        self.lead.company_ids += second
        intake.with_user(self.lead).with_context(allowed_company_ids=[self.company.id, second.id]).action_register()
        self.assertEqual((intake.complaint_id.company_id, intake.complaint_id.partner_id), (second, self.boris))

    def test_set_aside_is_final_and_says_by_whom(self):
        broken = self._broken(905)
        self._reconcile()
        broken.with_user(self.lead).action_set_aside()
        self.assertEqual((broken.state, broken.complaint_id.id), ("ignored", False))
        self.assertFalse(broken.activity_ids)
        self.assertIn(self.lead.name, broken.message_ids[0].body)

    def test_the_auditor_decides_nothing(self):
        broken = self._broken(906)
        for action in ("action_register", "action_set_aside"):
            with self.assertRaises(UserError):
                getattr(broken.with_user(self.auditor), action)()
        self.assertEqual(broken.state, "quarantine")

    def test_the_auditor_writes_nothing_beside_the_ledger_either(self):
        broken = self._broken(907)
        for call in (
            lambda intake: intake.message_post(body="x"),
            lambda intake: intake.activity_schedule("mail.mail_activity_data_todo", user_id=self.auditor.id),
        ):
            with self.assertRaises(AccessError):
                call(broken.with_user(self.auditor))
        self.assertTrue(broken.with_user(self.lead).message_post(body="x"))

    def test_a_finished_row_is_nobodys_to_write(self):
        intake = self._receive(mail(908))
        other = self._complaint(self.lead)
        other.with_context(complaint_intake_id=intake.id).message_update({"body": "x"})
        self.assertNotEqual(intake.complaint_id, other)

    def test_who_is_told_when_the_team_has_no_leader(self):
        self.team.user_id = False
        self.env["crm.team"].search([("use_complaints", "=", True)]).user_id = False
        keeper = self.intakes._keeper()
        self.assertTrue(keeper.has_group("crm_complaints.group_manager"))
        self.assertNotEqual(self.intakes._keeper(keeper), keeper)

    def test_who_is_told_belongs_to_the_company(self):
        second = self.env["res.company"].create({"name": "Second"})
        self.admin.company_ids += second
        self.team.company_id = False
        complaint = self.env["crm.complaint"].create(
            {"name": "x", "company_id": second.id, "team_id": self.team.id, "user_id": False}
        )
        self.assertEqual((self.team.user_id, complaint._activity_user()), (self.lead, self.admin))
