from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .request_common import RequestCommon

OPERATIONS = st.sampled_from(
    ["start", "run", "do", "retry", "confirm order", "invoice order"]
    + ["break quotation", "break confirm", "break invoice"]
)


@tagged("post_install", "-at_install")
class TestRequestIdempotence(RequestCommon):
    """Whatever people and jobs do in whatever order, with errors in between: one of each, all done in the end."""

    @contextmanager
    def _rolled_back(self):
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    @contextmanager
    def _broken(self, kind):
        """The real handler does its work, then something goes wrong, as an error of the database would."""
        steps = type(self.env["crm.request.step"])
        handler = getattr(steps, f"_handle_{kind}")

        def broken(records):
            handler(records)
            records.env.flush_all()
            raise UserError(records.env._("Out of paper"))

        with patch.object(steps, f"_handle_{kind}", broken):
            yield

    def _apply(self, request, operation):
        verb, _space, what = operation.partition(" ")
        if verb == "break":
            before = self._made(request)
            with self._broken(what):
                request._run()
            if self._states(request).get(what) == "failed":
                # what went well before it may have been added, of the broken kind nothing
                self.assertEqual(self._made(request)[what], before[what])
        elif what == "order":
            for order in request.order_ids.filtered(lambda order: verb == "invoice" or order.state == "draft"):
                if verb == "confirm":
                    order.action_confirm()
                elif order.invoice_status == "to invoice":
                    order._create_invoices()
        elif verb == "do":
            for step in request.step_ids.filtered("is_ready"):
                step.action_do()
        elif verb == "retry":
            request.step_ids.action_retry_all()
        else:
            getattr(request, f"action_{verb}")()

    def _made(self, request):
        orders = request.order_ids
        return {
            "quotation": len(orders),
            "confirm": len(orders.filtered(lambda order: order.state == "sale")),
            "invoice": len(orders.invoice_ids),
        }

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(OPERATIONS, max_size=7), st.booleans())
    def test_any_history_ends_with_one_of_each(self, operations, automatic):
        with self._rolled_back():
            kind = self.order_type if automatic else self.quotation_type
            request = self._request(kind, (self.service, 2))
            for operation in operations:
                self._apply(request, operation)
                self.assertLessEqual(max(self._made(request).values()), 1, operations)
            for _round in range(4):
                for operation in ("start", "retry", "run", "do"):
                    self._apply(request, operation)
            self.assertEqual(request.phase, "done", operations)
            self.assertEqual(self._made(request), {"quotation": 1, "confirm": 1, "invoice": 1}, operations)
            self.assertEqual(set(self._states(request).values()), {"done"})
            events = self.env["crm.outbox"].search([("subject", "=", request.code)])
            self.assertEqual(sorted(event.data["step"] for event in events), ["confirm", "invoice", "quotation"])
            documents = {step.key: (step.res_model, step.res_id) for step in request.step_ids}
            self._apply(request, "run")
            self.assertEqual({step.key: (step.res_model, step.res_id) for step in request.step_ids}, documents)

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(1, 6), st.permutations(range(6)))
    def test_chunks_and_order_change_no_amount(self, size, numbers):
        with self._rolled_back():
            requests = self.env["crm.request"]
            for quantity in range(1, 7):
                requests += self._request(self.order_type, (self.service, quantity))
            requests._start()
            shuffled = requests.browse([requests.ids[number] for number in numbers])
            for start in range(0, 6, size):
                shuffled[start : start + size]._run()
            self.assertEqual(
                requests.mapped(lambda request: request.order_ids.invoice_ids.amount_total),
                [115 * quantity for quantity in range(1, 7)],
            )

    def test_the_invoice_of_the_plan_deducts_down_payments(self):
        """30 of 100 were invoiced in advance: the plan invoices 70, as the button of the order does."""
        self.order_type.plan_ids.filtered(lambda plan: plan.kind == "invoice").automatic = False
        request = self._request(self.order_type, (self.service, 1))
        request.action_start()
        order = request.order_ids
        wizards = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        wizards.create({"advance_payment_method": "percentage", "amount": 30}).create_invoices()
        order.invoice_ids.action_post()
        step = request.step_ids.filtered(lambda step: step.kind == "invoice")
        step.with_user(self.seller).action_do()
        self.assertEqual((step.state, step.error), ("done", False))
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_untaxed")), [30, 70])
