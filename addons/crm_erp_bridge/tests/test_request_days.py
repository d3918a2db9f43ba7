"""Days that people name, where the company is."""

from datetime import datetime

from freezegun import freeze_time

from odoo.tests import tagged

from .test_work import WorkCommon


@tagged("post_install", "-at_install")
class TestRequestDays(WorkCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "America/New_York"

    @freeze_time("2026-05-04 15:00:00")
    def _given(self):
        self.work_type.plan_ids[0].write({"days": 2, "user_id": self.worker.id})
        request = self._request(self.work_type)
        request.action_start()
        return request.task_ids

    def _reported(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["crm.work.report"].search([("task_id", "=", self.task.id)]).outcome

    def test_done_on_the_last_day_is_in_time(self):
        """The day ends at midnight in New York, which is four in the morning of the next day in Greenwich."""
        self.task = self._given()
        self.assertEqual(self.task.date_deadline, datetime(2026, 5, 7, 3, 59, 59))
        with freeze_time("2026-05-07 02:00:00"):
            self.task.with_user(self.worker).state = "1_done"
        self.assertEqual(self._reported(), "in_time")

    def test_done_on_the_day_after_is_late(self):
        self.task = self._given()
        with freeze_time("2026-05-07 14:00:00"):
            self.task.with_user(self.worker).state = "1_done"
        self.assertEqual(self._reported(), "done_late")

    def test_work_due_on_the_last_day_counts_as_load(self):
        self.task = self._given()
        self.task.allocated_hours = 6
        loads = [
            self.env["crm.request.step"]._dispatch_load(self.worker, day)[self.worker.id]
            for day in (datetime(2026, 5, 5).date(), datetime(2026, 5, 6).date())
        ]
        self.assertEqual(loads, [0, 6])

    def test_the_promised_day_is_the_day_on_the_order(self):
        """Noon in New York; midnight in Greenwich would be the evening before there."""
        request = self._request(self.order_type, (self.service, 1), date_promised="2026-12-31")
        request.action_start()
        self.assertEqual(request.order_ids.commitment_date, datetime(2026, 12, 31, 17))
