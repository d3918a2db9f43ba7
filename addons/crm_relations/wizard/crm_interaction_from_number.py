from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import duplicates
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
    seen_count = fields.Integer(
        compute="_compute_seen_count",
        store=True,
        readonly=False,
        help="How many customers had the number when the user was shown it.",
    )
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

    @api.depends("number", "country_id")
    def _compute_seen_count(self):
        for dialog in self:
            dialog.seen_count = len(dialog.found_ids)

    # === ACTIONS === #

    def action_continue(self):
        """Go on to what it was about, with the customer chosen or made.

        :raises UserError: when it is not said who it is
        """
        self.ensure_one()
        if self.partner_id:
            return self.partner_id.action_crm_log_interaction()
        name = self._new_name()
        partner = self._new_partner(name)
        action = partner.action_crm_log_interaction()
        if partner.name == name:
            return action
        message = self.env._(
            "This number has just been entered for %(customer)s: the contact is logged there.",
            customer=partner.display_name,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "info", "sticky": True, "next": action},
        }

    def _new_name(self):
        name = " ".join((self.new_name or "").split())
        if not name and self.found_count:
            raise UserError(
                self.env._("This number is known: please choose one of its customers, or name another who has it too.")
            )
        if not name:
            raise UserError(self.env._("Nobody has this number: please choose the customer, or name a new one."))
        return name

    def _new_partner(self, name):
        """The customer with this number and name, made unless somebody did so meanwhile.

        Who was told that nobody has the number gets the one whom a colleague has made of it since, under
        whatever name. Who saw others with the number means one more.
        """
        partners = self.env["res.partner"]
        self.env["crm.partner.claim"]._claim(f"phone:{self._claim_key()}")
        found = partners._crm_find_by_phone(self.number, self.country_id)
        same = found.filtered(lambda partner: partner.name == name) or (found if not self.seen_count else partners)
        values = {"name": name, "phone": self._phone(), "is_company": self.new_is_company}
        return same[:1] or partners.create(values)

    def _claim_key(self):
        """What two ways of writing the number have in common: as :meth:`res.partner._crm_find_by_phone` compares."""
        return self.normal or duplicates.phone_key(self.number) or clean_number(self.number)

    def _phone(self):
        number = self.normal or self.number
        formatted = self.env["res.partner"]._phone_format(number=number, force_format="INTERNATIONAL")
        return formatted or self.number
