from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.touch import touch

TWICE_SECONDS = 60
"""Two equal down payments that programs make within this time, each in one call, are one that came twice."""


class SaleAdvancePaymentInv(models.TransientModel):
    """Down payments once: what two users do at the same time, or one does twice, is not invoiced twice."""

    _inherit = "sale.advance.payment.inv"

    crm_seen = fields.Char(
        default=lambda self: self._default_crm_seen(),
        export_string_translation=False,
        help="The invoices that the orders had when the dialog was opened.",
    )

    @api.model
    def _default_crm_seen(self):
        if self.env.context.get("active_model") != "sale.order":
            return False
        return self._crm_invoices_of(self.env["sale.order"].browse(self.env.context.get("active_ids", [])))

    @api.model
    def _crm_invoices_of(self, orders):
        # sudo: an invoice made by somebody else counts, whether the user may see it or not
        return " ".join(str(number) for number in sorted(orders.sudo().invoice_ids.ids)) or "-"

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        for wizard in wizards:
            if not wizard.crm_seen:
                wizard.crm_seen = self._crm_invoices_of(wizard.sale_order_ids)
        return wizards

    def _create_invoices(self, sale_orders):
        """
        :raises UserError: when the order was cancelled or another invoice of it was made since the dialog was opened,
            or when more would be invoiced than was ordered
        """
        if self.advance_payment_method == "delivered":
            return super()._create_invoices(sale_orders)
        touch(sale_orders)
        sale_orders.invalidate_recordset(["invoice_ids", "state"])
        if cancelled := sale_orders.filtered(lambda order: order.state == "cancel"):
            raise UserError(
                self.env._(
                    "%(order)s is cancelled: nothing is invoiced in advance any more.",
                    order=", ".join(cancelled.mapped("name")),
                )
            )
        now = self._crm_invoices_of(sale_orders)
        if now != self.crm_seen:
            raise UserError(
                self.env._(
                    "While this dialog was open, another invoice was made for %(order)s. Close it and look again: "
                    "the down payment may have been made already.",
                    order=", ".join(sale_orders.mapped("name")),
                )
            )
        invoices = super()._create_invoices(sale_orders)
        sale_orders._check_not_overbilled()
        self._check_not_twice(sale_orders, invoices)
        return invoices

    def _check_not_twice(self, sale_orders, invoices):
        """A program opens the dialog and sends it in one call, so that its second call has "seen" what the first made.

        :raises UserError: when the same amount was invoiced in advance by another call just before
        """
        now = self.env.cr.now()
        if self.create_date != now or sale_orders._crm_may_overbill():
            return
        for order in sale_orders.sudo():  # sudo: invoices made by somebody else count
            amounts = set((invoices.sudo() & order.invoice_ids).mapped("amount_total"))
            twin = (order.invoice_ids - invoices).filtered(
                lambda move, amounts=amounts: move.state != "cancel"
                and now - timedelta(seconds=TWICE_SECONDS) <= move.create_date < now
                and move.amount_total in amounts
                and any(move.line_ids.mapped("is_downpayment"))
            )
            if twin:
                raise UserError(
                    self.env._(
                        "A down payment of the same amount was made for %(order)s within the last minute. If there "
                        "are to be two, wait a moment.",
                        order=order.name,
                    )
                )
