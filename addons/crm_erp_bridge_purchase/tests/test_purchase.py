from ast import literal_eval
from datetime import datetime, timedelta

from odoo.addons.crm_erp_bridge_stock.tests.delivery_common import DeliveryCommon
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestBoughtToOrder(DeliveryCommon):
    """A lamp that is bought from Lumen for each order; everything is read as the salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.quick_ref("purchase.group_purchase_manager")
        to_order = cls.env.ref("stock.route_warehouse0_mto")
        to_order.active = True
        to_order.rule_ids.procure_method = "make_to_order"
        buy = cls.env.ref("purchase_stock.route_warehouse0_buy")
        cls.vendor = cls.env["res.partner"].create({"name": "Lumen"})
        seller = [Command.create({"partner_id": cls.vendor.id, "price": 30, "delay": 2})]
        cls.lamp = cls.env["product.product"].create(
            {"name": "Lamp", "type": "consu", "is_storable": True, "list_price": 80, "seller_ids": seller,
             "route_ids": [Command.set((to_order | buy).ids)]}
        )  # fmt: skip
        cls.promised = datetime.now().replace(microsecond=0) + timedelta(days=10)
        cls.lamp_order = cls._sell_product(cls.lamp)
        cls.line = cls.lamp_order.order_line
        cls.purchase = cls.env["purchase.order.line"].search([("product_id", "=", cls.lamp.id)]).order_id

    @classmethod
    def _sell_product(cls, product, quantity=2):
        order = cls.env["sale.order"].create(
            {"partner_id": cls.customer.id, "user_id": cls.seller.id, "commitment_date": cls.promised,
             "order_line": [Command.create({"product_id": product.id, "product_uom_qty": quantity})]}
        )  # fmt: skip
        order.action_confirm()
        return order

    def _seen(self, line=None):
        """(promised, expected, days late, reason, supply) as the salesperson sees the line."""
        self.env.invalidate_all()
        line = (line or self.line).with_user(self.seller)
        return (line.crm_promised_date, line.crm_expected_date, line.crm_slip_days, line.crm_slip_reason,
                line.crm_supply)  # fmt: skip

    def _flow(self, order):
        self.env.invalidate_all()
        return self.env["crm.order.flow"].with_user(self.seller).search([("order_id", "=", order.id)])

    def _plan(self, date):
        self.purchase.order_line.date_planned = date
        self.env.flush_all()

    def test_bought_in_time(self):
        self._plan(self.promised - timedelta(days=3))
        promised, expected, late, reason, supply = self._seen()
        self.assertEqual((promised, late, reason, supply), (self.promised, 0, False, self.purchase.name))
        self.assertLessEqual(expected, self.promised)

    def test_a_request_for_quotation_is_no_order_yet(self):
        late = self.promised + timedelta(days=4)
        self._plan(late)
        day = late.strftime("%m/%d/%Y")
        self.assertEqual(
            self._seen(),
            (self.promised, late, 4,
             f"To be bought with {self.purchase.name} from Lumen, which is not ordered yet; planned for {day}.",
             self.purchase.name),
        )  # fmt: skip

    def test_ordered_and_late(self):
        self.purchase.button_confirm()
        late = self.promised + timedelta(days=6)
        self._plan(late)
        self.lamp_order.picking_ids.move_ids.date = self.promised - timedelta(days=1)
        _promised, expected, days, reason, supply = self._seen()
        day = late.strftime("%m/%d/%Y")
        self.assertEqual(
            (expected, days, reason),
            (late, 6, f"Bought with {self.purchase.name} from Lumen, expected {day}."),
        )
        self.assertEqual(supply, f"{self.purchase.picking_ids.name}, {self.purchase.name}")
        flow = self._flow(self.lamp_order)
        self.assertEqual((flow.expected_date, flow.slip_days, flow.slip_reason), (late, 6, reason))

    def test_received_waits_no_more(self):
        self.purchase.button_confirm()
        self._plan(self.promised + timedelta(days=6))
        self._deliver(self.purchase.picking_ids)
        self.lamp_order.picking_ids.move_ids.date = self.promised - timedelta(days=1)
        _promised, _expected, days, reason, supply = self._seen()
        self.assertEqual((days, reason, supply), (0, False, False))
        self.assertEqual(self._flow(self.lamp_order).slip_days, 0)

    def test_a_cancelled_purchase_is_not_waited_for(self):
        self.purchase.button_cancel()
        self.assertNotIn(self.purchase.name, self._seen()[4] or "")

    def test_a_service_that_is_bought(self):
        service = self.env["product.product"].create(
            {"name": "Crane", "type": "service", "service_to_purchase": True,
             "seller_ids": [Command.create({"partner_id": self.vendor.id, "price": 30})]}
        )  # fmt: skip
        order = self._sell_product(service, 1)
        late = self.promised + timedelta(days=1)
        order.order_line.purchase_line_ids.date_planned = late
        name = order.order_line.purchase_line_ids.order_id.name
        day = late.strftime("%m/%d/%Y")
        self.assertEqual(
            self._seen(order.order_line),
            (self.promised, late, 1,
             f"To be bought with {name} from Lumen, which is not ordered yet; planned for {day}.", name),
        )  # fmt: skip
        listed = self.env.ref("crm_erp_bridge_stock.sale_order_line_action_delivery").domain
        self.assertIn(order.order_line, self.env["sale.order.line"].with_user(self.seller).search(literal_eval(listed)))

    def test_the_salesperson_has_no_right_on_purchases(self):
        with self.assertRaises(AccessError):
            self.purchase.with_user(self.seller).read(["name"])

    def test_queries_do_not_grow_with_the_lines(self):
        counts = []
        for size in (2, 2, 20):  # the first one fills caches that stay
            orders = [self._sell_product(self.lamp) for _number in range(size)]
            lines = self.env["sale.order.line"].union(*[order.order_line for order in orders])
            self.env.flush_all()
            self.env.invalidate_all()
            lines = lines.with_user(self.seller).with_prefetch(lines.ids)
            before = self.cr.sql_log_count
            lines.mapped("crm_slip_reason")
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
