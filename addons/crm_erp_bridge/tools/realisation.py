"""What was sold, invoiced and collected, as SQL facts that add up.

One row per product line (per order for the number of orders), without taxes, in company currency. Amounts are rounded
so that *the facts of any partition add up to the whole, to the cent*, and that what a customer has paid in full, in the
company's currency, is collected to exactly the amount invoiced:

* booked: each line of a confirmed order at the rate of the order (which Odoo takes from the day of confirmation);
* invoiced: each line as it was booked in accounting, credit notes negative, on the day of the invoice;
* collected: what payments settled, on the day of the payment, shared out to the lines of the invoice without the taxes
  in it. A credit note that settles an invoice is no money, nor is an exchange difference: foreign money counts what it
  was worth on the day it came. A refund is negative.

Worked example for collected: an invoice of 100.00 has lines of 33.33 and 50.00 and 16.67 taxes; 40.00 and 60.00 are
paid. Running totals of the lines are 33.33 and 83.33, those of the payments 40 % and 100 %. After the first payment:
13.33 of 33.33 and 33.33 of 83.33, so the lines got 13.33 and 20.00. After the second: 33.33 and 83.33, so they got
20.00 and 30.00 more. Together 83.33, the invoice without taxes.
"""

from odoo.addons.crm_relations.tools import unused
from odoo.tools import SQL

from .order_flow import rounded

SALES_DOCUMENTS = ("out_invoice", "out_refund", "out_receipt")

# Columns of each fact: company_id, date, user_id, team_id, partner_id (the commercial entity), product_id, amount;
# those of accounting also move_id, the document.


def company_day(moment: SQL) -> SQL:
    """The day of a UTC timestamp where the company is (time zone of its contact); needs the alias ``company``."""
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE COALESCE("
        "(SELECT p.tz FROM res_partner p WHERE p.id = company.partner_id), 'UTC'))::date",
        moment,
    )


def _company() -> SQL:
    return SQL(
        """
        JOIN res_company company ON company.id = document.company_id
        JOIN res_currency company_currency ON company_currency.id = company.currency_id
        """
    )


UNIT = SQL("company_currency.rounding")


def order_amount(amount: SQL) -> SQL:
    """An amount of the order ``document`` in company currency."""
    return rounded(SQL("(%s) / COALESCE(NULLIF(document.currency_rate, 0), 1)", amount), UNIT)


def booked() -> SQL:
    """Facts: lines of confirmed orders; besides the usual columns ``line_id`` and ``lead_id``, the opportunity."""
    return SQL(
        """
        SELECT document.company_id, %(day)s AS date, document.user_id, document.team_id,
               partner.commercial_partner_id AS partner_id, line.product_id, %(amount)s AS amount,
               line.id AS line_id, document.opportunity_id AS lead_id
          FROM sale_order document
          JOIN sale_order_line line ON line.order_id = document.id
          JOIN res_partner partner ON partner.id = document.partner_id
          %(company)s
         WHERE document.state = 'sale' AND line.display_type IS NULL AND line.is_downpayment IS NOT TRUE
        """,
        day=company_day(SQL("document.date_order")),
        amount=order_amount(SQL("line.price_subtotal")),
        company=_company(),
    )


def orders() -> SQL:
    """Facts: confirmed orders, each counting one."""
    return SQL(
        """
        SELECT document.company_id, %(day)s AS date, document.user_id, document.team_id,
               partner.commercial_partner_id AS partner_id, NULL::int AS product_id, 1 AS amount
          FROM sale_order document
          JOIN res_partner partner ON partner.id = document.partner_id
          %(company)s
         WHERE document.state = 'sale'
        """,
        day=company_day(SQL("document.date_order")),
        company=_company(),
    )


def invoiced() -> SQL:
    """Facts: lines of posted invoices, those of credit notes negative."""
    return SQL(
        """
        SELECT document.company_id, COALESCE(document.invoice_date, document.date) AS date,
               document.invoice_user_id AS user_id, document.team_id, document.commercial_partner_id AS partner_id,
               line.product_id, -line.balance AS amount, document.id AS move_id
          FROM account_move document
          JOIN account_move_line line ON line.move_id = document.id
         WHERE document.state = 'posted' AND document.move_type IN %(types)s AND line.display_type = 'product'
        """,
        types=SALES_DOCUMENTS,
    )


