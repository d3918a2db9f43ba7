from odoo import api, fields, models


class CrmRfmDemand(models.Model):
    """What a product or a segment may sell next, and how good the same rule was on the past.

    Written by the nightly run (``crm_rfm_model_demand``). A product is counted in pieces a
    week, a segment in money over the horizon of the model.
    """

    _name = "crm.rfm.demand"
    _description = "Demand Forecast"
    _order = "kind, is_shown desc, expected desc, id"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="model_id.company_id.currency_id")
    kind = fields.Selection([("product", "Product"), ("segment", "Segment")], required=True, readonly=True)
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="cascade", readonly=True)
    segment_id = fields.Many2one("crm.rfm.segment", index="btree_not_null", ondelete="cascade", readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    days = fields.Integer("Days Ahead", readonly=True, aggregator="avg")
    history = fields.Integer("Weeks of History", readonly=True, aggregator="avg")
    selling = fields.Integer("Weeks with Sales", readonly=True, aggregator="avg")
    method = fields.Selection(
        [
            ("smooth_slow", "Smoothing (0.1)"),
            ("smooth_fast", "Smoothing (0.3)"),
            ("quarter", "Mean of 13 weeks"),
            ("tsb", "TSB (intermittent)"),
            ("rate", "Value per customer of the segment"),
        ],
        readonly=True,
    )
    expected = fields.Float(
        readonly=True, aggregator=None, help="Pieces, or untaxed amount of a segment, in the days ahead."
    )
    error = fields.Float(
        readonly=True, aggregator="avg", digits=(16, 3),
        help="Products: MASE over 13 origins of 4 weeks. Segments: share by which the last forecast missed.",
    )  # fmt: skip
    naive_error = fields.Float(
        "Error of “As Before”", readonly=True, aggregator="avg", digits=(16, 3),
        help="The same measure for the forecast that things stay as they were last.",
    )  # fmt: skip
    is_shown = fields.Boolean("Better than “As Before”", readonly=True)
    explanation = fields.Text(compute="_compute_explanation")

    _product_uniq = models.UniqueIndex("(model_id, product_id) WHERE product_id IS NOT NULL")
    _segment_uniq = models.UniqueIndex("(model_id, segment_id) WHERE segment_id IS NOT NULL")

    @api.depends("product_id", "segment_id")
    def _compute_display_name(self):
        for item in self:
            item.display_name = item.product_id.display_name or item.segment_id.display_name

    @api.depends_context("lang")
    @api.depends("is_shown", "error", "naive_error", "kind", "history", "method")
    def _compute_explanation(self):
        methods = dict(self._fields["method"]._description_selection(self.env))
        for item in self:
            if item.is_shown and item.kind == "product":
                item.explanation = self.env._(
                    "%(method)s was best on the last 13 origins: error %(error).2f against %(naive).2f for the last"
                    " week again.",
                    method=methods[item.method], error=item.error, naive=item.naive_error,
                )  # fmt: skip
            elif item.is_shown:
                item.explanation = self.env._(
                    "Made %(days)s days ago, the same rule missed by %(error).0f%%; “as before” missed by"
                    " %(naive).0f%%.",
                    days=item.days, error=100 * item.error, naive=100 * item.naive_error,
                )  # fmt: skip
            elif item.naive_error:
                item.explanation = self.env._("Not shown: on the past no method was better than “as before”.")
            else:
                item.explanation = self.env._("Not shown: too few data to judge a forecast by.")
