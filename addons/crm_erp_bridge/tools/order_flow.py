"""How accounting amounts are shared out among sales orders, as SQL.

An invoice may cover several orders, part of one, a down payment, and lines that
no order knows. What is shared out is therefore the invoice's own total, never a
sum of our own making, so that *the shares of a document always add up to the
document, to the cent*.

Worked example: an invoice of 100.01 has lines of 60.00 (order A), 30.00 (order
B) and 10.00 (typed in by hand); taxes were rounded on the whole document, hence
the odd cent. Lines give A 60.00, B 30.00 and nobody 10.00, which leaves 0.01;
it is shared in proportion: running totals 60.006, 90.009, 100.01 are rounded to
60.01, 90.01, 100.01, and each order gets the difference to the one before: A
60.01, B 30.00, nobody 10.00. Half of it is paid, residual 50.01: the residual
follows the same shares: 50.01 * 60.01/100.01 = 30.01, 50.01 * 90.01/100.01 =
45.01, 50.01: A owes 30.01, B 15.00, nobody's part 5.00.

The rules:

* an invoice line counts for the orders of its sale lines (``sale_line_ids``);
  if these belong to several orders it is split by the totals of the sale lines;
* the rest (rounding of the document, cash rounding, taxes corrected by hand)
  follows the lines in proportion to their amounts;
* lines without a sale line belong to no order, except on a credit note that
  reverses an invoice ("goodwill 20.00" instead of the copied lines): up to the
  amount of the invoice's own untraced lines they belong to no order, the rest
  follows the orders of the reversed invoice.
"""

from datetime import date

from odoo.tools import SQL


def rounded(amount: SQL, unit: SQL) -> SQL:
    """``amount`` rounded half away from zero to a multiple of ``unit`` (a currency's rounding)."""
    return SQL("ROUND((%s) / %s) * %s", amount, unit, unit)


def traced_lines(move_id: SQL) -> SQL:
    """Rows ``(order_id, amount)``: what the lines of one document say, ``order_id`` NULL for untraced lines."""
    return SQL(
        """
        SELECT trace.order_id, SUM(line.price_total * COALESCE(trace.part, 1)) AS amount
          FROM account_move_line line
          LEFT JOIN LATERAL (
                SELECT sale_line.order_id,
                       CASE WHEN SUM(SUM(ABS(sale_line.price_total))) OVER () = 0
                            THEN 1.0 / COUNT(*) OVER ()
                            ELSE SUM(ABS(sale_line.price_total)) / SUM(SUM(ABS(sale_line.price_total))) OVER ()
                       END AS part
                  FROM sale_order_line_invoice_rel rel
                  JOIN sale_order_line sale_line ON sale_line.id = rel.order_line_id
                 WHERE rel.invoice_line_id = line.id
                 GROUP BY sale_line.order_id
               ) trace ON TRUE
         WHERE line.move_id = %s AND line.display_type = 'product'
         GROUP BY trace.order_id
        """,
        move_id,
    )


def buckets(move: str) -> SQL:
    """Rows ``(order_id, amount, weight)`` of the document with alias ``move``.

    ``amount`` comes from the lines; what is missing to the document's total is
    to be shared by ``weight``. There is always a row with ``order_id`` NULL.
    """
    return SQL(
        """
        WITH own AS (%(own)s), origin AS (%(origin)s), untraced AS (
            SELECT COALESCE((SELECT amount FROM own WHERE order_id IS NULL), 0) AS own,
                   COALESCE((SELECT amount FROM origin WHERE order_id IS NULL), 0) AS origin
        )
        SELECT COALESCE(own.order_id, origin.order_id) AS order_id,
               COALESCE(own.amount, 0) AS amount,
               ABS(CASE WHEN %(reversed)s IS NULL THEN own.amount ELSE COALESCE(origin.amount, 0) END) AS weight
          FROM own
          FULL JOIN origin ON origin.order_id = own.order_id
         WHERE COALESCE(own.order_id, origin.order_id) IS NOT NULL
         UNION ALL
        SELECT NULL,
               CASE WHEN %(reversed)s IS NULL THEN untraced.own
                    ELSE LEAST(GREATEST(untraced.own, 0), GREATEST(untraced.origin, 0)) END,
               CASE WHEN %(reversed)s IS NULL THEN ABS(untraced.own) ELSE 0 END
          FROM untraced
        """,
        reversed=SQL.identifier(move, "reversed_entry_id"),
        own=traced_lines(SQL.identifier(move, "id")),
        origin=traced_lines(SQL.identifier(move, "reversed_entry_id")),
    )


