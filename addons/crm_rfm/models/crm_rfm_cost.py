from odoo import fields, models


class CrmRfmCost(models.Model):
    """What was spent on winning new customers or on keeping those who bought before.

    Entered by hand for a span of days, perhaps of a campaign; every day of the span bears
    the same part. The screen *Retention* divides it by new and by returning customers.
    """

    _name = "crm.rfm.cost"
    _description = "Cost of Winning or Keeping Customers"
    _order = "date_from desc, id desc"

    name = fields.Char("What For", required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [("win", "Winning new customers"), ("keep", "Keeping customers")], required=True, default="win"
    )
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date("To", required=True, default=fields.Date.context_today)
    amount = fields.Monetary(required=True, help="Without tax, in the currency of the company.")
    campaign_id = fields.Many2one("utm.campaign", index="btree_not_null", ondelete="set null")

    _dates_in_order = models.Constraint("CHECK(date_from <= date_to)", "A cost cannot end before it begins.")
    _amount_range = models.Constraint(
        "CHECK(amount >= 0 AND amount < 1e12)", "The amount is not negative and has less than thirteen digits."
    )
    # days are spread over quarters: a typing error must not make a million of them
    _dates_plausible = models.Constraint(
        "CHECK(date_from >= '1900-01-01' AND date_to < '2200-01-01')", "The dates must be from 1900 to 2199."
    )
