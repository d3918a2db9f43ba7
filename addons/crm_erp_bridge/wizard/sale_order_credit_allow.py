from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrderCreditAllow(models.TransientModel):
    """A sales manager confirms an order in spite of what the customer owes, and says why."""

    _name = "sale.order.credit.allow"
    _description = "Allow an Order over the Credit Limit"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="order_id.crm_credit_currency_id")
    balance = fields.Monetary(related="order_id.crm_credit_balance")
    overdue = fields.Monetary(related="order_id.crm_credit_overdue")
    to_invoice = fields.Monetary(related="order_id.crm_credit_to_invoice")
    total = fields.Monetary(related="order_id.crm_credit_total")
    limit = fields.Monetary(related="order_id.crm_credit_limit")
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Record the decision on the order and confirm it.

        :raises UserError: for everybody but a sales manager, and without a reason
        """
        self.ensure_one()
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise UserError(self.env._("Only a sales manager can allow it."))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Reason: say why the order is accepted all the same."))
        order = self.order_id
        order.check_access("write")
        words = order._crm_credit_words()
        # sudo: the decision is written here only, see sale.order
        order.sudo().write(
            {
                "crm_credit_user_id": self.env.uid,
                "crm_credit_date": fields.Datetime.now(),
                "crm_credit_reason": self.reason,
                "crm_credit_amount": order.amount_total,
            }
        )
        order.message_post(
            body=self.env._("Confirmed all the same: %(reason)s (%(words)s)", reason=self.reason, words=words)
        )
        order.action_confirm()
        return {"type": "ir.actions.act_window_close"}