def shares(move: str, unit: str, company_unit: str) -> SQL:
    """Rows ``(order_id, amount, due, company_amount, company_due)``, the shares of one document.

    Running totals are rounded, not the shares: so they add up to
    ``amount_total`` and ``amount_residual`` of the document, and in company
    currency to the amounts booked.

    :param move: alias of ``account_move``
    :param unit: alias of the document's ``res_currency``
    :param company_unit: alias of the company's ``res_currency``
    """
    return SQL(
        """
        SELECT running.order_id,
               running.upto - running.before AS amount,
               CASE WHEN %(total)s = 0 THEN 0 ELSE %(due_upto)s - %(due_before)s END AS due,
               CASE WHEN %(total)s = 0
                    THEN %(company_alone)s
                    ELSE %(company_upto)s - %(company_before)s
               END AS company_amount,
               CASE WHEN %(total)s = 0 THEN 0 ELSE %(company_due_upto)s - %(company_due_before)s END AS company_due
          FROM (
                SELECT summed.order_id,
                       %(upto)s AS upto,
                       %(before)s AS before
                  FROM (
                        SELECT part.order_id, part.amount,
                               SUM(part.amount) OVER (ORDER BY part.order_id NULLS LAST) AS total
                          FROM (
                                SELECT bucket.order_id,
                                       bucket.amount + (%(total)s - SUM(bucket.amount) OVER ())
                                       * CASE WHEN SUM(bucket.weight) OVER () <> 0
                                              THEN bucket.weight / SUM(bucket.weight) OVER ()
                                              WHEN bucket.order_id IS NULL THEN 1 ELSE 0 END AS amount
                                  FROM (%(buckets)s) bucket
                               ) part
                       ) summed
               ) running
        """,
        total=SQL.identifier(move, "amount_total"),
        buckets=buckets(move),
        upto=rounded(SQL("summed.total"), SQL.identifier(unit, "rounding")),
        before=rounded(SQL("summed.total - summed.amount"), SQL.identifier(unit, "rounding")),
        company_alone=rounded(
            SQL("(running.upto - running.before) / NULLIF(%s, 0)", SQL.identifier(move, "invoice_currency_rate")),
            SQL.identifier(company_unit, "rounding"),
        ),
        **{
            f"{name}_{edge}": rounded(
                SQL("%s * running.%s / %s", amount, SQL.identifier(edge), SQL.identifier(move, "amount_total")),
                rounding,
            )
            for edge in ("upto", "before")
            for name, amount, rounding in (
                ("due", SQL.identifier(move, "amount_residual"), SQL.identifier(unit, "rounding")),
                ("company", SQL("ABS(%s)", SQL.identifier(move, "amount_total_signed")),
                 SQL.identifier(company_unit, "rounding")),
                ("company_due", SQL("ABS(%s)", SQL.identifier(move, "amount_residual_signed")),
                 SQL.identifier(company_unit, "rounding")),
            )
        },
    )


def documents(order_id: SQL) -> SQL:
    """Rows ``(id)``: customer invoices and credit notes, in any state, that concern an order."""
    lines = SQL(
        """
        FROM sale_order_line sale_line
        JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sale_line.id
        JOIN account_move_line line ON line.id = rel.invoice_line_id
        """
    )
    return SQL(
        """
        SELECT line.move_id AS id %(lines)s WHERE sale_line.order_id = %(order)s
         UNION
        SELECT refund.id %(lines)s
          JOIN account_move refund ON refund.reversed_entry_id = line.move_id AND refund.move_type = 'out_refund'
         WHERE sale_line.order_id = %(order)s
        """,
        lines=lines,
        order=order_id,
    )


