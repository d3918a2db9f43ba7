from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_360_items(self):
        """Value and segment, for those who may see scores."""
        items = super()._crm_360_items()
        if not self.env["crm.rfm.score"].has_access("read"):
            return items
        for partner in self.filtered("rfm_segment_id"):
            items[partner.id].append(
                {
                    "key": "segment",
                    "sequence": 5,
                    "label": partner.rfm_segment_id.name,
                    "text": partner.rfm_code,
                    "icon": "fa-diamond",
                    "count": False,
                    "amount": partner.rfm_monetary,
                    "tone": False,
                    "method": "action_open_rfm_score",
                }
            )
        return items
