from odoo import fields, models
from odoo.addons.crm_relations.tools.timeline import index_expression

from .. import const


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_need_id = fields.Many2one(
        "crm.need",
        string="Made from Need",
        copy=False,
        readonly=True,
        ondelete="set null",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )
    crm_request_id = fields.Many2one(
        "crm.request", string="Request", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_ORDER))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, date_order DESC, id DESC)")
    # of a need there is one quotation, until it is cancelled
    _crm_need_uniq = models.UniqueIndex(
        "(crm_need_id) WHERE crm_need_id IS NOT NULL AND state <> 'cancel'", "This need has a quotation already."
    )

    def _action_confirm(self):
        """What was needed is met; the step of the request that confirms is done, whoever did it."""
        result = super()._action_confirm()
        self._meet_needs()
        if not self.env.context.get("crm_request_running"):
            self._finish_confirm_steps()
        return result

    def _meet_needs(self):
        # sudo: who confirms the order need not see the needs behind it
        for order in self.sudo().filtered(lambda order: order.crm_need_id.state == "open"):
            order.crm_need_id._set_state("met", reason=self.env._("Ordered: %(order)s", order=order.name))

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
