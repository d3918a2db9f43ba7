from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import privacy

DPO = "crm_relations.group_privacy"
READERS = "crm_relations.group_user,crm_relations.group_auditor,crm_relations.group_privacy"


class ResPartner(models.Model):
    """Restriction of processing, legal hold, and the requests of a person."""

    _inherit = "res.partner"

    crm_restricted = fields.Boolean(
        string="Processing Restricted",
        readonly=True,
        copy=False,
        tracking=True,
        help="Visible, but untouched by mailings, alerts, scoring and actions (GDPR, article 18).",
    )
    crm_legal_hold = fields.Char(
        string="Legal Hold",
        copy=False,
        tracking=True,
        groups=READERS,
        help="Why the data have to be kept, for instance a lawsuit: nothing is erased before this is empty.",
    )
    crm_erased = fields.Boolean(string="Erased", readonly=True, copy=False)
    crm_privacy_request_ids = fields.One2many(
        "crm.privacy.request", "partner_id", string="Privacy Requests", groups=READERS
    )
    crm_privacy_request_count = fields.Integer(
        string="Number of Privacy Requests", compute="_compute_crm_privacy_request_count", groups=READERS
    )

    def _compute_crm_privacy_request_count(self):
        counts = dict(
            self.env["crm.privacy.request"]._read_group([("partner_id", "in", self.ids)], ["partner_id"], ["__count"])
        )
        for partner in self:
            partner.crm_privacy_request_count = counts.get(partner._origin, 0)

    def write(self, vals):
        if {"crm_restricted", "crm_legal_hold", "crm_erased"}.intersection(vals) and not (
            self.env.su or self.env.user.has_group(DPO)
        ):
            raise AccessError(self.env._("Only a data protection officer restricts processing or sets a legal hold."))
        return super().write(vals)

    # === WHO IT IS === #

    def _crm_privacy_persons(self):
        """This person under all addresses: further addresses of theirs are no other people.

        :return: the partner, first, and its addresses
        """
        self.ensure_one()
        everybody = self.sudo().with_context(active_test=False)  # sudo: whatever is archived or of another company
        return everybody | everybody.child_ids.filtered(
            lambda child: not child.is_company and child.type in ("invoice", "delivery", "other")
        )

    def _crm_privacy_person(self):
        """What names this person in texts."""
        persons = self._crm_privacy_persons()
        users = persons.user_ids
        return privacy.Person(
            names=tuple(filter(None, {name.strip() for name in persons.mapped("name") if name})),
            emails=tuple(
                filter(None, {*persons.mapped("email_normalized"), *persons.mapped("email"), *users.mapped("login")})
            ),
            phones=tuple(filter(None, {*persons.mapped("phone"), *persons.mapped("phone_sanitized")})),
            numbers=tuple(filter(None, persons.mapped("vat"))),
        )

    # === WORDS === #

    def _crm_contact_say_restricted(self, rule, customer, decision, channel):
        return self.env._("The processing of %(customer)s's data is restricted", customer=self.name)

    def _crm_contact_say_suppressed(self, rule, customer, decision, channel):
        return self.env._("Somebody with this address or number asked to be erased and not contacted again")

    # === ACTIONS === #

    def action_crm_privacy_requests(self):
        """The requests of this person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_privacy_request_action")
        return action | {
            "domain": [("partner_id", "=", self.id)],
            "context": {"default_partner_id": self.id},
        }

    def action_crm_lift_restriction(self):
        """Process the data again; the person is told first (GDPR, article 18(3))."""
        self.ensure_one()
        if not self.env.user.has_group(DPO):
            raise AccessError(self.env._("Only a data protection officer lifts a restriction."))
        partner = self.sudo()  # sudo: officers need not edit customers
        partner.crm_restricted = False
        partner.message_post(
            body=self.env._("The restriction of processing your data is lifted."),
            subject=self.env._("Restriction lifted"),
            partner_ids=partner.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    @api.model
    def _crm_unrestricted_domain(self):
        """Customers whom programs may touch by themselves."""
        return [("crm_restricted", "=", False), ("commercial_partner_id.crm_restricted", "=", False)]
