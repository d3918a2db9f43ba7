from odoo import api, fields, models

from ..const import OF_CUSTOMER

EMBEDDED_LIMIT = 30


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_interaction_ids = fields.One2many(
        "crm.interaction", "partner_id", string="Interactions", domain=OF_CUSTOMER
    )
    crm_timeline_ids = fields.Many2many(
        "crm.timeline",
        string="Timeline",
        compute="_compute_crm_timeline_ids",
        groups="crm_relations.group_user,crm_relations.group_auditor",
        help="The latest entries only.",
    )

    # === COMPUTE METHODS === #

    def _crm_timeline_domain(self):
        """Entries shown for one partner.

        A company (or a person on their own) rolls up all their contacts; a
        contact person shows what was with that person. One column with one id:
        the shapes "any of these ids" and "this or that column" cannot use the
        ordered indexes and are hundreds of times slower.

        :rtype: list
        """
        self.ensure_one()
        column = "commercial_partner_id" if self.commercial_partner_id == self else "partner_id"
        return [(column, "=", self._origin.id)]

    def _compute_crm_timeline_ids(self):
        for partner in self:
            partner.crm_timeline_ids = self.env["crm.timeline"]._page_ids(partner, EMBEDDED_LIMIT)

    # === ACTIONS === #

    def action_crm_timeline(self):
        """Open the whole timeline of one customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_timeline_action")
        return action | {
            "name": self.env._("Timeline of %(customer)s", customer=self.display_name),
            "domain": self._crm_timeline_domain(),
            "context": {"hide_customer": True},
        }

    @api.readonly
    def action_crm_log_interaction(self):
        """Open the small dialog in which a contact is logged."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a contact with %(customer)s", customer=self.display_name),
            "res_model": "crm.interaction",
            "view_mode": "form",
            "views": [(self.env.ref("crm_relations.crm_interaction_view_form_quick").id, "form")],
            "target": "new",
            "context": {"default_partner_id": self.id},
        }
