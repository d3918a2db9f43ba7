from odoo import models
from odoo.fields import Command


class CrmNeed(models.Model):
    _name = "crm.need"
    _inherit = ["crm.need", "crm.request.origin"]

    _crm_request_field = "need_id"

    def _prepare_crm_request(self):
        line = {"name": self.name, "quantity": self.quantity or 1.0, "date_wanted": self.date_wanted}
        for match in self._match_products(limit=1)[self]:
            if match.res_model == "product.product":
                line["product_id"] = match.res_id
        return super()._prepare_crm_request() | {
            "name": self.name,
            "priority": "1" if self.priority > "1" else "0",
            "line_ids": [Command.create(line)],
        }
