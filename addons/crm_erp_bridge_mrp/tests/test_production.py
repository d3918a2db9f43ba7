from datetime import datetime, timedelta

from odoo.addons.crm_erp_bridge_stock.tests.delivery_common import DeliveryCommon
from odoo.fields import Command
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestMadeToOrder(DeliveryCommon):
    """A table that is made of four legs for each order; everything is read as the salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.quick_ref("mrp.group_mrp_manager")
        to_order = cls.env.ref("stock.route_warehouse0_mto")
        to_order.active = True
        to_order.rule_ids.procure_method = "make_to_order"
        make = cls.env.ref("mrp.route_warehouse0_manufacture")
        goods = {"type": "consu", "is_storable": True}
        cls.leg = cls.env["product.product"].create(goods | {"name": "Leg"})
        cls.table = cls.env["product.product"].create(
            goods | {"name": "Table", "list_price": 400, "route_ids": [Command.set((to_order | make).ids)]}
        )
        cls.env["mrp.bom"].create(
            {"product_tmpl_id": cls.table.product_tmpl_id.id,
             "bom_line_ids": [Command.create({"product_id": cls.leg.id, "product_qty": 4})]}
        )  # fmt: skip
        cls.promised = datetime.now().replace(microsecond=0) + timedelta(days=10)
        cls.table_order = cls.env["sale.order"].create(
            {"partner_id": cls.customer.id, "user_id": cls.seller.id, "commitment_date": cls.promised,
             "order_line": [Command.create({"product_id": cls.table.id, "product_uom_qty": 1})]}
        )  # fmt: skip
        cls.table_order.action_confirm()
        cls.line = cls.table_order.order_line
        cls.production = cls.table_order.mrp_production_ids
        cls.table_order.picking_ids.move_ids.date = cls.promised - timedelta(days=1)

    def _plan(self, start, days=1):
        self.production.date_start = start
        self.production.date_finished = start + timedelta(days=days)
        self.env.flush_all()

    def _seen(self):
        """(expected, days late, reason, supply) as the salesperson sees the line."""
        self.env.invalidate_all()
        line = self.line.with_user(self.seller)
        return line.crm_expected_date, line.crm_slip_days, line.crm_slip_reason, line.crm_supply

    def _flow(self):
        self.env.invalidate_all()
        return self.env["crm.order.flow"].with_user(self.seller).search([("order_id", "=", self.table_order.id)])

    def test_made_in_time(self):
        self.env["stock.quant"]._update_available_quantity(self.leg, self.warehouse.lot_stock_id, 4)
        self.production.action_assign()
        self._plan(self.promised - timedelta(days=4))
        self.assertEqual(self._seen(), (self.promised - timedelta(days=1), 0, False, self.production.name))
        self.assertEqual(self._flow().slip_days, 0)

    def test_made_later_than_promised(self):
        self.env["stock.quant"]._update_available_quantity(self.leg, self.warehouse.lot_stock_id, 4)
        self.production.action_assign()
        self._plan(self.promised + timedelta(days=2))
        end = self.promised + timedelta(days=3)
        reason = f"Made with {self.production.name} (Confirmed), expected {end:%m/%d/%Y}."
        self.assertEqual(self._seen(), (end, 3, reason, self.production.name))
        flow = self._flow()
        self.assertEqual((flow.expected_date, flow.slip_days, flow.slip_reason), (end, 3, reason))

    def test_a_missing_component_is_the_reason(self):
        self._plan(self.promised + timedelta(days=2))
        self.assertEqual(
            self._seen()[2],
            f"Made with {self.production.name} (Confirmed), expected {self.promised + timedelta(days=3):%m/%d/%Y}."
            " Leg: 0.0 of 4.0 in stock, nothing is on order.",
        )

    def test_a_component_that_comes_late_moves_the_date(self):
        """The production takes a day; its legs come five days after the promise."""
        self._plan(self.promised - timedelta(days=4))
        comes = self.promised + timedelta(days=5)
        receipt = self.env["stock.move"].create(
            {"product_id": self.leg.id, "product_uom_qty": 4, "date": comes,
             "location_id": self.env.ref("stock.stock_location_suppliers").id,
             "location_dest_id": self.warehouse.lot_stock_id.id, "move_dest_ids": self.production.move_raw_ids.ids,
             "origin": "Truck"}
        )  # fmt: skip
        receipt._action_confirm()
        receipt.date = comes
        expected, days, reason, supply = self._seen()
        self.assertEqual((expected, days), (comes + timedelta(days=1), 6))
        self.assertEqual(supply, self.production.name)
        self.assertIn(f"Waits for Truck, expected {comes:%m/%d/%Y}.", reason)

    def test_made_waits_no_more(self):
        self.env["stock.quant"]._update_available_quantity(self.leg, self.warehouse.lot_stock_id, 4)
        self._plan(self.promised + timedelta(days=2))
        self.production.qty_producing = 1
        self.production.move_raw_ids.write({"quantity": 4, "picked": True})
        self.production.button_mark_done()
        self.assertEqual(self.production.state, "done")
        self.assertEqual(self._seen()[1:], (0, False, False))
        self.assertEqual(self._flow().slip_days, 0)
