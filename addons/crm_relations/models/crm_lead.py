from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

from .. import const
from ..tools.timeline import index_expression


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_interaction_ids = fields.One2many("crm.interaction", "lead_id", string="Interactions")
    crm_interaction_count = fields.Integer(
        string="Number of Interactions",
        compute="_compute_crm_interaction_count",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )

    crm_commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Customer's Commercial Entity",
        compute="_compute_crm_commercial_partner_id",
        compute_sudo=True,
        store=True,
        ondelete="set null",
        help="Of the contact, so that all opportunities of a company are found in order of time. Odoo's own field "
        "of a similar name is not stored and is empty for a company itself.",
    )

    _crm_timeline_idx = models.Index("(crm_commercial_partner_id, create_date DESC, id DESC)")
    _crm_person_idx = models.Index("(partner_id, create_date DESC, id DESC) WHERE partner_id IS NOT NULL")
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_LEAD))

    @api.depends("partner_id.commercial_partner_id")
    def _compute_crm_commercial_partner_id(self):
        for lead in self:
            lead.crm_commercial_partner_id = lead.partner_id.commercial_partner_id

    def _compute_crm_interaction_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        )
        for lead in self:
            lead.crm_interaction_count = counts.get(lead._origin, 0)

    def write(self, vals):
        result = super().write(vals)
        if "partner_id" in vals:
            self.env["mail.activity"]._crm_refresh_partner(self)
        return result

    def _merge_dependences(self, opportunities):
        """Contacts of merged opportunities go on in the one that is kept."""
        super()._merge_dependences(opportunities)
        # sudo: as core does for messages and meetings, whatever the rights of who merges; archived ones, too
        interactions = self.env["crm.interaction"].sudo().with_context(active_test=False, crm_contact_moved=True)
        interactions.search([("lead_id", "in", opportunities.ids)]).write({"lead_id": self.id})

    def _auto_init(self):
        """Fill the column of what is there already by one statement, not record by record."""
        cr = self.env.cr
        if not column_exists(cr, "crm_lead", "crm_commercial_partner_id"):
            create_column(cr, "crm_lead", "crm_commercial_partner_id", "int4")
            cr.execute(
                "UPDATE crm_lead l SET crm_commercial_partner_id = p.commercial_partner_id "
                "FROM res_partner p WHERE p.id = l.partner_id"
            )
        return super()._auto_init()

    def action_crm_interactions(self):
        """Open the contacts logged for one opportunity, ready to log another."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_interaction_action")
        return action | {
            "domain": [("lead_id", "=", self.id)],
            "context": {"default_lead_id": self.id, "default_partner_id": self.partner_id.id},
        }
