from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.interaction import clean_number


class CrmInteractionFromNumber(models.TransientModel):
    """A contact that begins with a telephone number: who is it, and what is it about?"""

    _name = "crm.interaction.from.number"
    _description = "Log by Number"

    number = fields.Char(string="Telephone Number", required=True)
    country_id = fields.Many2one(
        "res.country",
        default=lambda self: self.env.company.country_id,
        help="Of a number without a country code.",
    )
    has_country = fields.Boolean(compute="_compute_found", help="The number says its country itself.")
    normal = fields.Char(string="International Form", compute="_compute_found")
    found_ids = fields.Many2many("res.partner", compute="_compute_found")
    found_count = fields.Integer(compute="_compute_found")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", compute="_compute_partner_id", store=True, readonly=False, ondelete="cascade"
    )
    new_name = fields.Char(string="Name of the New Customer")
    new_is_company = fields.Boolean(string="A Company")

    # === COMPUTE METHODS === #

    @api.depends("number", "country_id")
    def _compute_found(self):
        partners = self.env["res.partner"]
        for dialog in self:
            dialog.has_country = clean_number(dialog.number).startswith(("+", "00"))
            dialog.normal = partners._crm_phone_normal(dialog.number, dialog.country_id)
            dialog.found_ids = partners._crm_find_by_phone(dialog.number, dialog.country_id)
            dialog.found_count = len(dialog.found_ids)

    @api.depends("number", "country_id")
    def _compute_partner_id(self):
        """One customer with the number is taken, several are asked for."""
        for dialog in self:
            dialog.partner_id = dialog.found_ids if len(dialog.found_ids) == 1 else False

    # === ACTIONS === #

    def action_continue(self):
        """Go on to what it was about, with the customer chosen or made.

        :raises UserError: when it is not said who it is
        """
        self.ensure_one()
        partner = self.partner_id or self._new_partner()
        return partner.action_crm_log_interaction()

    def _new_partner(self):
        name = " ".join((self.new_name or "").split())
        if not name:
            if self.found_count > 1:
                raise UserError(self.env._("Several customers have this number: please choose one."))
            raise UserError(self.env._("Nobody has this number: please choose the customer, or name a new one."))
        # a second click finds the customer made by the first one
        same = (
            self.env["res.partner"]
            ._crm_find_by_phone(self.number, self.country_id)
            .filtered(lambda partner: partner.name == name)
        )
        values = {"name": name, "phone": self._phone(), "is_company": self.new_is_company}
        return same[:1] or self.env["res.partner"].create(values)

    def _phone(self):
        number = self.normal or self.number
        formatted = self.env["res.partner"]._phone_format(number=number, force_format="INTERNATIONAL")
        return formatted or self.number
