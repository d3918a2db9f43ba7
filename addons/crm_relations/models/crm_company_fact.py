from odoo import api, fields, models
from odoo.exceptions import ValidationError

OLDEST_YEAR = 1900


class CrmCompanyFact(models.Model):
    """A figure of a company in one year with its source: employees, revenue, profit.

    Every year stays; the newest of each figure is what the form shows first.
    """

    _name = "crm.company.fact"
    _inherit = ["crm.privacy.table"]
    _description = "Company Figure"
    _order = "partner_id, kind_id, year desc, id desc"
    _rec_name = "kind_id"

    partner_id = fields.Many2one(
        "res.partner",
        string="Company",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_company", "=", True)],
    )
    kind_id = fields.Many2one(
        "crm.profile.tag", string="Figure", required=True, ondelete="restrict", domain=[("kind", "=", "figure")]
    )
    is_amount = fields.Boolean(related="kind_id.is_amount")
    year = fields.Integer(required=True, default=lambda self: fields.Date.context_today(self).year - 1, aggregator=None)
    value = fields.Float(required=True, digits=(20, 2), aggregator="avg")
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", store=True, readonly=False, precompute=True
    )
    source = fields.Char(help="Where the figure comes from: annual report, register, the customer.")

    # the newest figure of each kind for many companies at once
    _newest_idx = models.Index("(partner_id, kind_id, year DESC, id DESC)")

    # === COMPUTE METHODS === #

    @api.depends("kind_id")
    def _compute_currency_id(self):
        for fact in self:
            if not fact.kind_id.is_amount:
                fact.currency_id = False
            elif not fact.currency_id:
                fact.currency_id = self.env.company.currency_id

    # === CONSTRAINTS === #

    @api.constrains("year", "value", "kind_id", "partner_id")
    def _check_fact(self):
        year = fields.Date.context_today(self).year
        for fact in self:
            if not OLDEST_YEAR <= fact.year <= year:
                raise ValidationError(
                    self.env._(
                        "The year of a company figure must be between %(first)s and %(last)s.",
                        first=OLDEST_YEAR,
                        last=year,
                    )
                )
            if fact.value < 0 and not fact.kind_id.is_amount:
                raise ValidationError(
                    self.env._("%(figure)s of a company cannot be negative.", figure=fact.kind_id.name)
                )
            if fact.kind_id.kind != "figure":
                raise ValidationError(
                    self.env._("%(name)s is not a company figure.", name=fact.kind_id.name)
                )
            if not fact.partner_id.is_company:
                raise ValidationError(
                    self.env._("%(name)s is a person: only companies have figures.", name=fact.partner_id.display_name)
                )
