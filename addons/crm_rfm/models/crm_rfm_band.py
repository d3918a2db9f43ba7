from odoo import api, fields, models
from odoo.tools import float_compare


class CrmRfmBand(models.Model):
    """One band of one dimension of a model: its upper limit and how many customers lie in it.

    ``upper_limit`` is inclusive; the last band of a dimension (recency score 1, frequency or
    monetary score ``band_count``) has no limit. Limits of a quantile dimension are written by
    each run, limits of a fixed dimension by the user. Bands are made by their model only.
    """

    _name = "crm.rfm.band"
    _description = "Score Band"
    _order = "model_id, dimension, score desc"

    model_id = fields.Many2one("crm.rfm.model", required=True, index=True, ondelete="cascade", readonly=True)
    dimension = fields.Selection(
        [("f", "Frequency"), ("m", "Monetary"), ("r", "Recency")], required=True, readonly=True
    )
    score = fields.Integer(required=True, readonly=True)
    upper_limit = fields.Float(
        digits=(18, 6),
        help="Highest value that still gets this score: days, number of purchases, or net value.",
    )
    is_open = fields.Boolean(compute="_compute_range_text", help="The band has no upper limit.")
    range_text = fields.Char("Range", compute="_compute_range_text")
    customer_count = fields.Integer("Customers", readonly=True, help="Customers in the band at the last run.")
    share = fields.Float(compute="_compute_share", help="Share of the customers that got a score.")

    _band_uniq = models.Constraint("UNIQUE(model_id, dimension, score)", "A band exists only once.")

    # === COMPUTE METHODS === #

    @api.depends("upper_limit", "dimension", "score", "model_id.band_ids.upper_limit", "model_id.band_count")
    def _compute_range_text(self):
        for band in self:
            cuts = band.model_id._get_cuts(band.dimension)
            position = band._position()
            band.is_open = position == len(cuts)
            low = cuts[position - 1] if position else None
            high = None if band.is_open else cuts[position]
            band.range_text = band._describe_range(low, high)

    @api.depends("customer_count", "model_id.band_ids.customer_count")
    def _compute_share(self):
        for band in self:
            total = sum(band.model_id._get_bands(band.dimension).mapped("customer_count"))
            band.share = band.customer_count / total if total else 0.0

    # === CRUD METHODS === #

    def write(self, vals):
        """A limit that is changed by itself makes the present scores outdated, as one changed on the model does."""
        result = super().write(vals)
        if "upper_limit" in vals:
            self.model_id._mark_outdated()
        return result

    # === BUSINESS METHODS === #

    def _position(self):
        """Index of the band when bands are ordered by rising value, from 0."""
        self.ensure_one()
        if self.dimension == "r":
            return self.model_id.band_count - self.score
        return self.score - 1

    def _describe_range(self, low, high):
        """Describe the values ``low < value <= high`` in words; None means no bound.

        Days and purchases are whole numbers, so their lower bound is shown inclusive.
        """
        if low is not None and high is not None and float_compare(low, high, precision_digits=6) >= 0:
            return self.env._("empty: the neighbour below has the same limit")
        if self.dimension == "m":
            currency = self.model_id.currency_id
            low, high = (None if bound is None else currency.format(bound) for bound in (low, high))
            if high is None:
                return self.env._("more than %(low)s", low=low)
            if low is None:
                return self.env._("up to %(high)s", high=high)
            return self.env._("more than %(low)s, up to %(high)s", low=low, high=high)
        first = 0 if self.dimension == "r" else 1
        first = first if low is None else int(low) + 1
        if high is None:
            return self.env._("%(first)s or more", first=first)
        if first >= int(high):
            return str(int(high))
        return self.env._("%(first)s to %(last)s", first=first, last=int(high))

    @api.model
    def _default_limit(self, dimension, position):
        """Starting limit of a band before the user or the first run sets a better one."""
        if dimension == "r":
            return 30.0 * (position + 1) * (position + 2) / 2
        return float(2**position) * (1 if dimension == "f" else 100)

    @api.model
    def _prepare_bands(self, band_count):
        """Values of all bands of a new model."""
        return [
            {
                "dimension": dimension,
                "score": band_count - position if dimension == "r" else position + 1,
                "upper_limit": 0.0 if position == band_count - 1 else self._default_limit(dimension, position),
            }
            for dimension in ("r", "f", "m")
            for position in range(band_count)
        ]
