from odoo.addons.crm_erp_bridge.tests.remedy_common import RemedyCommon
from odoo.fields import Command


class DeliveryCommon(RemedyCommon):
    """Six kettles at 100 + 15 %, each at a cost of 40, delivered by quantity and invoiced; twenty in stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.quick_ref("stock.group_stock_manager")
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.kettle = cls.env["product.product"].create(
            {
                "name": "Kettle",
                "type": "consu",
                "is_storable": True,
                "invoice_policy": "delivery",
                "list_price": 100,
                "standard_price": 40,
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
        )
        cls._stock(20)
        cls.order = cls._sell(6)
        cls._deliver(cls.order)
        cls.invoice = cls._invoice(cls.order)
        cls.complaint = cls._complaint()

    @classmethod
    def _stock(cls, quantity):
        cls.env["stock.quant"]._update_available_quantity(cls.kettle, cls.warehouse.lot_stock_id, quantity)

    @classmethod
    def _sell(cls, quantity, **values):
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "user_id": cls.seller.id,
                "order_line": [Command.create({"product_id": cls.kettle.id, "product_uom_qty": quantity})],
            }
            | values
        )
        order.action_confirm()
        return order

    @classmethod
    def _deliver(cls, document):
        """Do all open transfers of an order, or one transfer."""
        pickings = document if document._name == "stock.picking" else document.picking_ids
        for picking in pickings.filtered(lambda picking: picking.state not in ("done", "cancel")):
            picking.action_assign()
            for move in picking.move_ids:
                move.quantity = move.product_uom_qty
                move.picked = True
            picking._action_done()
