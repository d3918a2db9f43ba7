from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .delivery_common import DeliveryCommon


@tagged("post_install", "-at_install")
class TestRemedyReturn(DeliveryCommon):
    def _returns(self, remedy):
        return self.env["stock.picking"].search([("crm_remedy_id", "=", remedy.id)])

    def test_return(self):
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=2))
        picking = self._returns(remedy)
        self.assertEqual((remedy.state, remedy.error, remedy.result_label), ("executing", False, picking.name))
        self.assertEqual(
            (picking.return_id, picking.move_ids.product_id, picking.move_ids.product_uom_qty),
            (self.order.picking_ids - picking, self.kettle, 2),
        )
        self.assertEqual(picking.location_dest_id, self.warehouse.lot_stock_id)
        self._deliver(picking)
        self.assertEqual(remedy.state, "done")

    def test_the_agent_has_no_right_on_transfers(self):
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=2))
        self.assertEqual(remedy.state, "executing")
        with self.assertRaises(AccessError):
            self._returns(remedy).with_user(self.agent).read(["name"])

    def test_returned_and_credited_is_not_credited_again(self):
        """Odoo would lower the delivered quantity and credit the two kettles once more with the next invoice."""
        goods = self._carried_out(self._remedy(kind="return", amount=0, quantity=2))
        money = self._carried_out(self._remedy(quantity=2))
        self._deliver(self._returns(goods))
        self.env["account.move"].search([("crm_remedy_id", "=", money.id)]).action_post()
        line = self.order.order_line
        self.assertEqual((line.qty_delivered, line.qty_invoiced, line.qty_to_invoice), (6, 6, 0))
        self.assertEqual((goods.state, money.state, self.order.invoice_status), ("done", "done", "invoiced"))

    def test_no_more_than_was_delivered_and_not_returned(self):
        self._carried_out(self._remedy(kind="return", amount=0, quantity=5))
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=2))
        self.assertEqual(remedy.state, "failed")
        self.assertIn("only 1.0 of 2.0 were delivered and not yet returned", remedy.error)
        self.assertFalse(self._returns(remedy))

    def test_once(self):
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=1))
        remedy.action_execute()
        picking = self._returns(remedy)
        self.assertEqual(len(picking), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            picking.copy({"return_id": picking.return_id.id}).crm_remedy_id = remedy
            self.env.flush_all()

    def test_a_cancelled_return_is_made_again(self):
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=1))
        self._returns(remedy).action_cancel()
        self.assertEqual(remedy.state, "failed")
        remedy.action_execute()
        self.assertEqual(sorted(self._returns(remedy).mapped("state")), ["assigned", "cancel"])

    def test_the_rest_of_a_return_counts(self):
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=3))
        picking = self._returns(remedy)
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking._action_done()
        self.assertEqual((remedy.state, len(self._returns(remedy))), ("executing", 2))
        self._deliver(self._returns(remedy) - picking)
        self.assertEqual(remedy.state, "done")


@tagged("post_install", "-at_install")
class TestRemedyReplacement(DeliveryCommon):
    def test_done_when_delivered(self):
        self.company.crm_remedy_confirm = True
        remedy = self._carried_out(self._remedy(kind="replacement", amount=100, quantity=1))
        order = self.env["sale.order"].search([("crm_remedy_id", "=", remedy.id)])
        self.assertEqual((order.state, order.delivery_status, remedy.state), ("sale", "pending", "executing"))
        self._deliver(order)
        self.assertEqual((order.delivery_status, remedy.state), ("full", "done"))
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (0, "invoiced"))
        self.assertEqual(self.complaint.remedy_cost, 40)
