from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .clock_common import ClockCommon, at


@tagged("post_install", "-at_install")
class TestClock(ClockCommon):
    # === START AND STOP === #

    def test_started_with_the_complaint_and_stopped_in_time(self):
        self._rule()
        complaint = self._at("2026-03-06 16:00:00")  # a Friday; one hour left that day
        clock = complaint.clock_ids
        self.assertEqual((clock.state, clock.round, clock.kind), ("running", 0, "resolution"))
        self.assertEqual(clock.date_half, at("2026-03-09 12:00"))
        self.assertEqual(clock.date_due, at("2026-03-09 17:00"))
        self.assertEqual(clock.date_lead, at("2026-03-10 09:00"))
        self.assertEqual(clock.date_manager, at("2026-03-11 09:00"))
        self.assertEqual(clock.date_next, clock.date_half)
        self.assertEqual((complaint.date_deadline, complaint.deadline_clock_id), (clock.date_due, clock))
        with freeze_time("2026-03-09 16:59:00"):
            self.assertEqual((complaint.deadline_state, complaint.deadline_label), ("in_time", "1 min left"))
            self._answer(complaint)
        self.assertEqual((clock.state, clock.date_stop), ("met", at("2026-03-09 16:59")))
        self.assertFalse(clock.date_next)
        self.assertFalse(complaint.date_deadline)
        self.assertEqual(complaint.deadline_state, "none")

    def test_stopped_too_late(self):
        self._rule()
        complaint = self._at("2026-03-06 16:00:00")
        with freeze_time("2026-03-09 17:00:01"):
            self.assertEqual(complaint.deadline_state, "overdue")
            self._answer(complaint)
        self.assertEqual(complaint.clock_ids.state, "late")

    def test_received_before_it_was_logged(self):
        self._rule(amount=10, unit="working_days")
        with freeze_time("2026-03-27 10:00:00"):
            complaint = self._complaint(severity="2_moderate")
            complaint.date_received = "2026-03-06 10:00:00"
        self.assertEqual(complaint.clock_ids.date_due, at("2026-03-20 23:59:59"))

    def test_a_corrected_receipt_judges_again(self):
        self._rule(amount=1, unit="working_days", stop_event="acknowledged")
        complaint = self._at("2026-03-06 16:00:00")
        with freeze_time("2026-03-06 16:30:00"):
            complaint._register_acknowledgement("phone")
        clock = complaint.clock_ids
        for received, due, state in (
            ("2026-03-02 10:00:00", "2026-03-03 23:59:59", "late"),
            ("2026-03-05 10:00:00", "2026-03-06 23:59:59", "met"),
        ):
            complaint.with_user(self.clerk).date_received = received
            self.assertEqual((clock.date_start, clock.date_due, clock.state), (at(received), at(due), state))
            self.assertEqual((clock.date_stop, clock.date_next), (at("2026-03-06 16:30"), False))

    def test_the_vectors_of_the_statutes_with_holidays(self):
        for day in ("2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25"):
            self.env["resource.calendar.leaves"].create(
                {"name": day, "date_from": f"{day} 00:00:00", "date_to": f"{day} 23:59:59", "company_id": False}
            )
        names = ("uk_summary", "uk_final", "eu_psd2")
        seeds = self.env["crm.complaint.clock.rule"].browse(
            [self.env.ref(f"crm_complaints.clock_rule_{name}").id for name in names]
        )
        seeds.write({"active": True, "sector": False, "country_id": False, "country_group_id": False})
        complaint = self._at("2026-04-02 10:00:00")
        due = {clock.rule_id: clock.date_due for clock in complaint.clock_ids}
        self.assertEqual(
            [due[rule] for rule in seeds],
            [at("2026-04-09 17:00"), at("2026-05-28 23:59:59"), at("2026-04-27 23:59:59")],
        )
        clock = complaint.clock_ids.filtered(lambda clock: clock.rule_id == seeds[2])
        self.assertTrue(clock.to_check)
        with freeze_time("2026-04-20 10:00:00"):
            clock.with_user(self.clerk)._extend(35, "The bank does not answer")
        self.assertEqual(clock.date_due, at("2026-05-27 23:59:59"))

    def test_country_and_sector_choose_the_law(self):
        seeds = self.rules.with_context(active_test=False).search([("kind", "=", "statutory")])
        seeds.active = True
        self.company.country_id = self.env.ref("base.uk")
        self.company.complaint_sector = False
        self.assertFalse(self._at("2026-03-06 16:00:00").clock_ids)
        self.company.complaint_sector = "financial"
        names = self._at("2026-03-06 16:00:00").clock_ids.mapped("rule_id.name")
        self.assertEqual(sorted(names), ["Final response (FCA)", "Summary resolution (FCA)"])
        self.company.write({"country_id": self.env.ref("base.ie").id, "complaint_sector": "payment"})
        self.assertEqual(self._at("2026-03-06 16:00:00").clock_ids.rule_id.name, "Reply (PSD2)")
        # the law of later is not the law of the complaint
        self.company.write({"country_id": self.env.ref("base.es").id, "complaint_sector": "utility"})
        self.assertFalse(self._at("2026-03-06 16:00:00").clock_ids)

    def test_a_clock_starts_with_the_stop_of_another(self):
        first = self._rule(name="Acknowledge", kind="statutory", stop_event="acknowledged", amount=5,
                           unit="working_days")  # fmt: skip
        self._rule(kind="statutory", start_event="clock", start_rule_id=first.id, amount=10, unit="working_days",
                   sequence=1)  # fmt: skip
        complaint = self._at("2026-03-02 10:00:00")
        self.assertEqual(complaint.clock_ids.rule_id, first)
        with freeze_time("2026-03-05 10:00:00"):
            complaint._register_acknowledgement("phone")
        second = complaint.clock_ids - complaint.clock_ids.filtered(lambda clock: clock.rule_id == first)
        self.assertEqual((second.date_start, second.date_due), (at("2026-03-05 10:00"), at("2026-03-19 23:59:59")))

    def test_of_own_rules_of_one_kind_the_first_that_fits(self):
        quick = self._rule(name="Quick", severity="4_critical", sequence=1)
        usual = self._rule(name="Usual", sequence=2)
        complaint = self._at("2026-03-06 16:00:00", severity="1_minor")
        self.assertEqual(complaint.clock_ids.rule_id, usual)
        complaint.severity = "4_critical"
        states = {clock.rule_id: clock.state for clock in complaint.clock_ids}
        self.assertEqual(states, {quick: "running", usual: "ended"})
        complaint.severity = "1_minor"
        states = {clock.rule_id: clock.state for clock in complaint.clock_ids}
        self.assertEqual(states, {quick: "ended", usual: "running"})

    def test_a_rule_of_an_archived_team_is_none_of_all_teams(self):
        team = self.env["crm.team"].create({"name": "Closed down", "use_complaints": True})
        self._rule(name="Theirs", team_ids=team.ids)
        team.active = False
        self.env.invalidate_all()
        self.assertFalse(self._at("2026-03-02 09:00:00").clock_ids)

    def test_withdrawn_ends_without_effect(self):
        self._rule()
        complaint = self._at("2026-03-06 16:00:00")
        complaint._move_to("closed", "withdrawn", reason="Found it")
        self.assertEqual(complaint.clock_ids.state, "ended")

    def test_only_acceptance_stops_it(self):
        self._rule(stop_event="settled")
        complaint = self._at("2026-03-06 16:00:00")
        with freeze_time("2026-03-09 10:00:00"):
            self._answer(complaint)
            self.assertEqual(complaint.clock_ids.state, "running")
            complaint._move_to("closed", "settled")
        self.assertEqual(complaint.clock_ids.state, "met")

    def test_closing_does_not_hide_a_missed_deadline(self):
        self._rule()
        self._rule(name="Quick", kind="statutory", stop_event="settled")
        for moment, state in (("2026-03-02 16:00:00", "ended"), ("2026-03-20 09:00:00", "late")):
            complaint = self._at("2026-03-02 09:00:00", decision="upheld", decision_reason="r")
            with freeze_time(moment):
                complaint._move_to("closed", "settled")
            clocks = complaint.clock_ids
            self.assertEqual(clocks.filtered(lambda clock: clock.kind == "resolution").state, state)
        complaint = self._at("2026-03-02 09:00:00")
        with freeze_time("2026-03-20 09:00:00"):
            self._answer(complaint)
            complaint.decision = "not_upheld"
            complaint._move_to("closed", "rejected")
        quick = complaint.clock_ids.filtered(lambda clock: clock.kind == "statutory")
        self.assertEqual(quick.state, "ended", "what is rejected cannot be accepted")

    # === REOPENING === #

    def test_reopened(self):
        own = self._rule(name="Own")
        law = self._rule(name="Law", kind="statutory", amount=8, unit="weeks")
        complaint = self._at("2026-03-02 10:00:00")
        with freeze_time("2026-03-03 10:00:00"):
            self._answer(complaint)
            complaint._move_to("closed", "settled")
        due = complaint.clock_ids.filtered(lambda clock: clock.rule_id == law).date_due
        with freeze_time("2026-04-01 10:00:00"):
            complaint._move_to("investigation", reason="It leaks again")
        clocks = complaint.clock_ids.sorted("round")
        self.assertEqual([(c.rule_id, c.round, c.state) for c in clocks.filtered(lambda c: c.rule_id == own)],
                         [(own, 0, "met"), (own, 1, "running")])  # fmt: skip
        self.assertEqual(clocks[-1].date_start, at("2026-04-01 10:00"))
        law_clock = clocks.filtered(lambda c: c.rule_id == law)
        self.assertEqual((len(law_clock), law_clock.state, law_clock.date_due), (1, "running", due))

    def test_an_answer_taken_back_stops_nothing(self):
        self._rule()
        complaint = self._at("2026-03-06 16:00:00")
        with freeze_time("2026-03-06 16:30:00"):
            self._answer(complaint)
        self.assertEqual(complaint.clock_ids.state, "met")
        complaint.action_investigate()
        self.assertEqual(len(complaint.clock_ids), 1)
        self.assertEqual((complaint.clock_ids.state, complaint.clock_ids.date_stop), ("running", False))

    # === PROGRESS === #

    def test_progress_starts_again_with_each_message_to_the_customer(self):
        self._rule(kind="progress", stop_event="contact", repeat=True, amount=5, unit="working_days")
        complaint = self._at("2026-03-02 10:00:00")
        for moment, internal in (("2026-03-04 10:00:00", False), ("2026-03-05 10:00:00", True)):
            with freeze_time(moment):
                complaint.message_post(
                    body="x", message_type="comment", subtype_xmlid="mail.mt_note" if internal else "mail.mt_comment"
                )
        clocks = complaint.clock_ids.sorted("round")
        self.assertEqual(clocks.mapped("state"), ["met", "running"])
        self.assertEqual(clocks[1].date_due, at("2026-03-11 23:59:59"))
        complaint._move_to("closed", "withdrawn", reason="x")
        self.assertEqual(clocks.mapped("state"), ["met", "ended"])

    def test_the_clock_of_the_senders_computer_does_not_count(self):
        self._rule(kind="progress", stop_event="contact", repeat=True, amount=5, unit="working_days")
        complaint = self._at("2026-03-02 10:00:00")
        with freeze_time("2026-03-04 10:00:00"):
            complaint.message_post(
                body="x", author_id=self.clerk.partner_id.id, message_type="email", subtype_xmlid="mail.mt_comment",
                date="2036-03-04 10:00:00",
            )  # fmt: skip
        self.assertEqual(str(complaint.date_last_contact), "2026-03-04 10:00:00")
        clocks = complaint.clock_ids.sorted("round")
        self.assertEqual((clocks.mapped("state"), clocks[1].date_start), (["met", "running"], at("2026-03-04 10:00")))

    # === WAITING === #

    def test_waiting_for_the_customer(self):
        self._rule(may_pause=True)
        self._rule(name="Law", kind="statutory", amount=2, unit="weeks")
        complaint = self._at("2026-03-02 09:00:00")
        own = complaint.clock_ids.filtered(lambda clock: clock.kind == "resolution")
        law = complaint.clock_ids - own
        with freeze_time("2026-03-02 11:00:00"):
            complaint.action_wait_customer()
            complaint.action_wait_customer()
        self.assertEqual((own.state, law.state), ("paused", "running"))
        self.assertEqual(complaint.date_deadline, law.date_due)
        self._sweep("2026-03-05 08:00:00")
        self.assertFalse(own.event_ids)
        with freeze_time("2026-03-04 09:30:00"):
            complaint.with_user(self.ana_user).sudo().message_post(
                body="Here", author_id=self.ana.id, message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        self.assertFalse(complaint.date_waiting_since)
        self.assertEqual(len(complaint.wait_ids), 1)
        # two hours were used on Monday; six are left from Wednesday 9:30
        self.assertEqual((own.state, own.date_due), ("running", at("2026-03-04 16:30")))
        self.assertEqual(law.date_due, at("2026-03-16 23:59:59"))

    def test_another_rule_keeps_what_was_waited(self):
        self._rule(name="Major", may_pause=True, severity="3_major", amount=4, sequence=1)
        self._rule(may_pause=True)
        complaint = self._at("2026-03-02 09:00:00")
        with freeze_time("2026-03-02 10:00:00"):
            complaint.action_wait_customer()
        with freeze_time("2026-03-02 12:00:00"):
            complaint.action_customer_answered()
        complaint.severity = "3_major"
        self.assertEqual(complaint.deadline_clock_id.date_due, at("2026-03-02 16:00"))

    def test_waiting_does_not_undo_a_missed_deadline(self):
        self._rule(may_pause=True)
        complaint = self._at("2026-03-02 09:00:00")
        with freeze_time("2026-03-04 09:00:00"):
            complaint.action_wait_customer()
        self.assertEqual(complaint.clock_ids.state, "running")

    def test_closed_complaints_do_not_wait(self):
        complaint = self._at("2026-03-02 09:00:00")
        complaint._move_to("closed", "withdrawn", reason="x")
        with self.assertRaisesRegex(UserError, complaint.code):
            complaint.action_wait_customer()
        self.assertFalse(complaint.wait_ids)

    # === EXTENSION === #

    def test_extension(self):
        rule = self._rule(amount=15, unit="working_days", extension_limit=35)
        complaint = self._at("2026-03-02 09:00:00")
        clock = complaint.clock_ids.with_user(self.clerk)
        with freeze_time("2026-03-10 09:00:00"):
            for amount, reason, error in ((36, "x", "at most 35"), (15, "x", "from 15"), (20, " ", "Say why")):
                with self.assertRaisesRegex(UserError, error):
                    clock._extend(amount, reason)
            self.assertEqual((clock.amount, clock.date_due), (15, at("2026-03-23 23:59:59")))
            self.assertTrue(clock.can_extend)
            form = Form(self.env["crm.complaint.clock.extend"].with_user(self.clerk).with_context(
                **clock.action_extend()["context"]))  # fmt: skip
            form.amount, form.reason = 20, "Laboratory"
            form.save().action_confirm()
        self.assertEqual((clock.amount, clock.date_due), (20, at("2026-03-30 23:59:59")))
        self.assertEqual(clock.extension_reason, "Laboratory")
        self.assertTrue(complaint.message_ids.filtered(lambda message: "Laboratory" in message.body))
        with freeze_time("2026-04-10 09:00:00"), self.assertRaisesRegex(UserError, "before it ends"):
            clock._extend(25, "too late")
        self.assertEqual(rule.amount, 15)

    def test_what_stands_can_be_extended_after_its_day(self):
        self._rule(may_pause=True, amount=5, unit="working_days", extension_limit=20)
        complaint = self._at("2026-03-02 09:00:00")
        with freeze_time("2026-03-03 09:00:00"):
            complaint.action_wait_customer()
        with freeze_time("2026-03-20 09:00:00"):
            self.assertTrue(complaint.clock_ids.can_extend)
            complaint.clock_ids.with_user(self.clerk)._extend(10, "They look for the bill")
        self.assertEqual((complaint.clock_ids.amount, complaint.clock_ids.state), (10, "paused"))

    # === CALENDARS === #

    def test_a_holiday_added_later(self):
        rule = self._rule(amount=3, unit="working_days")
        complaint = self._at("2026-03-02 09:00:00")
        self.env["resource.calendar.leaves"].create(
            {"name": "x", "date_from": "2026-03-03 00:00:00", "date_to": "2026-03-03 23:59:59",
             "calendar_id": self.calendar.id}
        )  # fmt: skip
        self.assertEqual(complaint.clock_ids.date_due, at("2026-03-05 23:59:59"))
        rule.with_user(self.admin).action_reschedule()
        self.assertEqual(complaint.clock_ids.date_due, at("2026-03-06 23:59:59"))

    def test_a_day_of_work_elsewhere_is_no_holiday(self):
        self._rule(amount=3, unit="working_days")
        self.env["resource.calendar.leaves"].create(
            {"name": "Training", "date_from": "2026-03-03 00:00:00", "date_to": "2026-03-03 23:59:59",
             "calendar_id": self.calendar.id, "time_type": "other"}
        )  # fmt: skip
        self.assertEqual(self._at("2026-03-02 09:00:00").clock_ids.date_due, at("2026-03-05 23:59:59"))

    def test_a_calendar_without_hours_counts_every_hour(self):
        self._rule(amount=3)
        self.calendar.attendance_ids.unlink()
        self.assertEqual(self._at("2026-03-07 09:00:00").clock_ids.date_due, at("2026-03-07 12:00"))

    def test_the_zone_of_the_calendar(self):
        self.calendar.tz = "Pacific/Auckland"
        self._rule(amount=1, unit="days")
        self.assertEqual(self._at("2026-06-01 23:30:00").clock_ids.date_due, at("2026-06-03 11:59:59"))

    def test_the_rule_of_a_company_holds_for_its_branches(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        other = self.env["res.company"].create({"name": "Other"})
        rule = self._rule(company_id=self.company.id)
        complaints = self.env["crm.complaint"].create(
            [{"name": "x", "company_id": company.id} for company in (self.company, branch, other)]
        )
        self.assertEqual([complaint.clock_ids.rule_id for complaint in complaints], [rule, rule, self.rules])

    def test_a_rule_is_valid_by_the_days_of_its_calendar(self):
        """23:30 UTC on 31 December is 1 January in Bratislava."""
        self.calendar.tz = "Europe/Bratislava"
        old, new = self._rule(name="Old", date_to="2025-12-31"), self._rule(name="New", date_from="2026-01-01")
        for moment, rule in (("2025-12-31 22:59:59", old), ("2025-12-31 23:30:00", new)):
            self.assertEqual(self._at(moment).clock_ids.rule_id, rule)

    # === RULES === #

    @mute_logger("odoo.sql_db")
    def test_rules_that_make_no_sense(self):
        first = self._rule(name="A")
        for values in (
            {"kind": "statutory", "may_pause": True},
            {"amount": 0},
            {"amount": -1},
            {"extension_limit": 8},
            {"start_event": "clock"},
            {"repeat": True},
            {"lead_days": 3, "manager_days": 2},
            {"manager_days": 4, "head_days": 3},
            {"date_from": "2026-02-01", "date_to": "2026-01-01"},
        ):
            error = ValidationError if "date_from" in values else IntegrityError
            with self.subTest(values=values), self.assertRaises(error), self.cr.savepoint():
                self._rule(**values)
                self.env.flush_all()
        second = self._rule(name="B", start_event="clock", start_rule_id=first.id)
        with self.assertRaises(ValidationError):
            first.write({"start_event": "clock", "start_rule_id": second.id})

    # === ACCESS === #

    def test_who_sees_and_nobody_writes(self):
        rule = self._rule()
        clock = self._at("2026-03-02 09:00:00").clock_ids
        other = self._at("2026-03-02 09:00:00", user=self.other).clock_ids.with_user(self.other)
        both = (clock | other).sudo()
        clocks = self.env["crm.complaint.clock"]
        for user, seen in ((self.clerk, clock), (self.other, other), (self.lead, both), (self.auditor, both)):
            self.assertEqual(clocks.with_user(user).search([("id", "in", both.ids)]), seen, user.login)
        for user in (self.clerk, self.lead, self.admin, self.auditor):
            with self.assertRaises(AccessError):
                clock.with_user(user).write({"state": "met"})
        for user in (self.ana_user, self.boris_user):
            with self.assertRaises(AccessError):
                clock.with_user(user).read(["state"])
            with self.assertRaises(AccessError):
                clock.complaint_id.with_user(user).read(["date_deadline"])
        for user in (self.clerk, self.lead, self.auditor):
            with self.assertRaises(AccessError):
                rule.with_user(user).amount = 99
        self.assertEqual((clock.state, rule.amount), ("running", 8))
        with self.assertRaises(AccessError):
            other.complaint_id.with_user(self.clerk).action_wait_customer()
        wizard = self.env["crm.complaint.clock.extend"].with_user(self.clerk)
        with self.assertRaises(AccessError):
            wizard.create({"clock_id": other.id, "amount": 9, "reason": "x"}).action_confirm()
        self.assertEqual(other.amount, 8)

    def test_filters(self):
        self._rule(amount=7)
        complaint = self._at("2026-03-02 09:00:00")
        found = self.env["crm.complaint"].with_user(self.clerk)
        with freeze_time("2026-03-02 17:00:01"):
            self.assertIn(complaint, found.search([("date_deadline", "<", "now")]))
        with freeze_time("2026-03-02 10:00:00"):
            self.assertNotIn(complaint, found.search([("date_deadline", "<", "now")]))
            self.assertIn(
                complaint, found.search([("date_deadline", ">=", "today"), ("date_deadline", "<", "today +1d")])
            )
        self.assertEqual(complaint.clock_ids.date_due - complaint.date_received, timedelta(hours=8))
