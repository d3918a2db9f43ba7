from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import order_flow
from .crm_order_flow import AMOUNTS


class CrmOrderFlow(models.Model):
    """What accountants ask of an order besides its amounts: what it brings, and how long its money is overdue."""

    _inherit = "crm.order.flow"

    company_amount_margin = fields.Monetary(
        string="Margin (company currency)", currency_field="company_currency_id", readonly=True, prefetch="margin",
        help="Without taxes, less the goods at today's cost price.",
    )  # fmt: skip
    date_due = fields.Date(
        string="Due since", readonly=True, prefetch=AMOUNTS, help="Due date of the oldest open invoice."
    )
    age = fields.Selection(
        [("not_due", "Not Due"), ("30", "1-30 Days"), ("60", "31-60 Days"), ("90", "61-90 Days"),
         ("older", "Over 90 Days")],
        string="Overdue for", readonly=True, prefetch=AMOUNTS,
    )  # fmt: skip

    _depends = {
        "product.product": ["product_tmpl_id", "standard_price"],
        "product.template": ["uom_id"],
        "sale.order.line": ["price_subtotal", "product_id", "product_uom_id"],
        "uom.uom": ["factor"],
    }

    @api.model
    def _joins(self):
        return SQL("%s LEFT JOIN LATERAL (%s) margin ON TRUE", super()._joins(), order_flow.margin())

    @api.model
    def _columns(self):
        margin = order_flow.rounded(SQL("margin.amount"), SQL("company_currency.rounding"))
        return super()._columns() | {
            "date_due": SQL("billing.date_due"),
            "age": order_flow.age(fields.Date.context_today(self)),
            "company_amount_margin": SQL(
                "CASE WHEN sale_order.state = 'cancel' THEN 0 ELSE COALESCE(%s, 0) END", margin
            ),
        }
