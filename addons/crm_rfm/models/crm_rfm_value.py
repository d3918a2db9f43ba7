from odoo import api, fields, models


class CrmRfmValue(models.Model):
    """What a customer may bring and what is at stake: a narrow table beside the scores.

    Written by the nightly forecast of the model only (``crm_rfm_model_value``).
    """

    _name = "crm.rfm.value"
    _description = "Customer Value"
    _order = "at_risk desc NULLS LAST, monetary desc, id"
    _rec_name = "partner_id"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, ondelete="restrict", readonly=True
    )
    currency_id = fields.Many2one(related="model_id.currency_id")
    segment_id = fields.Many2one("crm.rfm.segment", index=True, ondelete="set null", readonly=True)
    segment_color = fields.Integer(related="segment_id.color")
    r_score = fields.Integer("R", readonly=True, aggregator="avg")
    f_score = fields.Integer("F", readonly=True, aggregator="avg")
    last_date = fields.Date("Last Purchase", readonly=True)
    monetary = fields.Monetary("Net Value", readonly=True, help="In the window of the model.")
    p_order = fields.Float("Chance to Buy", readonly=True, aggregator="avg", help="At least once in the horizon.")
    at_risk = fields.Monetary(
        "Value at Risk", readonly=True, help="Net value of the window times the chance that no order comes."
    )
    expected_orders = fields.Float(readonly=True, digits=(16, 2), help="In the next 12 months.")
    clv = fields.Monetary("Value of 12 Months", readonly=True, help="Expected orders times expected amount.")
    user_id = fields.Many2one(related="partner_id.user_id", string="Who Should Act", compute_sudo=True)
    country_id = fields.Many2one(related="partner_id.country_id", compute_sudo=True)
    forecast_state = fields.Selection(
        string="State of the Forecast", related="model_id.forecast_state", compute_sudo=True
    )
    explanation = fields.Text("Why", compute="_compute_explanation")

    _partner_uniq = models.Constraint("UNIQUE(model_id, partner_id)", "A customer has one value in each model.")

    @api.depends_context("lang")
    @api.depends("p_order", "r_score", "f_score", "model_id.forecast_state")
    def _compute_explanation(self):
        # sudo: whoever may see the value may see the rates it rests on
        rates = {
            (rate.model_id.id, rate.r, rate.f): rate
            for rate in self.env["crm.rfm.rate"].sudo().search([("model_id", "in", self.model_id.ids)])
        }
        for value in self:
            if value.forecast_state != "on":
                value.explanation = self.env._("No chance is shown: the page “Forecast” of the model says why.")
                continue
            rate = rates.get((value.model_id.id, value.r_score, value.f_score))
            value.explanation = self.env._(
                "Of %(customers)s customers with R=%(r)s and F=%(f)s %(days)s days ago, %(buyers)s have bought since.",
                customers=rate.customers if rate else 0,
                buyers=rate.buyers if rate else 0,
                r=value.r_score,
                f=value.f_score,
                days=value.sudo().model_id.forecast_days,
            )

    def action_open_partner(self):
        """Open the customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }
