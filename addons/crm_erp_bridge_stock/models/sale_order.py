from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _crm_delivered(self):
        """Goods went out: steps of requests that wait for the delivery are looked at again now."""
        requests = self.crm_request_id.filtered(lambda request: request.phase in ("in_progress", "stuck"))
        steps = requests.step_ids.filtered(lambda step: step.kind == "deliver" and step.state == "planned")
        if steps:
            steps.write({"date_next": False})
            steps.request_id._wake_lanes()
