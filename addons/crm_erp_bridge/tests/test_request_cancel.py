"""Cancelling a request: what binds and what is dropped counts, whoever sees it."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestRequestCancel(RequestCommon):
    def _of_a_colleague(self, automatic):
        """A request of the seller whose order has been given to a colleague, so that the seller does not see it."""
        self.order_type.plan_ids[1].automatic = automatic
        self.order_type.plan_ids[2].automatic = False
        request = self._request(self.order_type, (self.service, 1))
        request.action_start()
        order = request.order_ids
        order.user_id = self.colleague
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(order.with_user(self.seller).has_access("read"))
        return request, order

    def test_an_order_of_a_colleague_is_binding_too(self):
        request, order = self._of_a_colleague(automatic=True)
        with self.assertRaisesRegex(UserError, f"{order.name} is binding already"):
            request.with_user(self.seller).action_cancel()
        self.assertEqual((request.phase, order.state), ("in_progress", "sale"))

    def test_a_quotation_of_a_colleague_is_dropped_too(self):
        request, order = self._of_a_colleague(automatic=False)
        request.with_user(self.seller).action_cancel()
        self.assertEqual((request.phase, order.state), ("cancelled", "cancel"))
