from odoo import fields, models


class CrmRfmRate(models.Model):
    """How many customers of a cell of R and F bought within the horizon: what a forecast rests on."""

    _name = "crm.rfm.rate"
    _description = "Rate of Buyers by Score"
    _order = "model_id, r desc, f desc"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    r = fields.Integer("Recency Score", required=True, readonly=True)
    f = fields.Integer("Frequency Score", required=True, readonly=True)
    customers = fields.Integer(readonly=True, help="Customers with these scores one horizon ago.")
    buyers = fields.Integer(readonly=True, help="Those of them who have bought since.")
    rate = fields.Float("Chance", readonly=True, aggregator="avg", help="Drawn towards the share of all customers.")

    _cell_uniq = models.Constraint("UNIQUE(model_id, r, f)", "A rate exists once.")
