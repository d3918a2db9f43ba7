from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from .. import const

SOFT_CHANNELS = ("email", "sms")
SOFT_CONDITIONS = ("soft_sale", "soft_similar", "soft_at_collection", "soft_each_message")


class CrmConsentPurpose(models.Model):
    """What customers are contacted for, on which lawful basis, and in which words they were asked."""

    _name = "crm.consent.purpose"
    _description = "Purpose of Contact"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="By which senders name the purpose, for example newsletter.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=const.PURPOSES, required=True, default="marketing", help="Which rules of contact hold for it."
    )
    lawful_basis = fields.Selection(selection=const.LAWFUL_BASES, required=True, default="consent")
    basis_ids = fields.One2many("crm.consent.basis", "purpose_id", string="Lawful Basis by Channel", copy=True)
    description = fields.Text(translate=True, help="What the customer reads on the preference page.")
    soft_opt_in = fields.Boolean(
        help="Customers who bought may be written to by e-mail and SMS without consent, under four conditions."
    )
    soft_sale = fields.Boolean(string="The address was obtained in a sale")
    soft_similar = fields.Boolean(string="Only our own similar goods and services are offered")
    soft_at_collection = fields.Boolean(string="The customer could object when giving the address")
    soft_each_message = fields.Boolean(string="The customer can object in every message")
    wording_ids = fields.One2many("crm.consent.wording", "purpose_id", string="Wordings")
    wording_id = fields.Many2one("crm.consent.wording", string="Current Wording", compute="_compute_wording_id")
    on_page = fields.Boolean(string="On the Preference Page", default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "There is a purpose with this code already.")

    # === COMPUTE METHODS === #

    @api.depends("wording_ids.version")
    def _compute_wording_id(self):
        for purpose in self:
            purpose.wording_id = purpose.wording_ids.sorted("version")[-1:]

    # === CONSTRAINTS === #

    @api.constrains("soft_opt_in", *SOFT_CONDITIONS)
    def _check_soft_opt_in(self):
        for purpose in self:
            if purpose.soft_opt_in and not all(purpose[name] for name in SOFT_CONDITIONS):
                raise ValidationError(
                    self.env._(
                        "A soft opt-in to “%(purpose)s” needs all four conditions: confirm each of them.",
                        purpose=purpose.name,
                    )
                )

    @api.constrains("code", "kind")
    def _check_code(self):
        kinds = dict(const.PURPOSES)
        for purpose in self:
            if purpose.code in kinds and purpose.code != purpose.kind:
                raise ValidationError(
                    self.env._(
                        "“%(code)s” is the name of a kind of purpose: the kind has to be the same.", code=purpose.code
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if not {"code", "active"}.isdisjoint(vals):
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === BUSINESS METHODS === #

    @api.model
    def _by_code(self, code):
        """The active purpose of that code, or none."""
        # sudo: the decision holds for everybody, whoever may read purposes
        return self.sudo().browse(self._id_by_code(code))

    @api.model
    @ormcache("code")
    def _id_by_code(self, code):
        """Asked for every customer of a mailing, changed once a year."""
        # sudo: the decision needs the purpose, whoever asks
        return self.sudo().search([("code", "=", code)], limit=1).id

    def _basis(self, channel):
        """The lawful basis by a channel: that of the channel, else of the purpose."""
        return self.basis_ids.filtered(lambda basis: basis.channel == channel).lawful_basis or self.lawful_basis

    def _soft(self, channel):
        """Whether a soft opt-in counts: for electronic mail, SMS included (Directive 2002/58/EC, article 13(2))."""
        return self.soft_opt_in and channel in SOFT_CHANNELS

    def _rests_on_consent(self, channel=None):
        """Whether the customer has a say: consent, or an interest that may be objected to.

        :param channel: empty: by any channel
        """
        self.ensure_one()
        bases = [self._basis(channel)] if channel else [self.lawful_basis, *self.basis_ids.mapped("lawful_basis")]
        return not const.CUSTOMER_BASES.isdisjoint(bases)
