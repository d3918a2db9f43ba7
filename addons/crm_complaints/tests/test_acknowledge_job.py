from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_intake import LOGGERS, IntakeCommon, mail

LOGGER = "odoo.addons.crm_complaints.models.crm_complaint_acknowledge"


@tagged("post_install", "-at_install")
class TestAcknowledgeJob(IntakeCommon):
    """What comes in by itself is acknowledged by a job that it wakes, many at a time."""

    def _take(self, *raws):
        """Mails come in; the job has not run yet."""
        with self.enter_registry_test_mode(), mute_logger(*LOGGERS):
            for raw in raws:
                self.env["mail.thread"].message_process("crm.complaint", raw)
        self.env.invalidate_all()
        return self.env["crm.complaint"].search([("acknowledge_pending", "=", True)], order="id")

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_complaints.ir_cron_complaint_acknowledge").method_direct_trigger()
        self.env.invalidate_all()

    def _wakes(self):
        job = self.env.ref("crm_complaints.ir_cron_complaint_acknowledge")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", job.id)])

    def test_a_mail_wakes_the_job(self):
        before = self._wakes()
        complaint = self._take(mail(1))
        self.assertEqual((len(complaint), complaint.phase, self._wakes()), (1, "received", before + 1))
        self._take(mail(2, sender="Eva <eva@example.com>"))
        self.assertEqual(self._wakes(), before + 1)  # it is awake already
        self._run()
        self.assertEqual((complaint.phase, complaint.acknowledge_pending), ("acknowledged", False))
        self.assertEqual(self._acknowledgements(complaint), 1)
        before = self._wakes()
        self._take(mail(3, sender="Uwe <uwe@example.com>"))
        self.assertEqual(self._wakes(), before + 1)
        stopped = complaint.clock_ids.filtered(lambda clock: clock.rule_id.stop_event == "acknowledged")
        self.assertTrue(stopped)
        self.assertEqual(set(stopped.mapped("state")), {"met"})
        self._run()
        self.assertEqual(self._acknowledgements(complaint), 1)

    def test_of_several_of_one_sender_the_first_is_answered(self):
        complaints = self._take(mail(1), mail(2), mail(3, sender="Eva <eva@example.com>"))
        self._run()
        self.assertEqual([bool(one.date_acknowledged) for one in complaints], [True, False, True])
        self.assertEqual(self._acknowledgements(complaints), 2)
        later = self._take(mail(4))
        self._run()
        self.assertEqual((later.date_acknowledged, later.acknowledge_pending), (False, False))

    def test_acknowledged_by_hand_in_between(self):
        complaint = self._take(mail(1))
        complaint.with_user(self.clerk)._register_acknowledgement("phone", "Called")
        moment = complaint.date_acknowledged
        self._run()
        self.assertEqual((complaint.date_acknowledged, complaint.acknowledge_channel), (moment, "phone"))
        self.assertEqual(self._acknowledgements(complaint), 0)

    def test_a_restricted_customer_gets_nothing_by_itself(self):
        """Neither mail nor letter; the clock runs, a person is told and acknowledges by hand."""
        self.team.user_id = self.lead
        self.boris.sudo().crm_restricted = True
        before = self._wakes()
        by_hand = self._complaint(partner_id=self.boris.id)
        self.assertFalse(self._take(mail(1, sender=f"Boris <{self.boris.email}>")))
        by_mail = self.env["crm.complaint"].search([("partner_id", "=", self.boris.id), ("id", "!=", by_hand.id)])
        later = self._take(mail(2, sender="Eva <eva@example.com>"))
        later.partner_id = self.boris  # found out before the job runs
        self.assertEqual(self._wakes(), before + 1)
        self._run()
        for complaint in (by_hand, by_mail, later):
            self.assertEqual((len(complaint), complaint.phase, complaint.date_acknowledged), (1, "received", False))
            self.assertEqual(complaint.letter_ids.ids, [])
            told = complaint.sudo().activity_ids.filtered(lambda one: one.summary.startswith("Processing is restr"))
            self.assertEqual(told.user_id, self.clerk if complaint == by_hand else self.lead)
            running = complaint.clock_ids.filtered(lambda clock: clock.rule_id.stop_event == "acknowledged")
            self.assertEqual(set(running.mapped("state")), {"running"})
        mails = [("model", "=", "crm.complaint"), ("res_id", "in", (by_hand | by_mail | later).ids)]
        notes = self.env["mail.mail"].search(mails)  # to the colleagues who are told
        self.assertEqual(notes.recipient_ids, self.lead.partner_id)
        self.assertFalse([note for note in notes if note.email_to])
        by_mail.with_user(self.clerk).action_acknowledge()
        self.assertEqual((by_mail.phase, len(self.env["mail.mail"].search(mails) - notes)), ("acknowledged", 1))

    def test_robots_wake_nobody(self):
        before = self._wakes()
        self.assertFalse(self._take(mail(1, extra="Auto-Submitted: auto-replied\r\n")))
        self.assertEqual(self._wakes(), before)

    def test_who_works_by_hand_does_not_wait(self):
        complaint = self._complaint(partner_id=self.boris.id)
        self.assertEqual((complaint.phase, complaint.acknowledge_pending), ("acknowledged", False))

    @mute_logger(LOGGER, "odoo.addons.mail.models.mail_render_mixin")
    def test_what_cannot_be_written_is_somebodys_task(self):
        self.team.user_id = self.lead
        bad, good = self._take(mail(1), mail(2, sender="Eva <eva@example.com>"))
        template = self.env.ref("crm_complaints.mail_template_acknowledgement")
        template.subject = "{{ 1 / (object.email_normalized != 'dora@example.com') }}"
        self._run()
        self.assertEqual((bad.phase, bad.date_acknowledged, bad.acknowledge_pending), ("received", False, False))
        self.assertEqual(good.phase, "acknowledged")
        mails = self.env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "in", (bad | good).ids)])
        # besides, the leader is told of the task
        self.assertEqual(mails.filtered("email_to").mapped("email_to"), ["eva@example.com"])
        self.assertEqual(bad.activity_ids.user_id, self.lead)
        self.assertIn("could not be written", bad.activity_ids.summary)

    def test_nobody_writes_the_mark(self):
        complaint = self._complaint(partner_id=False)
        with self.assertRaisesRegex(Exception, "set by the handling"):
            complaint.with_user(self.admin).acknowledge_pending = True

    def test_the_calendar_in_memory_follows_its_changes(self):
        calendar = self.company.resource_calendar_id
        known = calendar._complaint_calendar(self.company)
        self.assertIs(calendar._complaint_calendar(self.company), known)
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": fields.Datetime.to_datetime("2026-03-04 00:00:00"),
                "date_to": fields.Datetime.to_datetime("2026-03-05 00:00:00"),
            }
        )
        self.assertEqual(len(calendar._complaint_calendar(self.company).closed), len(known.closed) + 1)
        leave.unlink()
        self.assertEqual(calendar._complaint_calendar(self.company), known)
        calendar.attendance_ids[0].hour_from += 1
        self.assertNotEqual(calendar._complaint_calendar(self.company).week, known.week)
        calendar.tz = "Asia/Tokyo"
        self.assertEqual(calendar._complaint_calendar(self.company).zone, "Asia/Tokyo")
