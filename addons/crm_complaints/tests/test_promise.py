from datetime import timedelta

import psycopg2
from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestPromise(ComplaintsCommon):
    """The ledger of promises: 'we call you tomorrow'."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaint = cls._complaint()

    def _promise(self, user=None, **values):
        values = {
            "name": "We call back",
            "complaint_id": self.complaint.id,
            "date_due": "2026-03-03 10:00:00",
            **values,
        }
        with freeze_time("2026-03-02 10:00:00"):
            return self.env["crm.complaint.promise"].with_user(user or self.clerk).create(values)

    def _cron(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("crm_complaints.ir_cron_promises").method_direct_trigger()
        self.env.invalidate_all()

    def test_it_stands_on_the_list_of_who_has_to_keep_it(self):
        promise = self._promise(user_id=self.other.id)
        activity = promise.sudo().activity_id
        self.assertEqual((activity.user_id, activity.summary), (self.other, "We call back"))
        self.assertEqual(str(activity.date_deadline), "2026-03-03")

    @freeze_time("2026-03-03 10:00:00")
    def test_kept_in_the_last_second(self):
        promise = self._promise()
        promise.action_kept()
        self.assertEqual((promise.state, str(promise.date_kept)), ("kept", "2026-03-03 10:00:00"))
        self.assertFalse(promise.sudo().activity_id.active)

    @freeze_time("2026-03-03 10:00:01")
    def test_late_is_broken(self):
        promise = self._promise()
        promise.action_kept()
        self.assertEqual((promise.state, bool(promise.date_kept)), ("broken", True))

    def test_broken_by_itself_and_told_once(self):
        promise = self._promise()
        self._cron("2026-03-03 10:00:00")
        self.assertEqual(promise.state, "open")
        self._cron("2026-03-03 10:00:01")
        self._cron("2026-03-03 10:15:00")
        self.assertEqual(promise.state, "broken")
        told = self.complaint.sudo().activity_ids.filtered(lambda activity: "broken" in (activity.summary or ""))
        self.assertEqual((len(told), told.user_id), (1, self.clerk))
        with freeze_time("2026-03-04 10:00:00"):
            promise.action_kept()
        self.assertEqual((promise.state, str(promise.date_kept)), ("broken", "2026-03-04 10:00:00"))

    def test_it_moves_to_the_list_of_who_takes_over(self):
        promise = self._promise()
        values = {"user_id": self.other.id, "date_due": "2026-03-02 18:00:00", "name": "Call"}
        promise.with_user(self.clerk).write(values)
        activity = promise.sudo().activity_id
        self.assertEqual(
            (activity.user_id, str(activity.date_deadline), activity.summary), (self.other, "2026-03-02", "Call")
        )

    @freeze_time("2026-03-03 09:00:00")
    def test_ticked_off_the_list_it_is_kept(self):
        promise = self._promise(user_id=self.other.id)
        promise.sudo().activity_id.with_user(self.other).action_done()
        self.assertEqual((promise.state, str(promise.date_kept)), ("kept", "2026-03-03 09:00:00"))
        self._cron("2026-03-04 09:00:00")
        self.assertEqual(promise.state, "kept")

    def test_taken_back_it_leaves_the_list(self):
        promise = self._promise(user_id=self.other.id)
        activity = promise.sudo().activity_id
        promise.with_user(self.clerk).unlink()
        self.assertFalse(activity.exists())

    def test_broken_on_a_complaint_of_nobody(self):
        self.team.user_id = self.lead
        complaint = self._complaint(user_id=False)
        self._promise(complaint_id=complaint.id)
        self._cron("2026-03-04 09:00:00")
        told = complaint.sudo().activity_ids.filtered(lambda activity: "broken" in (activity.summary or ""))
        self.assertEqual(told.user_id, self.lead)

    @mute_logger("odoo.sql_db")
    def test_without_a_date_it_is_refused_in_words(self):
        promise = self._promise()
        with self.assertRaises(psycopg2.IntegrityError), self.cr.savepoint():
            promise.write({"date_due": False})
            promise.flush_recordset()
        self.assertEqual(str(promise.date_due), "2026-03-03 10:00:00")

    def test_not_put_off_nor_written_by_hand(self):
        promise = self._promise()
        with self.assertRaisesRegex(UserError, "not put off"):
            promise.date_due = "2026-03-04 10:00:00"
        with self.assertRaisesRegex(UserError, "Press 'Done'"):
            promise.state = "kept"
        self._cron("2026-03-03 11:00:00")
        with self.assertRaisesRegex(UserError, "stays on file"):
            promise.unlink()
        self.assertEqual((promise.state, str(promise.date_due)), ("broken", "2026-03-03 10:00:00"))

    def test_seen_by_whoever_sees_the_complaint(self):
        promise = self._promise()
        self.complaint.message_unsubscribe(self.complaint.sudo().message_partner_ids.ids)
        for user, seen in ((self.clerk, True), (self.other, False), (self.lead, True), (self.auditor, True)):
            with self.subTest(user=user.login):
                self.assertEqual(bool(promise.with_user(user).search([("id", "=", promise.id)])), seen)
        with self.assertRaises(AccessError):
            promise.with_user(self.other).action_kept()
        with self.assertRaises(AccessError):
            promise.with_user(self.ana_user).search([])
        self.assertEqual(promise.state, "open")


@tagged("post_install", "-at_install")
class TestCharter(ComplaintsCommon, HttpCase):
    """The figures of the service charter, and its public page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.promises = cls.env["crm.service.promise"]
        cls.promises.search([]).active = False

    def _promise(self, **values):
        return self.promises.create(
            {"name": "Confirmed within a day", "measure": "acknowledged", "amount": 1, "unit": "days", "target": 75,
             **values}
        )  # fmt: skip

    def _received(self, moment, **dates):
        complaint = self._complaint(date_received=moment)
        complaint._write_move({name: value for name, value in dates.items() if value})
        return complaint

    @freeze_time("2026-05-10 12:00:00")
    def test_kept_by_month(self):
        promise = self._promise()
        for moment, acknowledged in (
            ("2026-03-31 23:59:59", "2026-04-01 23:59:59"),  # March, in time to the second
            ("2026-04-01 00:00:00", "2026-04-02 00:00:00"),
            ("2026-04-10 08:00:00", "2026-04-11 08:00:01"),  # a second late
            ("2026-04-20 08:00:00", None),  # never
            ("2026-04-30 08:00:00", "2026-04-30 09:00:00"),
            ("2026-05-09 11:00:00", None),  # over since an hour
            ("2026-05-10 11:00:00", None),  # not decided yet
        ):
            self._received(moment, date_acknowledged=acknowledged)
        history = {str(start): (kept, total) for start, kept, total in promise._history()}
        self.assertEqual(len(history), 13)
        self.assertEqual(history["2026-03-01"], (1, 1))
        self.assertEqual(history["2026-04-01"], (2, 4))
        self.assertEqual(history["2026-05-01"], (0, 1))
        self.assertEqual((promise.kept_percent, promise.on_target), (50.0, False))
        self.assertEqual(promise.kept_label, "Apr 2026: 2 of 4 (50.0 %)")
        promise.target = 50
        self.assertTrue(promise.on_target)

    @freeze_time("2026-05-10 12:00:00")
    def test_months_of_the_company(self):
        """23:30 UTC on 31 March is April in Bratislava."""
        self.company.partner_id.tz = "Europe/Bratislava"
        self._received("2026-03-31 23:30:00", date_acknowledged="2026-04-01 08:00:00")
        history = {str(start): total for start, _kept, total in self._promise()._history()}
        self.assertEqual((history["2026-03-01"], history["2026-04-01"]), (0, 1))

    @freeze_time("2026-05-10 12:00:00")
    def test_withdrawn_and_other_companies_do_not_count(self):
        self._received("2026-04-10 08:00:00")._move_to("closed", "withdrawn", reason="x")
        other = self.env["res.company"].create({"name": "Other"})
        self.env["crm.complaint"].create({"name": "x", "company_id": other.id, "date_received": "2026-04-10 08:00:00"})
        promise = self._promise()
        self.assertEqual(promise._history()[-2][1:], (0, 0))
        self.assertEqual((promise.has_result, promise.kept_label), (False, "Apr 2026: no case"))

    @freeze_time("2026-05-10 12:00:00")
    def test_promises_to_customers_by_quarter(self):
        complaint = self._complaint()
        for state, count in (("kept", 3), ("broken", 1), ("open", 1)):
            self.env["crm.complaint.promise"].sudo().create(
                [
                    {"name": "x", "complaint_id": complaint.id, "state": state, "date_due": "2026-02-01 10:00:00"}
                    for _index in range(count)
                ]
            )
        promise = self._promise(measure="callbacks", period="quarter")
        self.assertEqual(promise.kept_label, "2026 Q1: 3 of 4 (75.0 %)")

    @freeze_time("2026-05-10 12:00:00")
    def test_own_deadlines_kept(self):
        self.env["crm.complaint.clock.rule"].search([]).active = False
        rule = self.env["crm.complaint.clock.rule"].create(
            {"name": "Answer", "kind": "resolution", "stop_event": "responded", "amount": 8, "unit": "hours"}
        )
        complaint = self._complaint(severity="2_moderate")
        for index, state in enumerate(("met", "met", "late", "ended", "running")):
            self.env["crm.complaint.clock"].create(
                {"complaint_id": complaint.id, "rule_id": rule.id, "round": 10 + index, "kind": "resolution",
                 "state": state, "date_start": "2026-04-01 08:00:00", "date_due": "2026-04-02 08:00:00"}
            )  # fmt: skip
        # the one that still runs after its time is missed already; what ended without effect does not count
        self.assertEqual(self._promise(measure="clocks").kept_label, "Apr 2026: 2 of 4 (50.0 %)")

    def test_only_the_manager_publishes(self):
        promise = self._promise()
        with self.assertRaises(AccessError):
            promise.with_user(self.lead).action_toggle_published()
        self.assertFalse(promise.is_published)
        promise.with_user(self.admin).action_toggle_published()
        self.assertTrue(promise.is_published)
        with self.assertRaises(AccessError):
            promise.with_user(self.ana_user).read(["name"])

    # === THE PAGE, WITHOUT LOGIN === #

    def test_published_is_shown_and_nothing_else(self):
        self._promise(name="We answer in writing", is_published=True)
        self._promise(name="Hidden promise")
        other = self.env["res.company"].create({"name": "Other"})
        self._promise(name="Of another company", is_published=True, company_id=other.id)
        self._received(fields.Datetime.now() - timedelta(days=35), date_acknowledged=fields.Datetime.now())
        response = self.url_open("/service-charter")
        self.assertEqual(response.status_code, 200)
        self.assertIn("We answer in writing", response.text)
        self.assertIn("0 of 1 (0.0 %)", response.text)
        for hidden in ("Hidden promise", "Of another company", "Kettle leaks", "Ana"):
            self.assertNotIn(hidden, response.text)

    def test_by_company_for_who_has_several(self):
        other = self.env["res.company"].create({"name": "Second Ltd"})
        silent = self.env["res.company"].create({"name": "Silent Ltd"})
        self._promise(name="We answer in writing", is_published=True)
        self._promise(name="We call back", is_published=True, company_id=other.id)
        self._promise(name="Not yet published", company_id=silent.id)
        self.clerk.write({"company_ids": [Command.link(other.id), Command.link(silent.id)]})
        self.authenticate("cmp_clerk", "cmp_clerk")
        page = html.fromstring(self.url_open("/service-charter").text)
        sections = page.find_class("o_service_charter")
        found = [
            (section.find("h2").text, [name.text_content().strip() for name in section.iter("h3")])
            for section in sections
        ]
        self.assertEqual(found, [(self.company.name, ["We answer in writing"]), ("Second Ltd", ["We call back"])])

    def test_nothing_published(self):
        response = self.url_open("/service-charter")
        self.assertEqual(response.status_code, 200)
        self.assertIn("No promise is published yet", response.text)

    def test_reading_only(self):
        self.assertEqual(self.url_open("/service-charter", data={"x": "1"}).status_code, 405)
