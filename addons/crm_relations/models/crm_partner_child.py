from odoo import api, fields, models
from odoo.exceptions import ValidationError

OLDEST_YEAR = 1900


class CrmPartnerChild(models.Model):
    """A child of a customer: as much as is needed to know the ages, and no more."""

    _name = "crm.partner.child"
    _inherit = ["crm.privacy.table"]
    _description = "Child of a Customer"
    _order = "birth_year, id"

    partner_id = fields.Many2one("res.partner", string="Parent", required=True, index=True, ondelete="restrict")
    name = fields.Char(help="May stay empty: the year of birth is enough.")
    birth_year = fields.Integer(required=True, aggregator=None)
    age = fields.Integer(
        compute="_compute_age", help="Years reached in this year; the day of birth is not recorded.", aggregator=None
    )

    # === COMPUTE METHODS === #

    @api.depends("birth_year")
    def _compute_age(self):
        year = fields.Date.context_today(self).year
        for child in self:
            child.age = year - child.birth_year if child.birth_year else 0

    # === CONSTRAINTS === #

    @api.constrains("birth_year")
    def _check_birth_year(self):
        year = fields.Date.context_today(self).year
        for child in self:
            if not OLDEST_YEAR <= child.birth_year <= year:
                raise ValidationError(
                    self.env._(
                        "The year of birth of a child must be between %(first)s and %(last)s.",
                        first=OLDEST_YEAR,
                        last=year,
                    )
                )

    @api.depends("name", "birth_year")
    def _compute_display_name(self):
        for child in self:
            child.display_name = f"{child.name} ({child.birth_year})" if child.name else str(child.birth_year or "")
