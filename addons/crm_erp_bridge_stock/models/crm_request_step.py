from odoo import fields, models


class CrmRequestStep(models.Model):
    """A step that is done when the goods of the order are delivered: an invoice can be planned after it."""

    _inherit = "crm.request.step"

    kind = fields.Selection(
        selection_add=[("deliver", "Wait for the delivery")], ondelete={"deliver": "cascade"}
    )

    def _handle_deliver(self):
        orders = self._request_orders()
        made, waiting = {}, {}
        for step in self:
            # sudo: a request's step looks at transfers that its responsible has no right on
            order = orders[step.request_id.id].sudo()
            if order.state == "sale" and (not order.picking_ids or order.delivery_status == "full"):
                made[step.id] = orders[step.request_id.id].with_env(self.env)
            else:
                waiting[step.id] = self._delivery_reason(order)
        return made, waiting

    def _delivery_reason(self, order):
        reasons = dict.fromkeys(filter(None, order.order_line.mapped("crm_slip_reason")))
        return self.env._("%(order)s is not delivered yet.", order=order.name) + "".join(
            f" {reason}" for reason in reasons
        )
