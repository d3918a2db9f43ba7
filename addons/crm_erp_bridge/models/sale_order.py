from odoo import fields, models
from odoo.addons.crm_relations.tools.timeline import index_expression

from .. import const


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_request_id = fields.Many2one(
        "crm.request", string="Request", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_ORDER))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, date_order DESC, id DESC)")

    def _action_confirm(self):
        """Confirmed by a person or by the customer: the request need not do it any more."""
        result = super()._action_confirm()
        if not self.env.context.get("crm_request_running"):
            self._finish_confirm_steps()
        return result

    def _finish_confirm_steps(self):
        # sudo: whoever confirms the order, a customer in the portal among them, need not see the request
        requests = self.sudo().crm_request_id.filtered(lambda request: request.phase in ("in_progress", "stuck"))
        orders = {order.crm_request_id: order for order in self.sudo()}
        steps = requests.step_ids.filtered(
            lambda step: step.kind == "confirm" and step.key in step.request_id._ready_keys()
        )
        if steps:
            steps.request_id._touch()
            steps._mark_done({step.id: orders[step.request_id] for step in steps})
            steps.request_id._update_phase()
            steps.request_id._wake_lanes()
