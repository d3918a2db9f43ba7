from odoo import models

REVENUE_FIELDS = frozenset({"opportunity_id", "order_line", "currency_id", "pricelist_id", "date_order", "state"})
"""What changes the revenue of an opportunity when it is written on an order."""


class SaleOrder(models.Model):
    """Tells the opportunity what was sold."""

    _inherit = "sale.order"

    def write(self, vals):
        if REVENUE_FIELDS.isdisjoint(vals):
            return super().write(vals)
        counted = self.filtered(lambda order: order.state == "sale")
        leads = counted.opportunity_id
        result = super().write(vals)
        # confirming is told by Odoo itself, once the date and the rate of the order are final
        leads |= counted.opportunity_id
        if leads:
            leads._sync_expected_revenue()
        return result

    def action_confirm(self):
        """The opportunity of a confirmed order is won, where the company wants it so."""
        result = super().action_confirm()
        won = self.filtered(lambda order: order.state == "sale" and order.company_id.crm_won_on_confirmation)
        # sudo: who confirms the order wins the opportunity, whose salesperson may be a colleague
        leads = won.sudo().opportunity_id.filtered(lambda lead: lead.won_status == "pending")
        if leads:
            leads.action_set_won()
        return result
