from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.touch import touch


class CrmComplaintRemedy(models.Model):
    """Remedies on an order: goods sent anew free of charge, and a discount on this or the next order."""

    _inherit = "crm.complaint.remedy"

    # === REPLACEMENT === #

    def _execute_replacement(self):
        """A sales order of the chosen goods at a discount of 100 %, as a quotation or confirmed.

        :raises UserError: when no goods were chosen
        """
        self.ensure_one()
        # sudo: who carries a remedy out has no right on orders; the goods follow from the approved remedy
        remedy = self.sudo().with_company(self.company_id)
        orders = remedy.env["sale.order"]
        order = orders.search([("crm_remedy_id", "=", self.id), ("state", "!=", "cancel")])
        if not order:
            order = orders.create(remedy._prepare_replacement_order())
            order.message_post(
                body=self.env._("Replacement for complaint %(complaint)s", complaint=self.complaint_id.code)
            )
        if remedy.company_id.crm_remedy_confirm and order.state in ("draft", "sent"):
            order.action_confirm()
        return order

    def _prepare_replacement_order(self):
        """Values of the order: to the same customer and address, by the same salesperson."""
        self.ensure_one()
        source = self.order_id or self.invoice_id.line_ids.sale_line_ids.order_id[:1]
        partner = source.partner_id or self.complaint_id.partner_id
        if not partner:
            raise UserError(self.env._("Choose the customer on the complaint first."))
        values = {
            "partner_id": partner.id,
            "company_id": self.company_id.id,
            "crm_remedy_id": self.id,
            "origin": self.complaint_id.code,
            "client_order_ref": self.complaint_id.reference or source.client_order_ref,
            "order_line": [Command.create(line._prepare_replacement_line()) for line in self._chosen_lines()],
        }
        if source:
            values |= {
                "user_id": source.user_id.id,
                "team_id": source.team_id.id,
                "partner_shipping_id": source.partner_shipping_id.id,
                "pricelist_id": source.pricelist_id.id,
            }
        return values

    # === DISCOUNT === #

    def _execute_discount(self):
        """A credit note when the sale was invoiced, a line on the order when not, else a promise for the next order.

        :return: the credit note or the order line; None while the promise waits for an order
        :raises UserError: when the order does not allow it
        """
        self.ensure_one()
        # sudo: who carries a remedy out has no right on orders and invoices; the amount is the approved one
        remedy = self.sudo().with_company(self.company_id)
        if remedy.discount_on == "credit":
            return remedy._make_credit_note()
        if remedy.discount_on == "order":
            return remedy._discount_order(remedy.order_id)
        return None

    def _discount_order(self, order):
        """Give the discount on an order, by Odoo's own dialog.

        :return: the (first) order line of the discount
        """
        self.ensure_one()
        order = order.sudo()  # sudo: see the callers, each of which checked what the user may do
        touch(order)
        order.invalidate_recordset()
        if made := order.order_line.filtered(lambda line: line.crm_remedy_id == self):
            return made[:1]
        currency = order.currency_id
        amount = currency.round(self.amount * (order.currency_rate or 1.0))
        if order.state == "cancel" or order.locked or any(order.invoice_ids.mapped(lambda m: m.state != "cancel")):
            raise UserError(
                self.env._(
                    "%(order)s is cancelled, locked or invoiced: give the discount on the invoice or the next order.",
                    order=order.name,
                )
            )
        if currency.compare_amounts(amount, order.amount_total) > 0:
            raise UserError(
                self.env._(
                    "The discount of %(amount)s is more than %(order)s amounts to (%(total)s).",
                    amount=self._format(amount, currency),
                    order=order.name,
                    total=self._format(order.amount_total, currency),
                )
            )
        before, total = order.order_line, order.amount_total
        dialogs = self.env["sale.order.discount"].sudo().with_company(order.company_id)
        dialogs.create(
            {"sale_order_id": order.id, "discount_type": "amount", "discount_amount": amount}
        ).action_apply_discount()
        lines = order.order_line - before
        for part, line in enumerate(lines):
            line.write({"crm_remedy_id": self.id, "crm_remedy_part": part})
        if not currency.is_zero(total - order.amount_total - amount):
            raise UserError(
                self.env._(
                    "The taxes of %(order)s do not allow a discount of %(amount)s.",
                    order=order.name,
                    amount=self._format(amount, currency),
                )
            )
        order.message_post(
            body=self.env._(
                "Discount of %(amount)s for complaint %(complaint)s",
                amount=self._format(amount, currency),
                complaint=self.complaint_id.code,
            )
        )
        return lines[:1]

    # === THE ORDER DECIDES WHEN IT IS DONE === #

    def _execution_values(self, document):
        """A quotation sends nothing yet, and a promise waits for its order."""
        values = super()._execution_values(document)
        if document and document._name == "sale.order" and not self._is_sent(document):
            return {"res_model": document._name, "res_id": document.id, "error": False}
        if not document and self.kind == "discount":
            return {"error": False}
        return values

    def _is_sent(self, order):
        """Whether an order carries the replacement out: once it is confirmed."""
        return order.state == "sale"

    def _order_moved_on(self):
        """The replacement's order was confirmed (or, with deliveries, delivered)."""
        for remedy in self.filtered(lambda remedy: remedy.state == "executing" and remedy.res_model == "sale.order"):
            if remedy._is_sent(remedy.env["sale.order"].browse(remedy.res_id)):
                remedy._write_step({"state": "done", "date_done": fields.Datetime.now()})

    def _finish_on_order(self, line):
        """The promised discount was given."""
        self._write_step(
            {"state": "done", "date_done": fields.Datetime.now(), "res_model": line._name, "res_id": line.id}
        )
