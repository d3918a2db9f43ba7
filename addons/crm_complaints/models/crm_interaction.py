from odoo import models

from ..const import CHANNELS


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    def action_make_complaint(self):
        """The customer complained in this contact: a complaint of it, received when the contact was; once."""
        self.ensure_one()
        complaint = self.env["crm.complaint"]._make_from(
            self,
            {
                "name": self.objective or (self.outcome or "").split("\n")[0][:100] or self.display_name,
                "partner_id": (self.contact_id or self.partner_id).id,
                "channel": self.channel if self.channel in dict(CHANNELS) else "other",
                "date_received": self.date,
                "description": self.note or self.outcome,
            },
        )
        return complaint._get_records_action()
