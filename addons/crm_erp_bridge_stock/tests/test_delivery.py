from datetime import datetime, timedelta

from odoo.addons.crm_erp_bridge.tests.request_common import RequestCommon
from odoo.tests import tagged

from .delivery_common import DeliveryCommon


@tagged("post_install", "-at_install")
class TestPromise(DeliveryCommon):
    """Promised and expected dates of what is still to be delivered."""

    def _late(self, order, user=None):
        self.env.invalidate_all()
        flow = self.env["crm.order.flow"].with_user(user or self.seller).search([("order_id", "=", order.id)])
        return flow

    def test_in_time(self):
        promised = datetime.now().replace(microsecond=0) + timedelta(days=5)
        order = self._sell(2, commitment_date=promised)
        line = order.order_line.with_user(self.seller)
        self.assertEqual((line.crm_promised_date, line.crm_slip_days, line.crm_slip_reason), (promised, 0, False))
        flow = self._late(order)
        self.assertEqual((flow.promised_date, flow.slip_days, flow.slip_reason), (promised, 0, False))

    def test_planned_later_than_promised(self):
        promised = datetime.now().replace(microsecond=0) + timedelta(days=5)
        order = self._sell(2, commitment_date=promised)
        order.picking_ids.move_ids.date = promised + timedelta(days=3)
        line = order.order_line.with_user(self.seller)
        self.assertEqual((line.crm_slip_days, line.crm_slip_reason[:11]), (3, "Planned for"))
        flow = self._late(order)
        self.assertEqual((flow.slip_days, flow.expected_date - flow.promised_date), (3, timedelta(days=3)))
        self.assertEqual(flow.slip_reason, line.crm_slip_reason)

    def test_why_it_is_late(self):
        """100 ordered, 14 left in stock, nothing on order."""
        order = self._sell(100, commitment_date=datetime.now() + timedelta(days=1))
        order.picking_ids.action_assign()
        order.picking_ids.move_ids.date = datetime.now() + timedelta(days=9)
        self.assertEqual(
            order.order_line.with_user(self.seller).crm_slip_reason,
            "Kettle: 14.0 of 100.0 in stock, nothing is on order.",
        )

    def test_delivered_is_not_late(self):
        flow = self._late(self.order)
        self.assertEqual((flow.promised_date, flow.expected_date, flow.slip_days), (False, False, 0))


@tagged("post_install", "-at_install")
class TestDeliverStep(DeliveryCommon, RequestCommon):
    """A plan that invoices after the delivery."""

    def test_the_plan_waits_for_the_delivery(self):
        request_type = self._type(
            "Goods", "order", ("quotation", "quotation", ""), ("confirm", "confirm", "quotation"),
            ("deliver", "deliver", "confirm"), ("invoice", "invoice", "deliver"),
        )  # fmt: skip
        request = self._request(request_type, (self.kettle, 2))
        request.with_user(self.seller).action_start()
        self.assertEqual(
            self._states(request),
            {"quotation": "done", "confirm": "done", "deliver": "planned", "invoice": "planned"},
        )
        step = request.step_ids.filtered(lambda step: step.key == "deliver")
        order = request.order_ids
        self.assertEqual(step.error, f"{order.name} is not delivered yet.")
        self.assertTrue(step.date_next)
        self._deliver(order)
        self.assertFalse(step.date_next)
        request.sudo()._run()
        self.assertEqual(self._states(request)["deliver"], "done")
        self.assertEqual(self._states(request)["invoice"], "done")
