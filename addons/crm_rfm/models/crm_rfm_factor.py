from odoo import api, fields, models


class CrmRfmFactor(models.Model):
    """Something beside R and F that may tell who buys, and what the held-out past says about it."""

    _name = "crm.rfm.factor"
    _description = "Factor of the Chance to Buy"
    _order = "model_id, kept desc, code"
    _rec_name = "code"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    code = fields.Char(required=True, readonly=True)
    name = fields.Char("Factor", compute="_compute_name")
    kept = fields.Boolean("Used", readonly=True, help="The forecast of the held-out period became better by it.")
    customers = fields.Integer(
        "Customers Concerned", readonly=True, help="At the beginning of the last completed horizon."
    )
    buyer_share = fields.Float("Of Them Bought", readonly=True, aggregator="avg")
    other_share = fields.Float("Of the Others Bought", readonly=True, aggregator="avg")
    judged = fields.Boolean(readonly=True, help="Enough customers with and without it, in both periods.")
    brier_before = fields.Float("Brier Score without It", readonly=True, digits=(6, 5), aggregator="avg")
    brier = fields.Float("Brier Score with It", readonly=True, digits=(6, 5), aggregator="avg")
    auc_before = fields.Float("AUC without It", readonly=True, digits=(4, 3), aggregator="avg")
    auc = fields.Float("AUC with It", readonly=True, digits=(4, 3), aggregator="avg")
    shift_without = fields.Float(readonly=True, digits=(6, 3), help="Added to the log-odds of the others.")
    shift_with = fields.Float(readonly=True, digits=(6, 3), help="Added to the log-odds of those concerned.")

    _code_uniq = models.Constraint("UNIQUE(model_id, code)", "A factor exists once in each model.")

    @api.depends_context("lang")
    @api.depends("code")
    def _compute_name(self):
        labels = self.env["crm.rfm.model"]._get_factors()
        for factor in self:
            factor.name = labels.get(factor.code, factor.code)
