from odoo import fields, models

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

    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_LEAD))

    def _compute_crm_interaction_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        )
        for lead in self:
            lead.crm_interaction_count = counts.get(lead._origin, 0)

    def action_crm_interactions(self):
        """Open the contacts logged for one opportunity, ready to log another."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_interaction_action")
        return action | {
            "domain": [("lead_id", "=", self.id)],
            "context": {"default_lead_id": self.id, "default_partner_id": self.partner_id.id},
        }
