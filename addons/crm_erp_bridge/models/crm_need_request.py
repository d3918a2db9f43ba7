from odoo import models
from odoo.fields import Command


class CrmNeed(models.Model):
    """A need becomes a request: the products chosen for it, or else the one that fits best."""

    _name = "crm.need"
    _inherit = ["crm.need", "crm.request.origin"]

    _crm_request_field = "need_id"

    def _prepare_crm_request(self):
        lines = [
            {"name": line.product_id.name, "product_id": line.product_id.id, "quantity": line.quantity}
            for line in self._chosen_lines()
        ]
        if not lines:
            lines = [{"name": self.name, "quantity": self.quantity or 1.0}]
            for match in self._match_products(limit=1)[self]:
                if match.res_model == "product.product":
                    lines[0]["product_id"] = match.res_id
        return super()._prepare_crm_request() | {
            "name": self.name,
            "priority": "1" if self.priority > "1" else "0",
            "line_ids": [Command.create(line | {"date_wanted": self.date_wanted}) for line in lines],
        }
