from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_360_items(self):
        items = super()._crm_360_items()
        if not self.env["crm.complaint"].has_access("read"):
            return items
        for partner in self.filtered("complaint_open_count"):
            items[partner.id].append(
                {
                    "key": "complaints",
                    "sequence": 1,
                    "label": self.env._("Open complaints"),
                    "icon": "fa-exclamation-circle",
                    "count": partner.complaint_open_count,
                    "amount": False,
                    "tone": "danger",
                    "method": "action_view_complaints",
                }
            )
        return items
