from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import OF_CUSTOMER


class ResPartner(models.Model):
    """What the customer agreed to."""

    _inherit = "res.partner"

    crm_consent_ids = fields.One2many(
        "crm.consent",
        "partner_id",
        string="Consents",
        domain=OF_CUSTOMER,
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )
    crm_consent_summary = fields.Char(
        string="Consents in Words",
        compute="_compute_crm_consent_summary",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )

    # === COMPUTE METHODS === #

    @api.depends("crm_consent_ids")
    @api.depends_context("lang")
    def _compute_crm_consent_summary(self):
        """The last word about each purpose and channel."""
        for partner in self:
            partner.crm_consent_summary = "; ".join(
                entry.name for entry in partner._crm_last_words() if entry.name
            ) or False

    def _crm_last_words(self):
        """The latest entry about each purpose and channel; one about all channels ends the earlier ones."""
        self.ensure_one()
        words, over = {}, set()
        for entry in self.crm_consent_ids.sorted(lambda one: (one.date, one._origin.id), reverse=True):
            if entry.purpose_id in over:
                continue
            words.setdefault((entry.purpose_id, entry.channel), entry)
            if not entry.channel:
                over.add(entry.purpose_id)
        return words.values()

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_crm_consents(self):
        # sudo: entries that the user may not see keep the customer as well
        entry = self.env["crm.consent"].sudo().search([("partner_id", "in", self.ids)], limit=1)
        if entry:
            raise UserError(
                self.env._(
                    "%(customer)s has consents on record, which are kept as proof: archive the contact instead.",
                    customer=entry.partner_id.display_name,
                )
            )

    # === AT A GLANCE === #

    def _crm_360_items(self):
        items = super()._crm_360_items()
        if not self.env["crm.consent"].has_access("read"):
            return items
        for partner in self:
            words = partner._crm_last_words()
            if not words:
                continue
            states = [entry.state for entry in words]
            items[partner.id].append(
                {
                    "key": "consents",
                    "sequence": 90,
                    "label": self.env._("Consents"),
                    "icon": "fa-handshake-o",
                    "count": len(states) - states.count("withdrawn"),
                    "amount": False,
                    "text": self.env._("%(count)s withdrawn", count=states.count("withdrawn"))
                    if "withdrawn" in states
                    else False,
                    "tone": False,
                    "method": "action_crm_consents",
                }
            )
        return items

    # === ACTIONS === #

    def action_crm_consents(self):
        """The ledger of this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_consent_action")
        column = "commercial_partner_id" if self.commercial_partner_id == self else "partner_id"
        return action | {"domain": [(column, "=", self.id)], "context": {"default_partner_id": self.id}}

    def action_crm_record_consent(self):
        """The dialog in which a customer's word is recorded."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What %(customer)s Said", customer=self.display_name),
            "res_model": "crm.consent",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_partner_id": self.id},
        }
