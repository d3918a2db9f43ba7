from odoo import fields, models


class CrmCommissionTier(models.Model):
    """From an amount on, a rate."""

    _name = "crm.commission.tier"
    _description = "Commission Rate"
    _order = "amount_from, id"

    rule_id = fields.Many2one("crm.commission.rule", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="rule_id.currency_id")
    amount_from = fields.Monetary(
        string="From an Amount of", required=True, default=0.0, help="Of the base within the period."
    )
    rate = fields.Float(string="Rate (%)", required=True, digits=(16, 4))

    _from_uniq = models.UniqueIndex("(rule_id, amount_from)", "Two rates begin at the same amount.")
    _rate_range = models.Constraint("CHECK (rate >= 0 AND rate <= 100)", "A rate lies between 0 and 100 %.")
    _from_positive = models.Constraint("CHECK (amount_from >= 0)", "A rate begins at 0 or above.")
