from odoo import Command, api, fields, models
from odoo.exceptions import UserError

MOST = 80
"""How many documents of the customer are listed, the newest first."""


class CrmComplaintDocument(models.TransientModel):
    """Choose the order or invoice complained about, for whoever has no right on orders and invoices."""

    _name = "crm.complaint.document"
    _description = "Choose the Order or Invoice"

    complaint_id = fields.Many2one("crm.complaint", required=True, readonly=True, ondelete="cascade")
    line_ids = fields.One2many("crm.complaint.document.line", "wizard_id", readonly=True)

    @api.model
    def _for_complaint(self, complaint):
        """A dialog with the documents of the customer of a complaint.

        :raises UserError: when the complaint names no customer, or the customer bought nothing
        """
        if not complaint.partner_id:
            raise UserError(self.env._("Choose the customer first."))
        lines = self._lines_of(complaint)
        if not lines:
            raise UserError(
                self.env._("%(customer)s has no order and no invoice.", customer=complaint.commercial_partner_id.name)
            )
        # sudo: the lines are written here only, so that nobody chooses what is not listed
        wizard = self.sudo().create(
            {"complaint_id": complaint.id, "line_ids": [Command.create(vals) for vals in lines]}
        )
        return wizard.sudo(False)

    @api.model
    def _lines_of(self, complaint):
        # sudo: number, date and amounts are shown of the customer's documents, to whoever handles the complaint; which
        # complaints that may be is checked by the caller
        complaint = complaint.sudo()
        customer = [
            ("partner_id", "child_of", complaint.commercial_partner_id.id),
            ("company_id", "=", complaint.company_id.id),
        ]
        invoices = complaint.env["account.move"].search(
            [*customer, ("move_type", "=", "out_invoice"), ("state", "=", "posted")],
            order="invoice_date desc, id desc", limit=MOST,
        )  # fmt: skip
        orders = complaint.env["sale.order"].search(
            [*customer, ("state", "=", "sale"), ("crm_remedy_id", "=", False)], order="date_order desc", limit=MOST
        )
        return [
            {
                "invoice_id": invoice.id,
                "name": invoice.name,
                "origin": invoice.invoice_origin,
                "date": invoice.invoice_date,
                "amount_total": invoice.amount_total,
                "amount_left": invoice._crm_creditable_amount(),
                "currency_id": invoice.currency_id.id,
            }
            for invoice in invoices
        ] + [
            {
                "order_id": order.id,
                "name": order.name,
                "origin": order.client_order_ref,
                "date": fields.Datetime.context_timestamp(complaint, order.date_order).date(),
                "amount_total": order.amount_total,
                "currency_id": order.currency_id.id,
            }
            for order in orders
        ]


class CrmComplaintDocumentLine(models.TransientModel):
    _name = "crm.complaint.document.line"
    _description = "Order or Invoice to Choose"
    _order = "id"

    wizard_id = fields.Many2one("crm.complaint.document", required=True, ondelete="cascade", index=True)
    invoice_id = fields.Many2one("account.move", readonly=True, ondelete="cascade")
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="cascade")
    name = fields.Char(string="Number", readonly=True)
    origin = fields.Char(string="Reference", readonly=True)
    date = fields.Date(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    amount_left = fields.Monetary(string="Not Yet Credited", readonly=True)

    def action_choose(self):
        """It is this one; an invoice brings its order with it."""
        self.ensure_one()
        complaint = self.wizard_id.complaint_id
        # sudo: the order behind the invoice, which the handler may not read
        invoice = self.sudo().invoice_id
        order = self.sudo().order_id or invoice.line_ids.sale_line_ids.order_id[:1]
        complaint.write({"crm_invoice_id": invoice.id, "crm_order_id": order.id})
        return {"type": "ir.actions.act_window_close"}
