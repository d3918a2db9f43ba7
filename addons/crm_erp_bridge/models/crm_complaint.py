from odoo import models


class CrmComplaint(models.Model):
    _name = "crm.complaint"
    _inherit = ["crm.complaint", "crm.request.origin"]

    _crm_request_field = "complaint_id"

    def _prepare_crm_request(self):
        values = super()._prepare_crm_request()
        values["reference"] = self.code
        values["description"] = self.description
        # work about a complaint is a service as a rule; whoever takes the request may choose another type
        service = self.env["crm.request.type"].search(
            [("kind", "=", "service"), ("company_id", "in", (False, self.company_id.id))], limit=1
        )
        if service:
            values["type_id"] = service.id
        return values
