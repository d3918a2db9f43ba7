from odoo import api, fields, models


class CrmRfmPair(models.Model):
    """Two products in the same orders: how often, and how much more often than by chance."""

    _name = "crm.rfm.pair"
    _description = "Products Bought Together"
    _order = "lift desc, id"
    _rec_name = "product_id"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade", readonly=True)
    other_id = fields.Many2one(
        "product.product", "Bought with", required=True, index=True, ondelete="cascade", readonly=True
    )
    both_orders = fields.Integer("Orders with Both", readonly=True)
    product_orders = fields.Integer("Orders with the Product", readonly=True)
    support = fields.Float(readonly=True, aggregator=None, digits=(16, 4), help="Share of all orders with both.")
    confidence = fields.Float(
        readonly=True, aggregator=None, digits=(16, 4), help="Share of the orders with the product that have the other."
    )
    lift = fields.Float(
        readonly=True, aggregator=None, digits=(16, 2), help="How many times more often together than by chance."
    )
    summary = fields.Char(compute="_compute_summary")

    _pair_uniq = models.Constraint("UNIQUE(model_id, product_id, other_id)", "A pair exists once.")

    @api.depends_context("lang")
    @api.depends("both_orders", "product_orders", "lift")
    def _compute_summary(self):
        for pair in self:
            pair.summary = self.env._(
                "%(both)s of %(orders)s orders with the product have the other too, %(lift).1f times chance.",
                both=pair.both_orders,
                orders=pair.product_orders,
                lift=pair.lift,
            )
