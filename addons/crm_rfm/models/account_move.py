from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    # Answers the whole transaction query from the index alone: a full run reads no row of
    # the table, a single customer is found at once.
    _crm_rfm_fact_idx = models.Index(
        "(company_id, commercial_partner_id)"
        " INCLUDE (invoice_date, amount_untaxed_signed, move_type, id)"
        " WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')"
    )

    # Sums up what was given back of each invoice without reading the credit notes, and in the
    # order of the invoices. An invoice that is posted has no entry here.
    _crm_rfm_credit_idx = models.Index(
        "(reversed_entry_id) INCLUDE (company_id, invoice_date, currency_id, amount_untaxed)"
        " WHERE reversed_entry_id IS NOT NULL AND state = 'posted' AND move_type = 'out_refund'"
    )
