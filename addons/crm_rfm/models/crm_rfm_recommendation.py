from odoo import api, fields, models
from odoo.tools import format_date


class CrmRfmRecommendation(models.Model):
    """A product for a customer: due again, or new because of what the customer buys.

    Written by the nightly run (``crm_rfm_model_recommend``); the two kinds are never mixed,
    since what is bought again needs no persuasion.
    """

    _name = "crm.rfm.recommendation"
    _description = "Recommended Product"
    _inherit = ["crm.rfm.customer.mixin"]
    _order = "kind, due_on, score desc, id"
    _rec_name = "product_id"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, ondelete="restrict", readonly=True
    )
    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade", readonly=True)
    kind = fields.Selection(
        [("again", "Due for re-order"), ("new", "New to this customer")], required=True, readonly=True
    )
    because_id = fields.Many2one("product.product", "Because of", index=True, ondelete="cascade", readonly=True)
    score = fields.Float(readonly=True, aggregator=None, digits=(16, 3), help="Confidence of the pair.")
    times = fields.Integer("Days Bought", readonly=True)
    gap_days = fields.Integer("Usual Gap (days)", readonly=True, aggregator="avg")
    last_date = fields.Date("Last Bought", readonly=True)
    due_on = fields.Date(readonly=True)
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson", compute_sudo=True)
    reason = fields.Text("Why", compute="_compute_reason")

    _product_uniq = models.Constraint(
        "UNIQUE(model_id, partner_id, product_id)", "A product is recommended to a customer once."
    )

    @api.depends_context("lang")
    @api.depends("kind", "because_id", "times", "gap_days", "last_date")
    def _compute_reason(self):
        # sudo: whoever may see a recommendation may see the pair it comes from
        pairs = {
            (pair.model_id.id, pair.product_id.id, pair.other_id.id): pair
            for pair in self.env["crm.rfm.pair"]
            .sudo()
            .search([("model_id", "in", self.model_id.ids), ("other_id", "in", self.product_id.ids)])
        }
        for item in self:
            if item.kind == "again":
                item.reason = self.env._(
                    "Bought on %(times)s days, usually every %(gap)s days, the last time on %(date)s.",
                    times=item.times,
                    gap=item.gap_days,
                    date=format_date(self.env, item.last_date),
                )
                continue
            pair = pairs.get((item.model_id.id, item.because_id.id, item.product_id.id))
            item.reason = self.env._(
                "Buys %(product)s: %(summary)s",
                product=item.sudo().because_id.display_name,
                summary=pair.summary if pair else "",
            )
