from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import ComplaintsCommon

QUIET = (2, 3, 2, 3, 2, 3)  # January to June


@tagged("post_install", "-at_install")
class TestChart(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.cause = cls.env["crm.complaint.cause"].create({"name": "Packing"})
        cls.env["crm.complaint.exposure"].search([]).unlink()
        cls._months(1, *QUIET)
        cls.chart = (
            cls.env["crm.complaint.chart"]
            .with_user(cls.lead)
            .create({"name": "Packing", "cause_id": cls.cause.id, "date_from": "2026-01-01", "user_id": cls.lead.id})
        )

    @classmethod
    def _months(cls, first, *counts):
        for month, count in enumerate(counts, first):
            for day in range(1, count + 1):
                moment = f"2026-{month:02}-{day:02} 10:00:00"
                with freeze_time(moment):
                    cls._complaint(cause_id=cls.cause.id, date_received=moment)

    def _cron(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("crm_complaints.ir_cron_signals").method_direct_trigger()
        self.env.invalidate_all()

    def _freeze(self):
        with freeze_time("2026-07-05 08:00:00"):
            self.chart.action_freeze()

    def test_points_limits_and_unit(self):
        with freeze_time("2026-07-05 08:00:00"):
            self.chart.invalidate_recordset()
            data = self.chart.data
        self.assertEqual(data["counts"], list(QUIET))
        self.assertEqual((data["unit"], data["center"], data["notes"]), ("per month", 2.5, {}))
        # ranges of one complaint: 1 / sqrt(2.5) / 1.128 wide
        self.assertAlmostEqual(data["upper"][0], 2.5 + 3 / 1.128)
        self.assertEqual(data["lower"][0], max(0.0, 2.5 - 3 / 1.128))

    def test_per_thousand_orders(self):
        self.env["crm.complaint.exposure"].create(
            [{"date": f"2026-0{month}-01", "orders": 500} for month in range(1, 7)]
        )
        with freeze_time("2026-07-05 08:00:00"):
            self.chart.invalidate_recordset()
            data = self.chart.data
        self.assertEqual((data["unit"], data["center"], data["values"][0]), ("per 1,000 orders", 5.0, 4.0))

    def test_the_running_month_is_not_counted(self):
        self._months(7, 9)
        with freeze_time("2026-07-31 08:00:00"):
            self.chart.invalidate_recordset()
            self.assertEqual(len(self.chart.data["values"]), 6)

    def test_the_baseline_is_frozen(self):
        """A rise does not become usual by itself."""
        self._freeze()
        self.assertEqual((self.chart.date_frozen, self.chart.center), (date(2026, 6, 1), 2.5))
        self._months(7, 6, 6, 6)
        with freeze_time("2026-10-05 08:00:00"):
            self.chart.invalidate_recordset()
            data = self.chart.data
        self.assertEqual(data["center"], 2.5)
        self.assertEqual(sorted(data["notes"]), ["6", "7", "8"])

    def test_a_signal_is_told_once_and_reopens_the_action(self):
        self._freeze()
        with freeze_time("2026-07-02 08:00:00"):
            action = self.env["crm.complaint.action"].create(
                {"name": "Cardboard", "cause_id": self.cause.id, "date_due": "2026-05-01", "user_id": self.clerk.id}
            )
        action._write_step({"state": "effective", "date_done": "2026-05-01", "date_check": "2026-06-30"})
        self._months(7, 6)
        self._cron("2026-08-01 08:00:00")
        self._cron("2026-08-02 08:00:00")
        signal = self.chart.signal_ids
        self.assertEqual((signal.date, signal.rule, signal.up), (date(2026, 7, 1), "beyond", True))
        self.assertEqual(self.chart.sudo().activity_ids.mapped("user_id"), self.lead)
        self.assertEqual(len(self.chart.sudo().activity_ids), 1)
        self.assertEqual(action.state, "reopened")
        self.assertEqual(self.chart.signal_count, 1)

    def test_who_was_to_be_told_has_left(self):
        self._freeze()
        self.chart.user_id = self.other
        self.other.active = False
        self._months(7, 6)
        self._cron("2026-08-01 08:00:00")
        self.assertEqual(self.chart.sudo().activity_ids.user_id, self.lead, "who made it")

    def test_a_month_whose_orders_are_not_known_yet_waits(self):
        """Two complaints in a month are no alarm because the orders are noted on the third of the next."""
        exposures = self.env["crm.complaint.exposure"]
        exposures.create([{"date": f"2026-0{month}-01", "orders": 10_000} for month in range(1, 7)])
        self._freeze()
        self.assertEqual((self.chart.unit, self.chart.center), ("orders", 0.25))
        self._months(7, 2)
        self._cron("2026-08-01 08:00:00")
        self.assertFalse(self.chart.signal_ids)
        exposures.create({"date": "2026-07-01", "orders": 1_000})
        self._cron("2026-08-03 08:00:00")
        self.assertEqual(self.chart.signal_ids.mapped("rule"), ["beyond"])
        with freeze_time("2026-08-03 09:00:00"):
            self.chart.invalidate_recordset()
            self.assertEqual((self.chart.data["counts"][-1], self.chart.data["values"][-1]), (2, 2.0))

    def test_fewer_complaints_alarm_nobody(self):
        self._freeze()
        self._cron("2027-03-01 08:00:00")  # eight months without one
        self.assertTrue(self.chart.signal_ids)
        self.assertFalse(any(self.chart.signal_ids.mapped("up")))
        self.assertFalse(self.chart.sudo().activity_ids)

    def test_too_few_months(self):
        with freeze_time("2026-06-05 08:00:00"), self.assertRaisesRegex(UserError, "at least 6 complete months"):
            self.chart.action_freeze()
        self.assertFalse(self.chart.date_frozen)

    def test_a_clerk_sees_numbers_of_cases_closed_to_him(self):
        with freeze_time("2026-07-05 08:00:00"):
            self.env.invalidate_all()
            self.assertEqual(self.chart.with_user(self.other).data["counts"], list(QUIET))
        with self.assertRaises(AccessError):
            self.chart.with_user(self.other).action_freeze()
        with self.assertRaises(AccessError):
            self.chart.with_user(self.ana_user).read(["name"])

    def test_as_many_queries_for_six_months_as_for_sixty(self):
        def queries(start):
            self.chart.date_from = start
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.chart._chart_data()
            return self.env.cr.sql_log_count - before

        with freeze_time("2026-07-05 08:00:00"):
            queries("2026-01-01")
            self.assertEqual(queries("2026-01-01"), queries("2021-07-01"))
