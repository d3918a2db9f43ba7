from odoo import fields, models


class CrmLeadLost(models.TransientModel):
    _inherit = "crm.lead.lost"

    lost_to_id = fields.Many2one(
        "crm.competitor", help="The competitor who got the business, if any."
    )

    def action_lost_reason_apply(self):
        """Write down to whom the opportunities went before they are marked as lost."""
        if self.lost_to_id:
            self.lead_ids.write({"lost_to_id": self.lost_to_id.id})
        return super().action_lost_reason_apply()
