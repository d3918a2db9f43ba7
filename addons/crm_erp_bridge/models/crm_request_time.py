from odoo import fields, models

from .crm_request import READERS


class CrmRequest(models.Model):
    """The time that people spent on a request."""

    _inherit = "crm.request"

    hours_spent = fields.Float(compute="_compute_hours_spent", groups=READERS)

    def _compute_hours_spent(self):
        # sudo: who follows the request sees how much time it took, not who booked it
        hours = dict(
            self.env["account.analytic.line"]
            .sudo()
            ._read_group(
                [("task_id.crm_request_id", "in", self._origin.ids)], ["task_id"], ["unit_amount:sum"]
            )
        )
        by_request = {}
        for task, spent in hours.items():
            by_request[task.crm_request_id.id] = by_request.get(task.crm_request_id.id, 0.0) + spent
        for request in self:
            request.hours_spent = by_request.get(request._origin.id, 0.0)

    def action_open_work(self):
        """Who worked on the request, and how long."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_work_report_action")
        views = [(False, "list"), (False, "kanban")]
        return action | {"domain": [("request_id", "=", self.id)], "context": {}, "view_mode": "list", "views": views}
