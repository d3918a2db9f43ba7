from datetime import date, datetime, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestAction(ComplaintsCommon):
    """A change on 1 July, judged on 29 September by the complaints before and after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        causes = cls.env["crm.complaint.cause"]
        cls.department = cls.env["crm.complaint.department"].create({"name": "Logistics"})
        cls.cause = causes.create({"name": "Delivery", "department_id": cls.department.id})
        cls.packing = causes.create({"name": "Packing", "parent_id": cls.cause.id})
        cls.env["crm.complaint.exposure"].search([]).unlink()

    def _action(self, **values):
        values = {
            "name": "Two layers of cardboard",
            "cause_id": self.cause.id,
            "user_id": self.clerk.id,
            "date_due": "2026-06-30",
            "days_before": 90,
            "predicted_reduction": 50,
            **values,
        }
        return self.env["crm.complaint.action"].with_user(self.clerk).create(values)

    def _done(self, **values):
        action = self._action(date_done="2026-07-01", date_check="2026-09-29", **values)
        action.action_done()
        return action

    def _complaints(self, *days, **values):
        for day in days:
            with freeze_time(f"{day} 12:00:00"):
                self._complaint(**{"cause_id": self.packing.id, "date_received": f"{day} 09:00:00", **values})

    def _spread(self, start, count, **values):
        first = date.fromisoformat(start)
        self._complaints(*(str(first + timedelta(days=3 * index)) for index in range(count)), **values)

    def _cron(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("crm_complaints.ir_cron_actions").method_direct_trigger()
        self.env.invalidate_all()

    # === VERDICT === #

    def test_effective_by_the_numbers(self):
        """10 before and 2 after in 90 days each: p = 79/4096."""
        with freeze_time("2026-09-29 08:00:00"):
            self._spread("2026-04-10", 10)
            self._spread("2026-07-10", 2)
            action = self._done()
            action.action_judge()
        self.assertEqual((action.state, action.count_before, action.count_after), ("effective", 10, 2))
        self.assertAlmostEqual(action.chance, 79 / 4096, places=4)
        self.assertAlmostEqual(action.rate_before, 10 / (90 / 30.4375), places=3)
        self.assertEqual(action.unit, "per month")
        self.assertIn("80 % fewer, as predicted; p = 0.019", action.verdict)

    def test_less_than_predicted_is_said(self):
        with freeze_time("2026-09-29 08:00:00"):
            self._spread("2026-04-10", 10)
            self._spread("2026-07-10", 2)
            action = self._done(predicted_reduction=90)
            action.action_judge()
        self.assertIn("less than the predicted 90 %", action.verdict)

    def test_what_may_be_chance_is_not_proven(self):
        with freeze_time("2026-09-29 08:00:00"):
            self._spread("2026-04-10", 4)
            self._spread("2026-07-10", 2)
            action = self._done()
            action.action_judge()
        self.assertEqual(action.state, "unproven")
        self.assertIn("Not proven: 1.35 before, 0.68 after (per month)", action.verdict)
        self.assertEqual(action.sudo().activity_ids.user_id, self.clerk)

    def test_counted_per_thousand_orders(self):
        """As many complaints, but three times the orders: better all the same."""
        exposures = self.env["crm.complaint.exposure"]
        exposures.create([{"date": f"2026-0{month}-15", "orders": 300} for month in (4, 5, 6)])
        exposures.create([{"date": f"2026-0{month}-01", "orders": 900} for month in (7, 8, 9)])
        with freeze_time("2026-09-30 08:00:00"):
            self._spread("2026-04-10", 9)
            self._spread("2026-07-10", 9)
            action = self._action(date_done="2026-07-01", date_check="2026-09-30", days_before=91)
            action.action_done()
            action.action_judge()
        self.assertEqual((action.state, action.unit), ("effective", "per 1,000 orders"))
        self.assertAlmostEqual(action.rate_before, 10.0)  # April to June whole
        self.assertAlmostEqual(action.rate_after, 9 / (900 + 900 + 900 * 29 / 30) * 1000, places=3)

    def test_first_and_last_day(self):
        """The day of the change counts as after, the day of the check no more; nothing of other causes."""
        with freeze_time("2026-09-30 08:00:00"):
            self._complaints("2026-04-01", "2026-04-02", "2026-06-30", "2026-07-01", "2026-09-28", "2026-09-29")
            self._complaints("2026-05-05", cause_id=False)
            action = self._done()
            action.action_judge()
        self.assertEqual((action.count_before, action.count_after), (2, 2))

    def test_withdrawn_complaints_do_not_count(self):
        with freeze_time("2026-09-30 08:00:00"):
            self._complaints("2026-05-05")
            complaint = self.env["crm.complaint"].search([("cause_id", "=", self.packing.id)])
            complaint._move_to("closed", "withdrawn", reason="x")
            action = self._done()
            action.action_judge()
        self.assertEqual(action.count_before, 0)

    def test_not_before_the_check_date(self):
        with freeze_time("2026-09-28 12:00:00"):
            action = self._done()
            with self.assertRaisesRegex(UserError, "judged on 2026-09-29, not before"):
                action.action_judge()
        self.assertEqual((action.state, action.verdict), ("done", False))

    def test_an_effect_is_not_typed(self):
        action = self._action()
        for values in ({"state": "effective"}, {"count_after": 0}, {"chance": 0.001}, {"verdict": "x"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "measured, not typed"):
                action.write(values)
        with self.assertRaisesRegex(UserError, "measured, not typed"):
            self._action(state="effective")
        with self.assertRaisesRegex(UserError, "not in effect yet"):
            action.action_judge()
        self.assertEqual(action.state, "open")

    def test_one_without_dates_does_not_stop_the_others(self):
        with freeze_time("2026-09-29 08:00:00"):
            bad, good = self._done(), self._done()
            for name in ("date_done", "date_check"):
                with self.assertRaisesRegex(ValidationError, "since when it is in effect"):
                    bad[name] = False
                bad.invalidate_recordset()
        self.env.flush_all()
        # as it was possible before
        self.env.cr.execute("UPDATE crm_complaint_action SET date_done = NULL WHERE id = %s", [bad.id])
        self.env.invalidate_all()
        self._cron("2026-09-29 09:00:00")
        self.assertEqual((bad.state, good.state), ("done", "unproven"))

    # === PLAN === #

    def test_the_cause_names_the_department(self):
        self.assertEqual(self._action().department_id, self.department)

    def test_about_something(self):
        with self.assertRaisesRegex(ValidationError, "which complaints"):
            self._action(cause_id=False)

    def test_in_effect_since_tomorrow_is_refused(self):
        with freeze_time("2026-06-01 12:00:00"), self.assertRaisesRegex(ValidationError, "lies in the future"):
            self._action(date_done="2026-06-02")

    @freeze_time("2026-06-15 12:00:00")
    def test_done_today_is_judged_in_ninety_days(self):
        action = self._action()
        action.action_done()
        self.assertEqual((action.date_done, action.date_check), (date(2026, 6, 15), date(2026, 9, 13)))

    # === CRON === #

    def test_overdue_is_told_once(self):
        action = self._action()
        self._cron("2026-06-30 12:00:00")
        self.assertFalse(action.sudo().activity_ids)
        self._cron("2026-07-01 12:00:00")
        self._cron("2026-07-02 12:00:00")
        self.assertEqual(action.sudo().activity_ids.mapped("summary"), ["Overdue: Two layers of cardboard"])
        action.date_due = "2026-07-05"
        self._cron("2026-07-06 12:00:00")
        self.assertEqual(len(action.sudo().activity_ids), 2)
        with freeze_time("2026-07-07 12:00:00"):
            action.action_done()
        self.assertFalse(action.sudo().activity_ids)

    @freeze_time("2026-07-01 12:00:00")
    def test_found_by_being_overdue_or_not(self):
        late, fine = self._action(), self._action(date_due="2026-07-01")
        both = late | fine
        for operator, value, expected in (
            ("=", True, late), ("=", False, fine), ("!=", True, fine), ("!=", False, late),
            ("in", [True, False], both), ("not in", [True], fine),
        ):  # fmt: skip
            found = both.search([("id", "in", both.ids), ("is_overdue", operator, value)])
            self.assertEqual(set(found), set(expected), (operator, value))

    def test_the_owner_has_left(self):
        action, orphan = self._action(user_id=self.other.id), self._action(user_id=self.other.id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_complaint_action SET create_uid = %s WHERE id = %s", [self.other.id, orphan.id])
        self.env.invalidate_all()
        self.team.user_id = self.lead
        self.other.active = False
        self._cron("2026-07-01 12:00:00")
        self.assertEqual(action.sudo().activity_ids.user_id, self.clerk, "who made it")
        self.assertEqual(orphan.sudo().activity_ids.user_id, self.lead)

    def test_judged_by_itself_on_the_check_date(self):
        with freeze_time("2026-08-01 12:00:00"):
            action = self._done()
        self._cron("2026-09-28 12:00:00")
        self.assertEqual(action.state, "done")
        self._cron("2026-09-29 12:00:00")
        self.assertEqual((action.state, action.date_judged), ("unproven", date(2026, 9, 29)))

    def test_reopened_when_it_comes_back(self):
        """10 before, 2 after, then 6 in a month: that is no chance any more."""
        with freeze_time("2026-09-29 08:00:00"):
            self._spread("2026-04-10", 10)
            self._spread("2026-07-10", 2)
            action = self._done()
            action.action_judge()
        self._spread("2026-10-01", 1)
        self._cron("2026-10-29 08:00:00")
        self.assertEqual(action.state, "effective")
        self._spread("2026-11-01", 8)
        self._cron("2026-11-28 08:00:00")
        self.assertEqual((action.state, action.date_due), ("reopened", date(2026, 12, 28)))
        self.assertIn("It came back: 9 complaints since 2026-09-29", action.sudo().activity_ids.summary)

    # === EXPOSURE === #

    def test_orders_of_a_month_by_its_days(self):
        exposures = self.env["crm.complaint.exposure"]
        exposures.create([{"date": "2026-03-20", "orders": 310}, {"date": "2026-04-01", "orders": 600}])
        self.assertEqual(exposures.search([("orders", "=", 310)]).date, date(2026, 3, 1))
        spans = [(date(2026, 3, 22), date(2026, 4, 11)), (date(2026, 2, 28), date(2026, 3, 2))]
        self.assertEqual(exposures._orders_between(self.company, self.env["product.product"], spans), [100 + 200, None])

    def test_midnight_of_the_company(self):
        self.company.partner_id.tz = "Europe/Bratislava"
        self.assertEqual(self._action()._midnight(date(2026, 7, 1)), datetime(2026, 6, 30, 22))
