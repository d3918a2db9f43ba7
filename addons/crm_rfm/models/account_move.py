from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    # The documents in two parts, each answered from its index alone: a full run reads no row of the
    # table, a single customer is found at once. Nearly all are invoices of positive amount; since these
    # have an index of their own, a run adds them up without asking of each whether it is a purchase.
    _crm_rfm_purchase_idx = models.Index(
        "(company_id, commercial_partner_id) INCLUDE (invoice_date, id, amount_untaxed_signed)"
        " WHERE state = 'posted' AND move_type = 'out_invoice' AND amount_untaxed_signed > 0"
    )
    _crm_rfm_other_idx = models.Index(
        "(company_id, commercial_partner_id) INCLUDE (invoice_date, id, amount_untaxed_signed)"
        " WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')"
        " AND (move_type = 'out_refund' OR amount_untaxed_signed <= 0)"
    )

    # Sums up what was given back of each invoice without reading the credit notes, and in the
    # order of the invoices. An invoice that is posted has no entry here.
    _crm_rfm_credit_idx = models.Index(
        "(reversed_entry_id, currency_id) INCLUDE (company_id, invoice_date, amount_untaxed)"
        " WHERE reversed_entry_id IS NOT NULL AND state = 'posted' AND move_type = 'out_refund'"
    )
