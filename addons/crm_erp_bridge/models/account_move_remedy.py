from odoo import fields, models

from .crm_complaint_document import HANDLERS


class AccountMove(models.Model):
    """Credit notes that carry out remedies, and the complaints about an invoice."""

    _name = "account.move"
    _inherit = ["account.move", "crm.complaint.document"]

    crm_remedy_id = fields.Many2one(
        "crm.complaint.remedy", string="Remedy", copy=False, readonly=True, index="btree_not_null",
        ondelete="restrict", groups=HANDLERS,
    )  # fmt: skip

    # the key of a remedy: of its credit note there is one, until it is cancelled
    _crm_remedy_uniq = models.UniqueIndex(
        "(crm_remedy_id) WHERE crm_remedy_id IS NOT NULL AND state <> 'cancel'",
        "This remedy has its credit note already.",
    )

    def _crm_complaints_domain(self):
        # sudo: which complaint a document names; whether the user sees that one is asked by the search
        return ["|", ("id", "in", self.sudo().crm_complaint_id.ids), ("crm_invoice_id", "in", self.ids)]

    # === WHAT MAY STILL BE CREDITED === #

    def _crm_credit_notes(self):
        """Credit notes of these invoices that count: posted ones and drafts."""
        # sudo: credit notes of everybody count
        return self.sudo().reversal_move_ids.filtered(
            lambda move: move.move_type == "out_refund" and move.state != "cancel"
        )

    def _crm_creditable_amount(self, leave_out=None):
        """What was invoiced and not yet credited, drafts counted, in the currency of the invoice, taxes included.

        :param leave_out: credit notes that do not count
        """
        self.ensure_one()
        invoice = self.sudo()  # sudo: credit notes of everybody count
        left = invoice.amount_total
        for note in invoice._crm_credit_notes() - (leave_out or self.browse()):
            left -= note.currency_id._convert(
                note.amount_total, invoice.currency_id, invoice.company_id, note.invoice_date or fields.Date.today()
            )
        return invoice.currency_id.round(max(left, 0.0))

    def _crm_set_total(self, total):
        """Make the total of a draft credit note exact to the cent where rounding of taxes made it differ.

        What remains is put on the largest tax, as an accountant does it on the form; never more than a cent for each
        line and tax.

        :return: what still differs
        """
        self.ensure_one()
        difference = self.currency_id.round(total - self.amount_total)
        taxes = self.line_ids.filtered(lambda line: line.display_type == "tax")
        limit = self.currency_id.rounding * (len(self.invoice_line_ids) + len(taxes))
        if self.currency_id.is_zero(difference) or not taxes or abs(difference) > limit:
            return difference
        line = max(taxes, key=lambda line: abs(line.amount_currency))
        sign = 1 if line.amount_currency >= 0 else -1
        line.amount_currency += sign * difference
        return self.currency_id.round(total - self.amount_total)

    # === A REMEDY FOLLOWS ITS DOCUMENT === #

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        # sudo: whoever posts the credit note need not see the complaint that it settles
        posted.sudo()._crm_carried_out()._document_posted()
        return posted

    def button_draft(self):
        result = super().button_draft()
        # sudo: whoever resets the credit note need not see the complaint that it settles
        self.sudo()._crm_carried_out()._document_reset()
        return result

    def button_cancel(self):
        # sudo: whoever cancels the credit note need not see the complaint that it settles
        remedies = self.sudo()._crm_carried_out()
        names = ", ".join(remedies.mapped("result_label"))
        result = super().button_cancel()
        remedies._document_lost(self.env._("%(document)s was cancelled.", document=names))
        return result

    def unlink(self):
        # sudo: whoever deletes the draft need not see the complaint that it was to settle
        remedies = self.sudo()._crm_carried_out()
        result = super().unlink()
        remedies._document_lost(self.env._("The draft of its credit note was deleted."))
        return result

    def _crm_carried_out(self):
        """The remedies whose document these are."""
        return self.crm_remedy_id.filtered(
            lambda remedy: remedy.res_model == self._name and remedy.res_id in self.ids
        )