def margin() -> SQL:
    """Facts: lines of posted invoices less the goods at today's cost price, those of credit notes negative."""
    cost = SQL(
        "COALESCE((product.standard_price->>document.company_id::text)::numeric, 0) * line.quantity"
        " * COALESCE(own_unit.factor / NULLIF(product_unit.factor, 0), 1)"
        " * CASE WHEN document.move_type = 'out_refund' THEN -1 ELSE 1 END"
    )
    return SQL(
        """
        SELECT document.company_id, COALESCE(document.invoice_date, document.date) AS date,
               document.invoice_user_id AS user_id, document.team_id, document.commercial_partner_id AS partner_id,
               line.product_id, -line.balance - %(cost)s AS amount, document.id AS move_id
          FROM account_move document
          JOIN account_move_line line ON line.move_id = document.id
          %(company)s
          LEFT JOIN product_product product ON product.id = line.product_id
          LEFT JOIN product_template template ON template.id = product.product_tmpl_id
          LEFT JOIN uom_uom own_unit ON own_unit.id = line.product_uom_id
          LEFT JOIN uom_uom product_unit ON product_unit.id = template.uom_id
         WHERE document.state = 'posted' AND document.move_type IN %(types)s AND line.display_type = 'product'
        """,
        cost=rounded(cost, UNIT),
        company=_company(),
        types=SALES_DOCUMENTS,
    )


def settlements() -> SQL:
    """Rows ``(id, document_id, date, amount)``: money on posted customer documents, positive when it came in."""
    branches = SQL(" UNION ALL ").join(
        SQL(
            """
            SELECT partial.id, own.move_id AS document_id, other.date, %(sign)s * partial.amount AS amount
              FROM account_partial_reconcile partial
              JOIN account_move_line own ON own.id = partial.%(own)s
              JOIN account_move_line other ON other.id = partial.%(other)s
              JOIN account_account account ON account.id = own.account_id AND account.account_type = 'asset_receivable'
              JOIN account_move own_move ON own_move.id = own.move_id AND own_move.state = 'posted'
                                        AND own_move.move_type IN %(types)s
              JOIN account_move other_move ON other_move.id = other.move_id AND other_move.move_type NOT IN %(types)s
             WHERE NOT EXISTS (SELECT FROM account_partial_reconcile exchange
                                WHERE exchange.exchange_move_id = other.move_id)
            """,
            sign=sign,
            own=SQL.identifier(own),
            other=SQL.identifier(other),
            types=SALES_DOCUMENTS,
        )
        for sign, own, other in ((1, "debit_move_id", "credit_move_id"), (-1, "credit_move_id", "debit_move_id"))
    )
    return branches


def collected() -> SQL:
    """Facts: money received, shared out to the lines of the invoices it settled, without their taxes."""
    share = {
        f"{paid}_{upto}": rounded(
            SQL("%s * %s / total.amount", SQL.identifier("paid", paid), SQL.identifier("line", upto)), UNIT
        )
        for paid in ("after", "before")
        for upto in ("upto", "below")
    }
    return SQL(
        """
        SELECT document.company_id, paid.date, document.invoice_user_id AS user_id, document.team_id,
               document.commercial_partner_id AS partner_id, line.product_id,
               (%(after_upto)s - %(before_upto)s) - (%(after_below)s - %(before_below)s) AS amount,
               document.id AS move_id
          FROM (
                SELECT settlement.document_id, settlement.date,
                       SUM(settlement.amount) OVER running AS after,
                       SUM(settlement.amount) OVER running - settlement.amount AS before
                  FROM (%(settlements)s) settlement
                WINDOW running AS (PARTITION BY settlement.document_id ORDER BY settlement.date, settlement.id)
               ) paid
          JOIN account_move document ON document.id = paid.document_id
          %(company)s
          JOIN LATERAL (SELECT NULLIF(document.amount_total_signed, 0) AS amount) total ON TRUE
          JOIN LATERAL (
                SELECT own.product_id,
                       SUM(-own.balance) OVER (ORDER BY own.id) AS upto,
                       SUM(-own.balance) OVER (ORDER BY own.id) + own.balance AS below
                  FROM account_move_line own
                 WHERE own.move_id = document.id AND own.display_type = 'product'
               ) line ON TRUE
         WHERE total.amount IS NOT NULL
        """,
        settlements=settlements(),
        company=_company(),
        **share,
    )


