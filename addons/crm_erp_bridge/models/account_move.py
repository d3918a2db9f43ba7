from odoo import fields, models
from odoo.addons.crm_relations.tools.timeline import index_expression
from odoo.exceptions import UserError
from odoo.tools import formatLang

from .. import const
from ..tools.touch import touch


class AccountMove(models.Model):
    _inherit = "account.move"

    crm_complaint_id = fields.Many2one(
        "crm.complaint",
        string="Complaint",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="crm_complaints.group_user,account.group_account_invoice",
    )
    crm_keep_invoiced = fields.Boolean(
        string="Do Not Invoice Again",
        copy=False,
        help="Of a credit note: the credited quantities stay invoiced on the order.",
    )

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_INVOICE))
    # and, of each customer and each person, in order of time
    _crm_timeline_idx = models.Index(
        "(commercial_partner_id, (COALESCE(invoice_date::timestamp, create_date)) DESC, id DESC)"
        " WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )
    _crm_person_idx = models.Index(
        "(partner_id, (COALESCE(invoice_date::timestamp, create_date)) DESC, id DESC)"
        " WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )

    def _post(self, soft=True):
        """
        :raises UserError: when more would be credited of an invoice than it amounts to
        """
        refunds = self.filtered(lambda move: move.move_type == "out_refund" and move.reversed_entry_id)
        touch(refunds.reversed_entry_id)
        posted = super()._post(soft=soft)
        (refunds & posted)._check_not_overcredited()
        return posted

    def _check_not_overcredited(self):
        """The credit notes of an invoice never exceed it, whoever posts them and at the same time."""
        if not self:
            return
        originals = self.reversed_entry_id
        credited = {}
        for original, currency, amount, company_amount in (
            self.env["account.move"]
            .sudo()  # sudo: credit notes of everybody count
            ._read_group(
                [
                    ("reversed_entry_id", "in", originals.ids),
                    ("move_type", "=", "out_refund"),
                    ("state", "=", "posted"),
                ],
                ["reversed_entry_id", "currency_id"],
                ["amount_total_in_currency_signed:sum", "amount_total_signed:sum"],
            )
        ):
            # in the currency of the invoice: a credit note of later is booked at another rate, and may be whole
            if currency != original.currency_id:
                amount = company_amount * (original.invoice_currency_rate or 1.0)
            credited[original] = credited.get(original, 0) - amount
        for original in originals:
            currency = original.currency_id
            amount = currency.round(credited.get(original, 0))
            if currency.compare_amounts(amount, original.amount_total_in_currency_signed) > 0:
                raise UserError(
                    self.env._(
                        "%(credited)s would be credited of %(invoice)s, which amounts to %(total)s. If the customer is "
                        "to get more, make a credit note of its own that reverses no invoice.",
                        credited=formatLang(self.env, amount, currency_obj=currency),
                        invoice=original.name,
                        total=formatLang(self.env, original.amount_total, currency_obj=currency),
                    )
                )