def currency_rate(currency_id: SQL, company: str, day: SQL) -> SQL:
    """Rate of a currency on a day, as ``res.currency._get_rates`` finds it: the company's own rates first, then those
    of everybody; the latest up to the day, else the first one, else 1.

    :param company: alias of ``res_company``
    """
    return SQL(
        """
        COALESCE((
            SELECT rate.rate
              FROM res_currency_rate rate
             WHERE rate.currency_id = %(currency)s
               AND (rate.company_id IS NULL OR rate.company_id = SPLIT_PART(%(path)s, '/', 1)::int)
             ORDER BY rate.name > %(date)s,
                      rate.company_id,
                      CASE WHEN rate.name <= %(date)s THEN rate.name END DESC,
                      rate.name
             LIMIT 1), 1)
        """,
        currency=currency_id,
        path=SQL.identifier(company, "parent_path"),
        date=day,
    )


def delivery() -> SQL:
    """One row ``(ordered, delivered)``: the order's lines at their prices, taxes included.

    A line delivered without having been ordered (a re-invoiced expense) has
    no total to be divided: its price, with taxes in percent added.
    """
    return SQL(
        """
        SELECT SUM(line.price_total) AS ordered,
               SUM(CASE WHEN line.product_uom_qty <> 0
                        THEN line.price_total * line.qty_delivered / line.product_uom_qty
                        ELSE line.qty_delivered * line.price_unit * (1 - COALESCE(line.discount, 0) / 100)
                             * (1 + COALESCE(tax.percent, 0) / 100)
                   END) AS delivered
          FROM sale_order_line line
          LEFT JOIN LATERAL (
                SELECT SUM(account_tax.amount) AS percent
                  FROM account_tax_sale_order_line_rel rel
                  JOIN account_tax ON account_tax.id = rel.account_tax_id
                  JOIN res_company tax_company ON tax_company.id = account_tax.company_id
                 WHERE rel.sale_order_line_id = line.id
                   AND line.product_uom_qty = 0
                   AND account_tax.amount_type = 'percent'
                   AND COALESCE(account_tax.price_include_override, tax_company.account_price_include)
                       IS DISTINCT FROM 'tax_included'
               ) tax ON TRUE
         WHERE line.order_id = sale_order.id
           AND line.display_type IS NULL
           AND line.is_downpayment IS NOT TRUE
        """
    )


def billing(today: date) -> SQL:
    """One row: the order's shares of posted invoices and credit notes, and what about them needs attention.

    A document in another currency than the order's is converted from the amount
    booked in company currency, at the document's own date.
    """
    day = SQL("COALESCE(move.invoice_date, CURRENT_DATE)")
    invoice = SQL("move.state = 'posted' AND move.move_type <> 'out_refund'")
    refund = SQL("move.state = 'posted' AND move.move_type = 'out_refund'")
    sign = SQL("CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END")
    amount, due = (
        SQL(
            "CASE WHEN conversion.rate IS NULL THEN %s ELSE %s END",
            SQL.identifier("share", name),
            rounded(
                SQL("%s * conversion.rate", SQL.identifier("share", f"company_{name}")),
                SQL.identifier("currency", "rounding"),
            ),
        )
        for name in ("amount", "due")
    )
    return SQL(
        """
        SELECT SUM(%(amount)s) FILTER (WHERE %(invoice)s) AS invoiced,
               SUM(%(amount)s) FILTER (WHERE %(refund)s) AS credited,
               SUM(%(due)s * %(sign)s) FILTER (WHERE move.state = 'posted') AS due,
               SUM(share.company_amount) FILTER (WHERE %(invoice)s) AS company_invoiced,
               SUM(share.company_amount) FILTER (WHERE %(refund)s) AS company_credited,
               SUM(share.company_due * %(sign)s) FILTER (WHERE move.state = 'posted') AS company_due,
               BOOL_OR(move.payment_state = 'blocked') AS is_blocked,
               BOOL_OR(move.state = 'draft') AS is_draft,
               MIN(move.invoice_date_due) FILTER (WHERE %(invoice)s AND share.due > 0) AS date_due,
               BOOL_OR(%(invoice)s AND share.due > 0 AND move.invoice_date_due < %(today)s) AS is_overdue
          FROM (%(documents)s) document
          JOIN account_move move ON move.id = document.id
          JOIN res_currency move_currency ON move_currency.id = move.currency_id
          LEFT JOIN LATERAL (
                SELECT CASE WHEN move.currency_id = sale_order.currency_id THEN NULL
                            WHEN sale_order.currency_id = company.currency_id THEN 1
                            ELSE %(order_rate)s / %(company_rate)s END AS rate
               ) conversion ON TRUE
          JOIN LATERAL (%(shares)s) share ON share.order_id = sale_order.id
         WHERE move.state IN ('draft', 'posted')
           AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
        """,
        amount=amount,
        due=due,
        sign=sign,
        invoice=invoice,
        refund=refund,
        today=today,
        order_rate=currency_rate(SQL("sale_order.currency_id"), "company", day),
        company_rate=currency_rate(SQL("company.currency_id"), "company", day),
        documents=documents(SQL("sale_order.id")),
        shares=shares("move", "move_currency", "company_currency"),
    )


