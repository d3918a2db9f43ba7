from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # Down payments are few: find their invoices without reading all order lines.
    _crm_rfm_downpayment_idx = models.Index("(order_id) WHERE is_downpayment")
