from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models import crm_complaint_clock
from .clock_common import ClockCommon, at

LEVELS = ["1_half", "2_three_quarters", "3_nine_tenths", "4_breach", "5_lead", "6_manager"]


@tagged("post_install", "-at_install")
class TestClockWarnings(ClockCommon):
    def test_each_warning_once_and_in_time(self):
        self._rule(amount=10)  # due after 10 working hours
        complaint = self._at("2026-03-02 09:00:00")
        clock = complaint.clock_ids
        self.assertEqual(clock.date_due, at("2026-03-03 12:00"))
        done = []
        for moment, level in (
            ("2026-03-02 14:59:00", None),
            ("2026-03-02 15:00:00", "1_half"),
            ("2026-03-02 15:05:00", None),
            ("2026-03-03 09:30:00", "2_three_quarters"),
            ("2026-03-03 11:00:00", "3_nine_tenths"),
            ("2026-03-03 12:05:00", "4_breach"),
            ("2026-03-04 09:00:00", "5_lead"),
            ("2026-03-05 09:00:00", "6_manager"),
            ("2026-03-15 09:00:00", None),
        ):
            self._sweep(moment)
            done += [level] if level else []
            self.assertEqual(self._levels(clock), done, moment)
        self.assertFalse(clock.date_next)
        self.assertEqual(clock.event_ids.sorted("id").mapped("user_id"), self.clerk | self.lead | self.admin)
        # of several warnings to one person the last is on the list
        activities = complaint.sudo().activity_ids.sorted("id")
        self.assertEqual(activities.mapped("user_id"), self.clerk | self.lead | self.admin)
        self.assertEqual(len(activities), 3)
        self.assertEqual(activities[0].summary, "Answer: Deadline Missed")

    def test_at_last_the_head_of_the_company(self):
        self.company.complaint_head_id = self.other
        self.other.group_ids += self.env.ref("crm_complaints.group_user_all")
        self._rule(amount=2, head_days=5)
        complaint = self._at("2026-03-02 09:00:00")
        clock = complaint.clock_ids
        self.assertEqual(clock.date_head, at("2026-03-09 09:00"))
        self._sweep("2026-03-08 10:00:00")
        self.assertEqual(self._levels(clock), LEVELS)
        self._sweep("2026-03-09 09:05:00")
        self._sweep("2026-03-09 09:10:00")
        self.assertEqual(self._levels(clock), [*LEVELS, "7_head"])
        self.assertEqual(clock.event_ids.filtered(lambda event: event.level == "7_head").user_id, self.other)
        self.assertIn(self.other, complaint.sudo().activity_ids.user_id)

    def test_after_two_days_without_sweep_all_in_order(self):
        self._rule(amount=2)
        complaint = self._at("2026-03-02 09:00:00")
        self._sweep("2026-03-04 10:00:00")
        clock = complaint.clock_ids
        self.assertEqual(self._levels(clock), LEVELS)
        self.assertEqual(
            clock.event_ids.sorted("id").mapped("date_planned"), sorted(clock.event_ids.mapped("date_planned"))
        )
        self.assertEqual(set(clock.event_ids.mapped("date")), {at("2026-03-04 10:00")})
        self.assertEqual(len(complaint.sudo().activity_ids), 3)
        self._sweep("2026-03-04 10:05:00")
        self.assertEqual(self._levels(clock), LEVELS)

    def test_a_fulfilled_clock_takes_its_warnings_away(self):
        self._rule(amount=2)
        complaint = self._at("2026-03-02 09:00:00")
        self._sweep("2026-03-02 10:00:00")
        self.assertEqual(len(complaint.sudo().activity_ids), 1)
        self._answer(complaint)
        self.assertFalse(complaint.sudo().activity_ids)
        self.assertEqual(self._levels(complaint.clock_ids), ["1_half"])

    def test_nobody_responsible(self):
        self._rule(amount=2)
        complaint = self._at("2026-03-02 09:00:00", user_id=False)
        self._sweep("2026-03-02 10:00:00")
        self.assertEqual(complaint.clock_ids.event_ids.user_id, self.lead)

    def test_a_leader_of_another_company_does_not_stop_the_sweep(self):
        second = self.env["res.company"].create({"name": "Second", "resource_calendar_id": self.calendar.id})
        self.team.company_id = False
        self.clerk.company_ids += second
        self._rule(amount=2)
        theirs = self._at("2026-03-02 09:00:00", company_id=second.id).clock_ids
        ours = self._at("2026-03-02 09:00:00").clock_ids
        self._sweep("2026-03-05 10:00:00")
        self.assertEqual(ours.event_ids.sorted("id").mapped("user_id"), self.clerk | self.lead | self.admin)
        self.assertEqual(self._levels(theirs), LEVELS)
        self.assertEqual(theirs.event_ids.user_id, self.clerk, "nobody above belongs to that company")

    def test_the_day_on_the_list_is_that_of_the_calendar(self):
        """The end of 3 March in New York is 4 March in UTC; the evening before, too."""
        self.calendar.tz = "America/New_York"
        self._rule(amount=1, unit="days")
        complaint = self._at("2026-03-02 15:00:00")
        self.assertEqual(complaint.clock_ids.date_due, at("2026-03-04 04:59:59"))
        self._sweep("2026-03-04 01:00:00")
        self.assertEqual(str(complaint.sudo().activity_ids.date_deadline), "2026-03-03")

    def test_who_takes_over_has_the_warnings(self):
        self._rule(amount=2)
        complaint = self._at("2026-03-02 09:00:00")
        self._sweep("2026-03-02 10:00:00")
        complaint.with_user(self.lead).user_id = self.other
        self.assertEqual(complaint.sudo().activity_ids.user_id, self.other)

    def test_what_was_judged_is_not_judged_again(self):
        """Neither by the rule for another severity, nor by one that came later."""
        self._rule(name="Major", severity="3_major", sequence=1, amount=4)
        self._rule(name="Usual", sequence=2)
        complaint = self._at("2026-03-02 09:00:00")
        with freeze_time("2026-03-02 10:00:00"):
            self._answer(complaint)
            complaint.severity = "3_major"
            self.assertEqual(complaint.clock_ids.mapped("state"), ["met"])
            complaint._move_to("closed", "settled")
        self._rule(name="New", kind="progress", stop_event="closed", amount=1)
        complaint.severity = "1_minor"
        self.assertEqual(complaint.clock_ids.mapped("rule_id.name"), ["Usual"])

    def test_the_archive_is_quiet(self):
        self._rule(amount=2)
        complaint = self._at("2026-03-02 09:00:00")
        complaint.with_user(self.clerk).active = False
        clock = complaint.clock_ids
        self._sweep("2026-03-02 10:30:00")
        self.assertEqual((self._levels(clock), clock.date_next), ([], False))
        complaint.with_user(self.clerk).active = True
        self._sweep("2026-03-02 10:35:00")
        self.assertEqual(self._levels(clock), ["1_half", "2_three_quarters"])

    def test_an_extended_clock_does_not_warn_twice(self):
        self._rule(amount=10, extension_limit=40)
        complaint = self._at("2026-03-02 09:00:00")
        clock = complaint.clock_ids
        self._sweep("2026-03-02 15:00:00")
        with freeze_time("2026-03-02 15:30:00"):
            clock._extend(20, "x")
        self._sweep("2026-03-03 12:00:00")  # half of the new time is used
        self.assertEqual(self._levels(clock), ["1_half"])

    @mute_logger("odoo.sql_db")
    def test_a_level_is_unique(self):
        self._rule(amount=2)
        complaint = self._at("2026-03-02 09:00:00")
        self._sweep("2026-03-02 10:00:00")
        event = complaint.clock_ids.event_ids
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            event.sudo().copy()
            self.env.flush_all()

    def test_the_sweep_asks_as_often_for_many_as_for_few(self):
        self._rule(amount=2)
        counts = []
        for size in (3, 30):
            with freeze_time("2026-03-02 09:00:00"):
                complaints = self.env["crm.complaint"].create(
                    [
                        {"name": "x", "severity": "2_moderate", "user_id": self.clerk.id, "team_id": self.team.id,
                         "date_received": "2026-03-02 09:00:00"}
                        for _n in range(size)
                    ]
                )  # fmt: skip
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            with freeze_time("2026-03-02 10:00:00"):
                done, events = self.env["crm.complaint.clock"]._sweep(fields.Datetime.now(), 500)
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual((done, len(events)), (size, size))
            self.assertEqual(complaints.clock_ids.mapped("level"), ["1_half"] * size)
        self.assertEqual(counts[0], counts[1])

    def test_more_than_one_batch(self):
        self._rule(amount=2)
        for _n in range(5):
            self._at("2026-03-02 09:00:00")
        with patch.object(crm_complaint_clock, "SWEEP_BATCH", 2):
            self._sweep("2026-03-02 10:00:00")
        self.assertEqual(self.env["crm.complaint.clock.event"].search_count([("level", "=", "1_half")]), 5)