def margin() -> SQL:
    """One row ``(amount)``: what the order brings without taxes less its goods at today's cost price, in company
    currency."""
    return SQL(
        """
        SELECT SUM(line.price_subtotal / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                   - line.product_uom_qty * COALESCE(own_unit.factor / NULLIF(product_unit.factor, 0), 1)
                     * COALESCE((product.standard_price->>sale_order.company_id::text)::numeric, 0)) AS amount
          FROM sale_order_line line
          LEFT JOIN product_product product ON product.id = line.product_id
          LEFT JOIN product_template template ON template.id = product.product_tmpl_id
          LEFT JOIN uom_uom own_unit ON own_unit.id = line.product_uom_id
          LEFT JOIN uom_uom product_unit ON product_unit.id = template.uom_id
         WHERE line.order_id = sale_order.id
           AND line.display_type IS NULL
           AND line.is_downpayment IS NOT TRUE
        """
    )


def age(today: date) -> SQL:
    """How long the oldest open invoice of the order is overdue; NULL when nothing is open."""
    days = SQL("(%s - billing.date_due)", today)
    return SQL(
        """
        CASE WHEN billing.date_due IS NULL THEN NULL WHEN %(days)s <= 0 THEN 'not_due' WHEN %(days)s <= 30 THEN '30'
             WHEN %(days)s <= 60 THEN '60' WHEN %(days)s <= 90 THEN '90' ELSE 'older' END
        """,
        days=days,
    )


def state() -> SQL:
    """The furthest station that the order has reached; codes as in ``crm.order.flow.state``."""
    return SQL(
        """
        CASE WHEN sale_order.state IN ('draft', 'sent', 'cancel') THEN sale_order.state
             WHEN billing.credited > 0 AND billing.credited >= COALESCE(billing.invoiced, 0) THEN 'credited'
             WHEN sale_order.invoice_status = 'to invoice' THEN 'to_invoice'
             WHEN billing.is_draft THEN 'invoice_draft'
             WHEN billing.due > 0 THEN 'unpaid'
             WHEN sale_order.invoice_status IN ('invoiced', 'upselling') THEN 'paid'
             ELSE 'order' END
        """
    )


def blocked(today: date) -> SQL:
    """Why the order does not move on, the most pressing reason first; NULL when nothing is in the way."""
    return SQL(
        """
        CASE WHEN sale_order.state IN ('draft', 'sent') AND sale_order.validity_date < %(today)s THEN 'expired'
             WHEN sale_order.state = 'cancel' AND COALESCE(billing.due, 0) >= 0 THEN NULL
             WHEN billing.is_blocked THEN 'payment_blocked'
             WHEN billing.is_overdue THEN 'overdue'
             WHEN billing.due < 0 THEN 'refund_due'
             WHEN billing.is_draft THEN 'invoice_draft'
             WHEN sale_order.state = 'sale' AND sale_order.invoice_status = 'no' THEN 'delivery' END
        """,
        today=today,
    )
