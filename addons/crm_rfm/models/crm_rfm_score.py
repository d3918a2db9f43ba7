from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..tools import outlook

EXCLUSIONS = [
    ("opt_out", "No profiling wanted"),
    ("manual", "Taken out by hand"),
    ("own_company", "Own company"),
    ("guest", "Guest"),
    ("archived", "Archived customer"),
    ("no_purchase", "No purchase in the window"),
    ("no_value", "Net value is zero or negative"),
]


class CrmRfmScore(models.Model):
    """Score of one customer in one model, as of the model's last run.

    A narrow table written by the SQL of the runs alone (no group may write it through the
    ORM), and only where something differs. Recency is kept as the date of the last
    purchase, so that a new day does not change every row.
    """

    _name = "crm.rfm.score"
    _description = "Customer Score"
    _inherit = ["crm.rfm.customer.mixin"]
    _order = "monetary desc, id"
    _rec_name = "partner_id"
    _log_access = False

    model_id = fields.Many2one("crm.rfm.model", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(related="model_id.company_id", compute_sudo=True)
    currency_id = fields.Many2one(related="model_id.company_id.currency_id", compute_sudo=True)
    last_date = fields.Date("Last Purchase", readonly=True)
    recency_days = fields.Integer(
        "Recency (days)",
        compute="_compute_recency_days",
        search="_search_recency_days",
        aggregator="avg",
        help="Days from the last purchase to the as-of date of the run.",
    )
    frequency = fields.Integer("Purchases", required=True, readonly=True, help="Purchases in the window.")
    monetary = fields.Monetary("Net Value", readonly=True, help="Without tax, credit notes deducted.")
    r_score = fields.Integer(
        "R", required=True, readonly=True, aggregator="avg", help="Recency score, 0 without a score"
    )
    f_score = fields.Integer("F", required=True, readonly=True, aggregator="avg", help="Frequency score")
    m_score = fields.Integer("M", required=True, readonly=True, aggregator="avg", help="Monetary score")
    fm_score = fields.Integer(
        "FM", required=True, readonly=True, aggregator="avg", help="Mean of F and M, a half rounded up"
    )
    code = fields.Char("R-F-M", compute="_compute_code")
    segment_id = fields.Many2one("crm.rfm.segment", required=True, index=True, ondelete="restrict", readonly=True)
    segment_color = fields.Integer(related="segment_id.color")
    exclusion = fields.Selection(EXCLUSIONS, "Why without Score", readonly=True)
    explanation = fields.Text(compute="_compute_explanation")
    forecast_text = fields.Text("What to Expect", compute="_compute_forecast_text")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson", compute_sudo=True)
    country_id = fields.Many2one(related="partner_id.country_id", compute_sudo=True)
    scored_as_of = fields.Date(related="model_id.scored_as_of", compute_sudo=True)

    _partner_uniq = models.Constraint(
        "UNIQUE(model_id, partner_id)", "A customer has one score in each model."
    )
    _exclusion_or_score = models.Constraint(
        "CHECK((exclusion IS NULL) = (r_score > 0 AND f_score > 0 AND m_score > 0 AND last_date IS NOT NULL))",
        "A customer has either scores or a reason why not.",
    )

    # === COMPUTE METHODS === #

    @api.depends("last_date", "model_id.scored_as_of")
    def _compute_recency_days(self):
        for score in self:
            as_of = score.sudo().model_id.scored_as_of  # sudo: readers of scores need not read models
            score.recency_days = (as_of - score.last_date).days if as_of and score.last_date else 0

    def _search_recency_days(self, operator, value):
        """Search by days, translated to the date of the last purchase of each model's run.

        :raises UserError: for a value that is no number of days
        """
        if operator not in ("<", "<=", ">", ">=", "in"):
            return NotImplemented
        # False among the values means customers without a purchase
        numbers = [item for item in (value if operator == "in" else [value]) if item is not False and item is not None]
        if not all(isinstance(item, (int, float)) for item in numbers):
            raise UserError(self.env._("Recency: a number of days, please."))
        if operator != "in":
            return Domain.custom(
                to_sql=lambda model, alias, query: SQL(
                    "%s %s %s", model._recency_to_sql(alias), SQL(operator), numbers[0] if numbers else None
                )
            )
        return Domain.custom(
            # never NULL, so that the opposite finds everybody else
            to_sql=lambda model, alias, query: SQL(
                "COALESCE(%s IN %s, %s)",
                model._recency_to_sql(alias),
                tuple(numbers) or (-1,),
                len(numbers) < len(value),
            )
        )

    def _recency_to_sql(self, alias):
        """Return SQL for the days between the last purchase and the run of the score's model."""
        return SQL(
            "((SELECT %s FROM crm_rfm_model m WHERE m.id = %s) - %s)",
            SQL.identifier("m", "scored_as_of", to_flush=self.env["crm.rfm.model"]._fields["scored_as_of"]),
            SQL.identifier(alias, "model_id"),
            SQL.identifier(alias, "last_date"),
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists sort by and graphs average the days, which are not stored."""
        if field_expr == "recency_days":
            self._check_field_access(self._fields["recency_days"], "read")
            return self._recency_to_sql(alias)
        return super()._field_to_sql(alias, field_expr, query)

    @api.depends("r_score", "f_score", "m_score", "exclusion")
    def _compute_code(self):
        for score in self:
            score.code = False if score.exclusion else f"{score.r_score}-{score.f_score}-{score.m_score}"

    @api.depends_context("lang")
    @api.depends("r_score", "f_score", "m_score", "last_date", "frequency", "monetary", "exclusion", "model_id")
    def _compute_explanation(self):
        for score in self:
            score.explanation = score.explain()

    @api.depends_context("lang")
    @api.depends("model_id", "partner_id", "monetary")
    def _compute_forecast_text(self):
        values = self.env["crm.rfm.value"].search(
            [("model_id", "in", self.model_id.ids), ("partner_id", "in", self.partner_id.ids)]
        )
        texts = {(value.model_id, value.partner_id): value.explain() for value in values}
        for score in self:
            score.forecast_text = texts.get((score.model_id, score.partner_id), False)

    # === EXPLANATION === #

    def explain(self):
        """Say in words why the customer has these scores and what would change them.

        :return: several lines of text in the language of the user, for instance
            ``R=2: last purchase 143 days ago (2 Jul 2026); this band is 91 to 160 days …``
        :rtype: str
        """
        self.ensure_one()
        if self.exclusion:
            return self._explain_exclusion()
        # sudo: whoever may read the score may read the limits that made it
        model = self.sudo().model_id
        lines = [
            self._explain_recency(model),
            self._explain_frequency(model),
            self._explain_monetary(model),
            self.env._(
                "R=%(r)s and FM=%(fm)s (mean of F and M, a half rounded up) make “%(segment)s”.",
                r=self.r_score,
                fm=self.fm_score,
                segment=self.segment_id.name,
            ),
        ]
        return "\n".join(lines)

    def _explain_exclusion(self):
        reasons = {
            "opt_out": self.env._("No score: the customer does not want to be profiled."),
            "manual": self.env._("No score: the customer is in the list of excluded customers of the model."),
            "own_company": self.env._("No score: these are dealings with our own company."),
            "guest": self.env._("No score: the documents of guests do not belong to one customer."),
            "archived": self.env._("No score: the customer is archived."),
            "no_purchase": self.env._("No score: no document in the window counts as a purchase."),
            "no_value": self.env._(
                "No score: after credit notes the net value is %(value)s.",
                value=self.currency_id.format(self.monetary),
            ),
        }
        return reasons[self.exclusion]

    def _band_range(self, model, dimension, score):
        """Text of a band and, for quantiles, the share of customers it was made for."""
        bands = model._get_bands(dimension)
        band = bands.filtered(lambda band: band.score == score)
        text = band.range_text
        if model[f"{dimension}_method"] != "quantile":
            return text
        position = band._position()
        return self.env._(
            "%(range)s, the %(low).0f–%(high).0f%% band",
            range=text,
            low=100 * position / model.band_count,
            high=100 * (position + 1) / model.band_count,
        )

    def _explain_recency(self, model):
        text = self.env._(
            "R=%(score)s: last purchase %(days)s days before %(as_of)s, on %(date)s (days of this band: %(range)s).",
            score=self.r_score,
            days=self.recency_days,
            as_of=format_date(self.env, model.scored_as_of),
            date=format_date(self.env, self.last_date),
            range=self._band_range(model, "r", self.r_score),
        )
        drop = outlook.drop_date(self.last_date, self.r_score, model._get_cuts("r"))
        if not drop:
            return text
        return self.env._(
            "%(text)s Without a new purchase it falls on %(date)s.", text=text, date=format_date(self.env, drop)
        )

    def _explain_frequency(self, model):
        text = self.env._(
            "F=%(score)s: number of purchases in the window: %(count)s (this band: %(range)s).",
            score=self.f_score,
            count=self.frequency,
            range=self._band_range(model, "f", self.f_score),
        )
        missing = outlook.missing_purchases(self.frequency, self.f_score, model._get_cuts("f"))
        if missing is None:
            return text
        return self.env._("%(text)s %(count)s more would raise it.", text=text, count=missing)

    def _explain_monetary(self, model):
        text = self.env._(
            "M=%(score)s: net value %(value)s (this band: %(range)s).",
            score=self.m_score,
            value=self.currency_id.format(self.monetary),
            range=self._band_range(model, "m", self.m_score),
        )
        missing = outlook.missing_amount(self.monetary, self.m_score, model._get_cuts("m"))
        if missing is None:
            return text
        return self.env._(
            "%(text)s %(value)s more would raise it.",
            text=text,
            value=self.currency_id.format(missing + self.currency_id.rounding),
        )