FACTS = {"booked": booked, "invoiced": invoiced, "collected": collected, "orders": orders}
"""The facts of each measure."""


def open_orders() -> SQL:
    """Facts with the column ``cause``: what confirmed orders still have to bring, to be invoiced or delivered first."""
    waiting = SQL(
        "CASE WHEN template.invoice_policy = 'delivery' AND line.product_uom_qty > line.qty_delivered "
        "THEN line.price_subtotal * (line.product_uom_qty - line.qty_delivered) / line.product_uom_qty ELSE 0 END"
    )
    return SQL(
        """
        SELECT document.company_id, %(day)s AS date, document.user_id, document.team_id,
               partner.commercial_partner_id AS partner_id, line.product_id, open.cause, open.amount
          FROM sale_order document
          JOIN sale_order_line line ON line.order_id = document.id
          JOIN res_partner partner ON partner.id = document.partner_id
          LEFT JOIN product_product product ON product.id = line.product_id
          LEFT JOIN product_template template ON template.id = product.product_tmpl_id
          %(company)s
          JOIN LATERAL (VALUES ('to_invoice', %(to_invoice)s), ('delivery', %(waiting)s)) open (cause, amount)
               ON open.amount <> 0
         WHERE document.state = 'sale' AND line.display_type IS NULL AND line.is_downpayment IS NOT TRUE
        """,
        day=company_day(SQL("document.date_order")),
        to_invoice=order_amount(SQL("line.untaxed_amount_to_invoice")),
        waiting=order_amount(waiting),
        company=_company(),
    )


def open_invoices(today) -> SQL:
    """Facts with the column ``cause``: what posted invoices leave open without taxes, overdue or not due yet."""
    return SQL(
        """
        SELECT document.company_id, COALESCE(document.invoice_date, document.date) AS date,
               document.invoice_user_id AS user_id, document.team_id, document.commercial_partner_id AS partner_id,
               line.product_id,
               CASE WHEN document.invoice_date_due < %(today)s THEN 'overdue' ELSE 'not_due' END AS cause,
               -line.balance * document.amount_residual_signed / document.amount_total_signed AS amount
          FROM account_move document
          JOIN account_move_line line ON line.move_id = document.id
         WHERE document.state = 'posted' AND document.move_type IN %(types)s AND line.display_type = 'product'
           AND document.amount_residual_signed <> 0 AND document.amount_total_signed <> 0
        """,
        today=today,
        types=SALES_DOCUMENTS,
    )


def in_scope(objective: str, fact: str) -> SQL:
    """Whether a fact counts for an objective, apart from its date: company, team, salesperson, country, customer group,
    product category (with those below it). By a country that must not be used, nothing counts."""
    o, f = SQL.identifier(objective), SQL.identifier(fact)
    return SQL(
        """
        %(f)s.company_id = %(o)s.company_id
        AND (%(o)s.team_id IS NULL OR %(f)s.team_id = %(o)s.team_id)
        AND (%(o)s.user_id IS NULL OR %(f)s.user_id = %(o)s.user_id)
        AND (%(o)s.country_id IS NULL OR (%(country)s AND EXISTS (
                SELECT FROM res_partner p WHERE p.id = %(f)s.partner_id AND p.country_id = %(o)s.country_id)))
        AND (%(o)s.group_id IS NULL OR EXISTS (
                SELECT FROM crm_customer_group_member m
                 WHERE m.group_id = %(o)s.group_id AND m.partner_id = %(f)s.partner_id))
        AND (%(o)s.categ_id IS NULL OR EXISTS (
                SELECT FROM product_product p
                  JOIN product_template t ON t.id = p.product_tmpl_id
                  JOIN product_category c ON c.id = t.categ_id
                  JOIN product_category wanted ON wanted.id = %(o)s.categ_id
                 WHERE p.id = %(f)s.product_id AND starts_with(c.parent_path, wanted.parent_path)))
        """,
        o=o,
        f=f,
        country=unused.may_be_used("country_id"),
    )
