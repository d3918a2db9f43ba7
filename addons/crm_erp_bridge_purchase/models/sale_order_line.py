from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class SaleOrderLine(models.Model):
    """Services that are bought for a line."""

    _inherit = "sale.order.line"

    @api.depends("purchase_line_ids.date_planned", "purchase_line_ids.qty_received", "purchase_line_ids.state")
    def _compute_crm_delivery(self):
        return super()._compute_crm_delivery()

    def _crm_bought_services(self):
        """Purchases of a service still to come; those of goods are found by their transfers."""
        if self.product_id.type != "service" or self.qty_delivered >= self.product_uom_qty:
            return self.env["purchase.order.line"]
        return self.purchase_line_ids._crm_still_to_come()

    @api.model
    def _crm_to_deliver_domain(self):
        """Services too that are bought and not delivered; "any!": who sells needs no right on purchases."""
        bought = Domain("purchase_line_ids", "any!", [("state", "!=", "cancel")]) & Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "COALESCE(%s, 0) < %s", SQL.identifier(alias, "qty_delivered"), SQL.identifier(alias, "product_uom_qty")
            )
        )
        return super()._crm_to_deliver_domain() | Domain("product_id.type", "=", "service") & bought

    def _crm_waits_without_moves(self):
        lines = self._crm_bought_services()
        return super()._crm_waits_without_moves() + ([lines._crm_wait()] if lines else [])

    def _crm_supply_names(self, moves):
        return super()._crm_supply_names(moves) + self._crm_bought_services().order_id.mapped("name")
