from odoo import models


class StockMove(models.Model):
    """Deliveries that wait for a purchase."""

    _inherit = "stock.move"

    def _crm_read_chain(self):
        chain = super()._crm_read_chain()
        lines = chain.purchase_line_id | chain.created_purchase_line_ids
        lines.mapped("product_uom_id.rounding")
        lines.order_id.partner_id.mapped("display_name")
        return chain

    def _crm_purchase_lines(self):
        """Purchases behind a delivery (made to order, in one step or several, or sent by the vendor) still to come."""
        chain = self | self._crm_open_origins()
        return (chain.purchase_line_id | chain.created_purchase_line_ids)._crm_still_to_come()

    def _crm_supply_names(self):
        return super()._crm_supply_names() + self._crm_purchase_lines().order_id.mapped("name")

    def _crm_waits_for(self):
        lines = self._crm_purchase_lines()
        return lines._crm_wait() if lines else super()._crm_waits_for()
