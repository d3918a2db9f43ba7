from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.remedy_money import share_out
from ..tools.touch import touch


class CrmComplaintRemedy(models.Model):
    """Remedies in money: the credit note of an invoice, and the payment that pays it back.

    The documents are Odoo's own: the dialog that reverses an invoice, and the one that registers a payment. A credit
    note stays a draft for the accountant unless the company posts at once; until it is posted the remedy is in
    execution, and a refund is paid when it is posted.
    """

    _inherit = "crm.complaint.remedy"

    def _execute_credit_note(self):
        """The credit note of the invoice: by lines, or of an amount shared out over its taxes.

        :raises UserError: when there is no invoice, or more would be credited than was invoiced
        """
        return self._make_credit_note()

    def _execute_refund(self):
        """The payment of a posted credit note; while that is a draft, the credit note.

        :raises UserError: when the invoice was not paid, so that there is nothing to pay back
        """
        # sudo: the handler has no right on accounting; what is done is limited to the invoice of the remedy
        invoice = self.sudo().invoice_id
        made = self._credit_note()
        if invoice and not made and not invoice.currency_id.is_zero(invoice.amount_residual):
            raise UserError(
                self.env._(
                    "%(invoice)s is not paid: %(open)s is still open. A credit note lowers what the customer owes: "
                    "propose that instead.",
                    invoice=invoice.name,
                    open=self._format(invoice.amount_residual, invoice.currency_id),
                )
            )
        note = made or self._make_credit_note()
        return self._pay_back(note) if note.state == "posted" else note

    def _credit_note(self):
        """The credit note that was made before for this remedy, if any."""
        # sudo: the handler has no right on accounting
        return self.env["account.move"].sudo().search([("crm_remedy_id", "=", self.id), ("state", "!=", "cancel")])

    def _make_credit_note(self):
        """Reverse the invoice, as a draft or posted, exactly once.

        :return: the credit note, in superuser mode
        """
        self.ensure_one()
        # sudo: who carries a remedy out has no right on accounting. What is made follows from the approved remedy alone
        # (its invoice, amount and lines), and approval was by somebody else.
        remedy = self.sudo().with_company(self.company_id)
        invoice = remedy.invoice_id
        if not invoice:
            raise UserError(self.env._("Choose the invoice on the complaint first, then propose the remedy anew."))
        # what two users credit at the same time counts together: the second is repeated and sees the first
        touch(invoice)
        invoice.invalidate_recordset(["reversal_move_ids"])
        if made := remedy._credit_note():
            return made
        amount = remedy._amount_to_credit()
        note = remedy._reverse_invoice()
        if remedy.by_lines:
            remedy._credit_lines(note)
        elif not invoice.currency_id.is_zero(amount - invoice.amount_total):
            remedy._credit_amount(note, amount)
        difference = note._crm_set_total(amount)
        if not note.currency_id.is_zero(difference):
            raise UserError(
                self.env._(
                    "The credit note would be %(made)s instead of %(wanted)s: the taxes of %(invoice)s do not allow "
                    "that amount. Choose lines instead.",
                    made=self._format(note.amount_total, note.currency_id),
                    wanted=self._format(amount, note.currency_id),
                    invoice=invoice.name,
                )
            )
        note.message_post(
            body=self.env._("Settles complaint %(complaint)s: %(reason)s", complaint=remedy.complaint_id.code,
                            reason=remedy.reason)
        )  # fmt: skip
        if remedy.company_id.crm_remedy_post:
            note.action_post()
        return note

    def _amount_to_credit(self):
        """In the currency of the invoice, taxes included.

        :raises UserError: when the invoice is not posted, or less is left of it than is to be credited
        """
        self.ensure_one()
        invoice = self.invoice_id
        currency = invoice.currency_id
        if invoice.state != "posted":
            raise UserError(
                self.env._("%(invoice)s is not posted: correct the draft instead.", invoice=invoice.display_name)
            )
        amount = self._amount_of_lines() if self.by_lines else self._in_document_currency(self.amount)
        left = invoice._crm_creditable_amount()
        if currency.compare_amounts(amount, left) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s cannot be credited of %(invoice)s: only %(left)s of it was invoiced and not yet "
                    "credited (drafts counted).",
                    amount=self._format(amount, currency),
                    invoice=invoice.name,
                    left=self._format(left, currency),
                )
            )
        return currency.round(amount)

    def _reverse_invoice(self):
        """A draft that reverses the whole invoice, made by Odoo's dialog."""
        self.ensure_one()
        invoice = self.invoice_id
        dialogs = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        dialog = dialogs.create(
            {
                "journal_id": invoice.journal_id.id,
                "reason": self.reason,
                "crm_complaint_id": self.complaint_id.id,
                "crm_keep_invoiced": True,
            }
        )
        note = self.env["account.move"].browse(dialog.reverse_moves()["res_id"])
        note.crm_remedy_id = self
        return note

    def _credit_lines(self, note):
        """Leave the chosen quantities on the credit note."""
        commands = [Command.clear()]
        for line in self._chosen_lines():
            source = line.move_line_id
            left = source.quantity - (source._crm_credited_quantity() - self._quantity_on(note, source))
            if line.quantity > left + 1e-6:
                raise UserError(
                    self.env._(
                        "%(article)s: only %(left)s were invoiced and not yet credited.",
                        article=line.name,
                        left=max(left, 0.0),
                    )
                )
            values = source.with_context(include_business_fields=True).copy_data()[0]
            values.pop("move_id", None)
            commands.append(Command.create(values | {"quantity": line.quantity}))
        note.invoice_line_ids = commands

    @staticmethod
    def _quantity_on(note, source):
        """The quantity of an invoice line on the credit note that is being made, a full copy of the invoice."""
        if source.sale_line_ids:
            same = note.invoice_line_ids.filtered(lambda line: line.sale_line_ids & source.sale_line_ids)
        else:
            same = note.invoice_line_ids.filtered(
                lambda line: line.product_id and line.product_id == source.product_id
                and line.price_unit == source.price_unit
            )
        return sum(same.mapped("quantity"))

    def _credit_amount(self, note, amount):
        """Replace the lines by one for each combination of taxes and account of the invoice, sharing the amount out.

        Their net price is found backwards from the amount, so that each tax gets the part it had in the invoice.
        """
        groups = {}
        for line in self.invoice_id.invoice_line_ids.filtered(lambda line: line.display_type == "product"):
            key = (line.tax_ids, line.account_id)
            groups[key] = groups.get(key, 0.0) + line.price_total
        shares = share_out(amount, groups.values(), note.currency_id.rounding)
        label = self.with_context(lang=note.partner_id.lang or self.env.lang).env._(
            "Credit for complaint %(complaint)s", complaint=self.complaint_id.code
        )
        note.invoice_line_ids = [
            Command.clear(),
            *(
                Command.create(
                    {
                        "name": label,
                        "quantity": 1,
                        "price_unit": self._price_of(share, taxes, note),
                        "tax_ids": [Command.set(taxes.ids)],
                        "account_id": account.id,
                    }
                )
                for (taxes, account), share in zip(groups, shares, strict=True)
                if share
            ),
        ]

    def _price_of(self, gross, taxes, note):
        """The unit price that, with its taxes, amounts to ``gross``."""
        if not taxes:
            return gross
        result = taxes.with_context(force_price_include=True).compute_all(
            gross, currency=note.currency_id, partner=note.partner_id, is_refund=True
        )
        return result["total_excluded"] + sum(tax["amount"] for tax in result["taxes"] if tax["price_include"])

    # === REFUND === #

    def _pay_back(self, note):
        """Register the payment of a posted credit note; once, whoever asks.

        :return: the payment
        """
        self.ensure_one()
        # sudo: paying belongs to accounting, the amount follows from the approved remedy
        payments = self.env["account.payment"].sudo().with_company(self.company_id)
        if made := payments.search([("crm_remedy_id", "=", self.id), ("state", "not in", ("canceled", "rejected"))]):
            return made
        if note.currency_id.is_zero(note.amount_residual):
            raise UserError(
                self.env._(
                    "%(note)s has nothing left to pay back: it was set off against the open invoice.", note=note.name
                )
            )
        dialogs = self.env["account.payment.register"].sudo().with_company(self.company_id)
        dialog = dialogs.with_context(active_model="account.move", active_ids=note.ids).create({})
        if not dialog.journal_id:
            raise UserError(self.env._("There is no bank or cash journal to pay from (Invoicing > Configuration)."))
        payment = dialog._create_payments().sudo()  # sudo: the dialog hands it back with the rights of the user
        payment.crm_remedy_id = self
        payment.message_post(body=self.env._("Refund for complaint %(complaint)s", complaint=self.complaint_id.code))
        return payment

    # === THE DOCUMENT DECIDES WHEN IT IS DONE === #

    def _execution_values(self, document):
        """A draft carries nothing out yet: the remedy is done when it is posted."""
        values = super()._execution_values(document)
        if document and document._name == "account.move" and (document.state != "posted" or self.kind == "refund"):
            return {"res_model": document._name, "res_id": document.id, "error": False}
        return values

    def _document_posted(self):
        """The accountant posted the credit note: it is done, and a refund is paid now.

        Whoever posts is not stopped by a payment that cannot be made: the remedy then says why, and is tried again.
        """
        for remedy in self.filtered(lambda remedy: remedy.state == "executing" and remedy.res_model == "account.move"):
            if remedy.kind == "refund":
                remedy._run()
            else:
                remedy._write_step({"state": "done", "date_done": fields.Datetime.now(), "error": False})

    def _document_reset(self):
        """Its credit note is a draft again."""
        for remedy in self.filtered(lambda remedy: remedy.state == "done"):
            remedy._write_step({"state": "executing", "date_done": False})

    def _document_lost(self, reason):
        """Its document was cancelled or deleted: it is to be carried out again, or rejected."""
        for remedy in self.filtered(lambda remedy: remedy.state in ("executing", "done")):
            remedy._write_step(
                {"state": "failed", "error": reason, "res_model": False, "res_id": False, "date_done": False}
            )
