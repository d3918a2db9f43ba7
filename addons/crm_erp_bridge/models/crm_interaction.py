from odoo import models
from odoo.tools import plaintext2html


class CrmInteraction(models.Model):
    _name = "crm.interaction"
    _inherit = ["crm.interaction", "crm.request.origin"]

    _crm_request_field = "interaction_id"

    def _prepare_crm_request(self):
        return super()._prepare_crm_request() | {
            "name": self.name,
            "partner_id": (self.person_id or self.partner_id).id,
            "description": plaintext2html(self.outcome) if self.outcome else False,
        }
