from odoo.addons.crm_erp_bridge_stock.tests.delivery_common import DeliveryCommon
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestRepair(DeliveryCommon):
    def _repairs(self, remedy):
        return self.env["repair.order"].search([("crm_remedy_id", "=", remedy.id)], order="id")

    def test_repair(self):
        remedy = self._carried_out(self._remedy(kind="repair", amount=0, quantity=2))
        repair = self._repairs(remedy)
        self.assertEqual((remedy.state, remedy.error), ("executing", False))
        self.assertEqual(
            (repair.product_id, repair.product_qty, repair.partner_id, repair.under_warranty),
            (self.kettle, 2, self.customer, True),
        )
        repair.action_validate()
        repair.action_repair_start()
        repair.action_repair_end()
        self.assertEqual((repair.state, remedy.state), ("done", "done"))

    def test_the_agent_has_no_right_on_repairs(self):
        remedy = self._carried_out(self._remedy(kind="repair", amount=0, quantity=1))
        with self.assertRaises(AccessError):
            self._repairs(remedy).with_user(self.agent).read(["name"])

    def test_taken_from_the_return_of_the_complaint(self):
        goods = self._carried_out(self._remedy(kind="return", amount=0, quantity=1))
        repair = self._repairs(self._carried_out(self._remedy(kind="repair", amount=0, quantity=1)))
        self.assertEqual(repair.picking_id.crm_remedy_id, goods)

    def test_once_and_again_after_cancelling(self):
        remedy = self._carried_out(self._remedy(kind="repair", amount=0, quantity=1))
        remedy.action_execute()
        self.assertEqual(len(self._repairs(remedy)), 1)
        self._repairs(remedy).action_repair_cancel()
        self.assertEqual(remedy.state, "failed")
        remedy.action_execute()
        self.assertEqual(self._repairs(remedy).mapped("state"), ["cancel", "draft"])

    def test_which_article(self):
        remedy = self._carried_out(self._remedy(kind="repair", amount=0))
        self.assertEqual((remedy.state, len(self._repairs(remedy))), ("failed", 0))
        self.assertIn("say which one article is repaired", remedy.error)

    def test_sold_by_the_dozen(self):
        """One of the two dozens sold is repaired: twelve kettles."""
        dozen = self.quick_ref("uom.product_uom_dozen")
        values = {"product_id": self.kettle.id, "product_uom_qty": 2, "product_uom_id": dozen.id}
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": [Command.create(values)]}
        )
        order.action_confirm()
        remedy = self._remedy(self._complaint(order=order), kind="repair", amount=0, quantity=1)
        repair = self._repairs(self._carried_out(remedy))
        self.assertEqual((repair.product_qty, repair.product_uom), (12, self.kettle.uom_id))

    def test_again_after_deleting(self):
        remedy = self._carried_out(self._remedy(kind="repair", amount=0, quantity=1))
        self._repairs(remedy).unlink()
        self.assertEqual((remedy.state, remedy.error), ("failed", "The repair was deleted."))
        remedy.action_execute()
        self.assertEqual(self._repairs(remedy).mapped("state"), ["draft"])
