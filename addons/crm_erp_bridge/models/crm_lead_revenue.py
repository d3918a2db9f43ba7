from odoo import fields, models


class CrmLead(models.Model):
    """The expected revenue after the sale is what was sold."""

    _inherit = "crm.lead"

    # === FIELDS === #

    revenue_from_orders = fields.Boolean(
        string="Revenue from Orders", readonly=True, copy=False,
        help="The expected revenue is the sum of the confirmed orders.",
    )
    estimated_revenue = fields.Monetary(
        string="Estimate before the Sale", currency_field="company_currency", readonly=True, copy=False,
        help="The expected revenue before the first order was confirmed; it comes back when all orders are cancelled.",
    )

    # === BUSINESS METHODS === #

    def _update_revenues_from_so(self, order):
        """Odoo calls this at the confirmation of an order; it would only raise the revenue to the largest order."""
        self._sync_expected_revenue()

    def _sync_expected_revenue(self):
        """The expected revenue is the sum of the confirmed orders: without taxes, in company currency at the date of
        each order (``sale_amount_total``). Without any, it is the estimate from before the sale."""
        # sudo: all orders count, also those that the user who confirms or cancels one of them may not see
        for lead in self.sudo():
            currency = lead.company_currency or lead.company_id.currency_id or self.env.company.currency_id
            if lead.sale_order_count:
                if not lead.revenue_from_orders:
                    lead.write({"revenue_from_orders": True, "estimated_revenue": lead.expected_revenue})
                revenue = lead.sale_amount_total
            elif lead.revenue_from_orders:
                revenue = lead.estimated_revenue
                lead.write({"revenue_from_orders": False, "estimated_revenue": 0})
            else:
                continue
            if currency.compare_amounts(lead.expected_revenue, revenue):
                lead._track_set_log_message(self.env._("The expected revenue follows the confirmed orders."))
                lead.expected_revenue = revenue
