from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
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

    def test_sold_by_the_dozen(self):
        """One dozen of two comes back: twelve kettles, as they were delivered."""
        self._stock(20)
        dozens = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.kettle.id,
                            "product_uom_qty": 2,
                            "product_uom_id": self.quick_ref("uom.product_uom_dozen").id,
                        }
                    )
                ],
            }
        )
        dozens.action_confirm()
        self._deliver(dozens)
        remedy = self._remedy(self._complaint(order=dozens), kind="return", amount=0, quantity=1)
        picking = self._returns(self._carried_out(remedy))
        move = picking.move_ids
        self.assertEqual(move.product_uom._compute_quantity(move.product_uom_qty, self.kettle.uom_id), 12)
        more = self._remedy(remedy.complaint_id, kind="return", amount=0, quantity=2)
        self.assertEqual(self._carried_out(more).state, "failed")
        self.assertIn("only 1.0 of 2.0 were delivered", more.error)

    def test_done_when_the_rest_is_cancelled(self):
        """Two of three came back, the third will not: nothing is waited for any more."""
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=3))
        picking = self._returns(remedy)
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking._action_done()
        self.assertEqual(remedy.state, "executing")
        (self._returns(remedy) - picking).action_cancel()
        self.assertEqual(remedy.state, "done")

    def test_a_deleted_return_is_made_again(self):
        remedy = self._carried_out(self._remedy(kind="return", amount=0, quantity=1))
        self._returns(remedy).unlink()
        self.assertEqual((remedy.state, remedy.error), ("failed", "The transfer was deleted."))
        remedy.action_execute()
        self.assertEqual(self._returns(remedy).move_ids.product_uom_qty, 1)


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


@tagged("post_install", "-at_install")
class TestDeliveryInPortal(DeliveryCommon):
    def test_customers_do_not_read_where_their_goods_come_from(self):
        order = self._sell(50)
        portal = new_test_user(
            self.env, "delivery_buyer", groups="base.group_portal", company_id=self.company.id, name="Buyer"
        )
        order.sudo().write({"partner_id": portal.partner_id.id})
        line = order.order_line.with_user(portal)
        self.assertEqual(line.read(["product_uom_qty"])[0]["product_uom_qty"], 50)
        for name in ("crm_supply", "crm_slip_reason", "crm_slip_days", "crm_expected_date", "crm_promised_date"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                line.read([name])
