"""What must always be true of orders and their money, as SQL that returns what is not.

Each query gives rows (company_id, res_model, res_id, expected, found). Amounts are in the currency of the document.
"""

from odoo.tools import SQL

CHECKS = {
    # debit equals credit in every posted customer document
    "unbalanced": SQL(
        """
        SELECT m.company_id, 'account.move', m.id, 0, SUM(l.balance)
          FROM account_move m
          JOIN account_move_line l ON l.move_id = m.id
         WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund')
         GROUP BY m.id
        HAVING ABS(SUM(l.balance)) > 0.000001
        """
    ),
    # the receivable lines of a customer document amount to its total
    "receivable": SQL(
        """
        SELECT m.company_id, 'account.move', m.id, m.amount_total_signed,
               COALESCE(SUM(l.balance) FILTER (WHERE l.display_type = 'payment_term'), 0)
          FROM account_move m
          JOIN account_move_line l ON l.move_id = m.id
         WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund')
         GROUP BY m.id
        HAVING ABS(m.amount_total_signed
                   - COALESCE(SUM(l.balance) FILTER (WHERE l.display_type = 'payment_term'), 0)) > 0.005
        """
    ),
    # no more is credited of an invoice than it amounts to: in its own currency, because later credit notes are booked
    # at other rates
    "overcredited": SQL(
        """
        SELECT invoice.company_id, 'account.move', invoice.id, invoice.total, invoice.credited
          FROM (
                SELECT m.id, m.company_id,
                       CASE WHEN m.currency_id = c.currency_id THEN m.amount_total_signed
                            ELSE m.amount_total_in_currency_signed END AS total,
                       -SUM(CASE WHEN m.currency_id = c.currency_id THEN r.amount_total_signed
                                 WHEN r.currency_id = m.currency_id THEN r.amount_total_in_currency_signed
                                 ELSE r.amount_total_signed * m.invoice_currency_rate END) AS credited
                  FROM account_move m
                  JOIN res_company c ON c.id = m.company_id
                  JOIN account_move r ON r.reversed_entry_id = m.id
                                     AND r.state = 'posted' AND r.move_type = 'out_refund'
                 WHERE m.move_type = 'out_invoice' AND m.state = 'posted'
                 GROUP BY m.id, c.id
               ) invoice
         WHERE invoice.credited > invoice.total + 0.005
        """
    ),
    # no more of an order line is invoiced than was ordered or delivered
    "overbilled": SQL(
        """
        SELECT o.company_id, 'sale.order', o.id, SUM(GREATEST(l.product_uom_qty, l.qty_delivered)), SUM(l.qty_invoiced)
          FROM sale_order_line l
          JOIN sale_order o ON o.id = l.order_id
         WHERE o.state = 'sale' AND l.display_type IS NULL AND NOT COALESCE(l.is_downpayment, false)
           AND l.product_uom_qty >= 0
           AND l.qty_invoiced > GREATEST(l.product_uom_qty, l.qty_delivered) + 0.000001
         GROUP BY o.id
        """
    ),
    # down payments are deducted once: what is left of them is never less than nothing
    "downpayment": SQL(
        """
        SELECT o.company_id, 'sale.order', o.id, 0, SUM(CASE m.move_type WHEN 'out_refund' THEN -i.quantity
                                                                       ELSE i.quantity END)
          FROM sale_order_line l
          JOIN sale_order o ON o.id = l.order_id
          JOIN sale_order_line_invoice_rel x ON x.order_line_id = l.id
          JOIN account_move_line i ON i.id = x.invoice_line_id
          JOIN account_move m ON m.id = i.move_id AND m.state = 'posted'
         WHERE l.is_downpayment AND l.display_type IS NULL
         GROUP BY o.id, l.id
        HAVING SUM(CASE m.move_type WHEN 'out_refund' THEN -i.quantity ELSE i.quantity END) < -0.000001
        """
    ),
    # what a request made belongs to its company
    "company": SQL(
        """
        SELECT r.company_id, 'sale.order', o.id, r.company_id, o.company_id
          FROM sale_order o
          JOIN crm_request r ON r.id = o.crm_request_id
         WHERE o.company_id != r.company_id
        """
    ),
    # an order of a request has exactly one step that made it
    "untraced": SQL(
        """
        SELECT o.company_id, 'sale.order', o.id, 1, COUNT(s.id)
          FROM sale_order o
          LEFT JOIN crm_request_step s ON s.request_id = o.crm_request_id AND s.kind = 'quotation'
                                      AND s.res_model = 'sale.order' AND s.res_id = o.id
         WHERE o.crm_request_id IS NOT NULL
         GROUP BY o.id
        HAVING COUNT(s.id) != 1
        """
    ),
}
