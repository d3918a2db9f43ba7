from datetime import timedelta
from itertools import count
from unittest.mock import patch

from odoo import fields
from odoo.addons.crm_rfm.tests.test_action import ActionCommon
from odoo.addons.crm_rfm.tools import uplift
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestActionMeasured(ActionCommon):
    """What counts as an effect, and what becomes of the entries."""

    def _create_split_action(self, **values):
        """An action with customers in both groups."""
        groups = ({uplift.in_control(str(salt), id_, 50) for id_ in self.customers.ids} for salt in count())
        salt = next(salt for salt, arms in enumerate(groups) if len(arms) == 2)
        return self._create_action(control_percent=50, salt=str(salt), **values)

    def _figures(self, line):
        return line.state, line.bought_on, line.revenue

    @mute_logger("odoo.addons.crm_rfm.models.crm_rfm_action_run")
    def test_action_that_fails_does_not_stop_the_others(self):
        broken, other = self._create_action(name="Broken"), self._create_action(name="Other")
        (broken + other).sudo().state = "running"
        run = type(broken)._run

        def fail(action, today):
            run(action, today)
            if action == broken:
                raise ValueError("no such thing")

        with patch.object(type(broken), "_run", fail), self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_actions").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(broken.line_ids)
        self.assertEqual(len(other.line_ids), 12)
        self.assertIn("could not be run: no such thing", broken.message_ids[0].body)

    def test_window_of_the_model_does_not_matter(self):
        """An effect stays when its day leaves the window, or the window is made shorter."""
        self.rfm.write({"window_value": 60, "window_unit": "day"})
        action = self._create_action(horizon_days=60)
        entered = self.today - timedelta(days=61)
        action.sudo().state = "running"
        action.sudo()._enter(entered)
        self._insert_documents([self._invoice_row(self.customers[0].id, entered, 500)])
        line = self._line(action, self.customers[0])
        for day in (self.today - timedelta(days=1), self.today):
            action.sudo()._settle(day)
            self.assertEqual(self._figures(line), ("bought", entered, 500))
        self.rfm.write({"window_value": 1, "window_unit": "month"})
        action.sudo()._settle(self.today)
        self.assertEqual(self._figures(line), ("bought", entered, 500))
        self.assertEqual([len(ids) for ids in line._get_document_ids()], [1, 1])

    def test_nothing_again_while_something_is_open(self):
        """Who is still to be contacted does not enter again; of the control group nothing is open."""
        action = self._create_split_action(repeat_days=1, daily_cap=1)
        action.action_start()
        tomorrow = self.today + timedelta(days=1)
        first = action.sudo().line_ids
        control = first.filtered(lambda line: line.arm == "control")
        action.sudo()._run(tomorrow)
        again = action.sudo().line_ids - first
        self.assertEqual(again.partner_id, control.partner_id)
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "in", self.customers.ids)]
        )
        self.assertEqual(len(activities), len(set(activities.mapped("res_id"))))

    def test_deleted_activity_is_no_contact(self):
        action = self._create_action()
        action.action_start()
        cancelled, done, still = (self._line(action, self.customers[index]) for index in (11, 10, 9))
        cancelled.activity_id.with_user(self.seller).action_cancel()
        done.activity_id.action_feedback(feedback="Talked")
        # long after the measured days too
        (cancelled + done).entered_on = self.today - timedelta(days=200)
        action.action_run()
        self.assertEqual((cancelled.state, cancelled.reason), ("refused", "The activity was cancelled."))
        self.assertEqual((done.state, done.reason), ("done", False))
        self.assertEqual((still.state, still.activity_id.active), ("planned", True))

    def test_purchase_before_the_entry_is_no_effect(self):
        """Of the day of entry only what came after that moment counts, for both groups."""
        now = fields.Datetime.now()
        early, late = now - timedelta(minutes=1), now + timedelta(minutes=1)
        self._insert_documents(
            [self._invoice_row(partner.id, self.today, 999, create_date=early) for partner in self.customers]
        )
        action = self._create_split_action()
        action.action_start()
        lines = action.sudo().line_ids
        self.assertEqual(set(lines.mapped("arm")), {"treated", "control"})
        self.assertEqual({self._figures(line)[1:] for line in lines}, {(False, 0)})
        self.assertNotIn("bought", lines.mapped("state"))
        self._insert_documents(
            [self._invoice_row(partner.id, self.today, 20, create_date=late) for partner in self.customers]
        )
        action.action_run()
        self.assertEqual({self._figures(line) for line in lines}, {("bought", self.today, 20)})
        self.assertEqual([len(ids) for ids in lines[0]._get_document_ids()], [1, 1])

    def test_orders_count_from_when_they_are_confirmed(self):
        model = self._create_model(name="Orders", source="order", shown_on_partner=False)
        now = fields.Datetime.now()
        order = self.env["sale.order"].create({"partner_id": self.customers[0].id, "company_id": self.company.id})
        order.action_confirm()
        early, late = now - timedelta(minutes=1), now + timedelta(minutes=1)
        rows = [
            {"name": name, "partner_id": self.customers[0].id, "date_order": moment, "amount_untaxed": amount,
             "create_date": early}
            for name, moment, amount in (("Before", early, 999), ("After", late, 20))
        ]  # fmt: skip
        self._insert_documents(rows, order, "sale_order")
        model.with_user(self.manager).action_compute()
        action = self._create_action(model_id=model.id, to_segment_ids=self.env["crm.rfm.segment"].search([]).ids)
        action.action_start()
        line = self._line(action, self.customers[0])
        self.assertEqual(self._figures(line), ("bought", self.today, 20))
