from datetime import timedelta

from odoo import fields, models, tools
from odoo.tools import SQL


class CrmRfmModel(models.Model):
    """The port through which documents reach the scores.

    Another source adds a value to ``source`` and a method ``_transaction_query_<source>``,
    or extends ``_get_transaction_query``.
    """

    _inherit = "crm.rfm.model"

    team_ids = fields.Many2many(
        "crm.team", string="Only Sales Teams", help="Only documents of these teams count. Empty: all documents."
    )
    categ_ids = fields.Many2many(
        "product.category",
        string="Only Product Categories",
        help="Only lines with products of these categories and those below them count, with their amounts."
        " Empty: whole documents.",
    )

    def _get_transaction_query(self, as_of=None, partner_ids=None):
        """Return the SELECT of the transactions that count for the model.

        Columns: ``partner_id`` (any contact; the caller rolls up to commercial entities),
        ``date``, ``amount`` (numeric; company currency, without tax, credit notes negative),
        ``is_purchase`` (counts for recency and frequency), ``res_id`` (the document, of the
        model ``_get_document_model()``). Rows lie in the window that ends on ``as_of``.

        In the context ``rfm_gross``, which totals of all customers ask for, ``is_purchase`` may also be true for the
        documents of ``_get_uncounted_query``, since the caller takes these off again.

        :param date as_of: last day; default as for a run
        :param partner_ids: contacts in which the caller is interested; a hint for speed that
            the query need not honour
        """
        self.ensure_one()
        as_of = as_of or self.scored_as_of or self._resolve_as_of()
        return getattr(self, f"_transaction_query_{self.source}")(as_of, partner_ids)

    def _get_uncounted_query(self, as_of):
        """Return the SELECT of the documents that only look like purchases, or None where there are none.

        Columns: ``res_id``, ``partner_id``, ``date``; each document once, and only those that are purchases in the
        transaction query with the context ``rfm_gross``. What extends that by leaving documents out extends both.
        """
        self.ensure_one()
        query = getattr(self, f"_uncounted_query_{self.source}", None)
        return query and query(as_of)

    def _get_document_model(self):
        """Name of the model to which ``res_id`` of the transaction query points."""
        return {"invoice": "account.move", "order": "sale.order"}[self.source]

    @tools.ormcache("self.company_id.id")
    def _get_source_company_ids(self):
        """Ids of the company and of its branches, which share its currency."""
        # sudo: the figures do not depend on which branches the user has switched on
        return tuple(self.env["res.company"].sudo().search([("id", "child_of", self.company_id.id)]).ids)

    # === INVOICES === #

    def _transaction_query_invoice(self, as_of, partner_ids):
        """Posted customer invoices and credit notes.

        * amount: ``amount_untaxed_signed``; credit notes lower it on their own date;
        * purchase: an invoice of positive amount, unless credit notes that name it have
          given back all of it by ``as_of`` (reversed, perhaps issued anew), or it is a down
          payment whose order has its regular invoice by ``as_of`` (the regular one counts);
        * no purchase: credit notes, invoices of zero or negative amount, draft and cancelled
          documents, sales receipts.
        """
        if partner_ids is not None:
            return self._transaction_query_invoice_of(as_of, partner_ids)
        gross = self.env.context.get("rfm_gross")
        # The order lets the caller group without hashing or sorting: the index has it. Being
        # materialized, the exceptions are looked for once, however often is_purchase is used.
        return SQL(
            """
            %(uncounted)s
            SELECT m.commercial_partner_id AS partner_id,
                   m.invoice_date AS date,
                   %(amount)s AS amount,
                   m.move_type = 'out_invoice' AND %(amount)s > 0 %(counted)s AS is_purchase,
                   m.id AS res_id
              FROM account_move m %(part)s
             WHERE %(conditions)s
             ORDER BY m.commercial_partner_id
            """,
            uncounted=SQL()
            if gross
            else SQL("WITH uncounted AS MATERIALIZED (%s)", self._uncounted_query_invoice(as_of)),
            counted=SQL() if gross else SQL("AND m.id NOT IN (SELECT res_id FROM uncounted)"),
            **self._invoice_restriction(as_of),
        )

    def _uncounted_query_invoice(self, as_of):
        """SELECT the invoices of positive amount that are no purchases; see :meth:`_transaction_query_invoice`."""
        return SQL(
            # one can be both, and a down payment can be settled by two orders
            "%s UNION %s",
            self._reversed_invoice_query(as_of, None),
            self._settled_down_payment_query(as_of, None),
        )

    def _invoice_restriction(self, as_of):
        """Amount of a document ``m``, the join that needs, and the conditions for it to count for the model at all."""
        amount, part = SQL("m.amount_untaxed_signed"), SQL()
        if self.categ_ids:
            amount = SQL("part.amount")
            part = SQL(
                """
                JOIN LATERAL (
                    SELECT -sum(l.balance) AS amount
                      FROM account_move_line l
                      JOIN product_product p ON p.id = l.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                     WHERE l.move_id = m.id AND l.display_type = 'product' AND t.categ_id IN %s
                    HAVING count(*) > 0) part ON TRUE""",
                self._get_category_ids(),
            )
        conditions = SQL(
            """m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund') AND m.company_id IN %s
               AND m.invoice_date > %s AND m.invoice_date <= %s %s""",
            self._get_source_company_ids(),
            self._window_start(as_of),
            as_of,
            self._team_restriction("m"),
        )
        return {"amount": amount, "part": part, "conditions": conditions}

    def _get_category_ids(self):
        # sudo: the figures do not depend on which categories the user may see
        return tuple(self.env["product.category"].sudo().search([("id", "child_of", self.categ_ids.ids)]).ids)

    def _team_restriction(self, alias):
        if not self.team_ids:
            return SQL()
        return SQL("AND %s IN %s", SQL.identifier(alias, "team_id"), tuple(self.team_ids.ids))

    def _transaction_query_invoice_of(self, as_of, partner_ids):
        """The same for some contacts: their documents are looked up once, and credit notes by these alone."""
        uncounted = self._reversed_invoice_query(as_of, partner_ids)
        # to plan the query of down payments takes longer than to answer all of it for one customer
        if self.env.execute_query(SQL("SELECT FROM sale_order_line WHERE is_downpayment LIMIT 1")):
            uncounted = SQL("%s UNION ALL %s", uncounted, self._settled_down_payment_query(as_of, partner_ids))
        return SQL(
            """
            WITH fact AS MATERIALIZED (
                    SELECT m.id, m.commercial_partner_id, m.invoice_date, %(amount)s AS amount, m.move_type
                      FROM account_move m %(part)s
                     WHERE %(conditions)s AND m.commercial_partner_id IN %(partners)s),
                 uncounted AS MATERIALIZED (%(uncounted)s)
            SELECT m.commercial_partner_id AS partner_id,
                   m.invoice_date AS date,
                   m.amount,
                   m.move_type = 'out_invoice' AND m.amount > 0
                       AND m.id NOT IN (SELECT res_id FROM uncounted) AS is_purchase,
                   m.id AS res_id
              FROM fact m
            """,
            uncounted=uncounted,
            partners=tuple(partner_ids) or (0,),
            **self._invoice_restriction(as_of),
        )

    def _reversed_invoice_query(self, as_of, partner_ids):
        """SELECT the purchases that credit notes gave back entirely by ``as_of``.

        Compared in the currency of the invoice, so that a change of rate between the two
        documents does not matter. For some contacts it stands beside the CTE ``fact`` of their documents.
        """
        return SQL(
            """
            SELECT m.id AS res_id, m.commercial_partner_id AS partner_id, m.invoice_date AS date
              FROM (SELECT reversed_entry_id, currency_id, sum(amount_untaxed) AS amount_untaxed
                      FROM account_move c
                     WHERE reversed_entry_id IS NOT NULL
                       AND state = 'posted' AND move_type = 'out_refund' AND invoice_date <= %(as_of)s
                       AND company_id IN %(companies)s
                       %(restriction)s
                     GROUP BY reversed_entry_id, currency_id
                     ORDER BY reversed_entry_id) c
              JOIN account_move m ON m.id = c.reversed_entry_id AND m.currency_id = c.currency_id %(part)s
             WHERE %(conditions)s AND m.move_type = 'out_invoice' AND %(amount)s > 0
               AND c.amount_untaxed >= m.amount_untaxed
            """,
            as_of=as_of,
            companies=self._get_source_company_ids(),
            **self._invoice_restriction(as_of),
            # an array is looked up by the index; of a subselect the planner may merge all credit notes with it
            restriction=SQL()
            if partner_ids is None
            else SQL("AND c.reversed_entry_id = ANY(ARRAY(SELECT id FROM fact))"),
        )

    def _settled_down_payment_query(self, as_of, partner_ids):
        """SELECT the purchases that are pure down-payment invoices whose order has a regular invoice by ``as_of``.

        Example: order of 1,000; a down payment of 300 on 1 March, the final invoice of 700 on
        1 April. On 15 March the purchase of that customer is the down payment, on 15 April the
        final invoice; the amounts count on their own dates.
        """
        return SQL(
            """
            SELECT m.id AS res_id, m.commercial_partner_id AS partner_id, m.invoice_date AS date
              FROM (SELECT l.move_id, o.order_id
                      FROM sale_order_line o
                      JOIN sale_order_line_invoice_rel r ON r.order_line_id = o.id
                      JOIN account_move_line l ON l.id = r.invoice_line_id
                      JOIN account_move i ON i.id = l.move_id
                     WHERE o.is_downpayment AND o.display_type IS NULL
                       AND i.state = 'posted' AND i.move_type = 'out_invoice' AND i.company_id IN %(companies)s
                       %(restriction)s
                     GROUP BY l.move_id, o.order_id) d
              JOIN account_move m ON m.id = d.move_id %(part)s
             WHERE %(conditions)s AND %(amount)s > 0
               AND NOT EXISTS (
                    SELECT FROM account_move_line l
                      JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
                      JOIN sale_order_line o ON o.id = r.order_line_id
                     WHERE l.move_id = d.move_id AND o.is_downpayment IS NOT TRUE)
               AND EXISTS (
                    SELECT FROM sale_order_line o
                      JOIN sale_order_line_invoice_rel r ON r.order_line_id = o.id
                      JOIN account_move_line l ON l.id = r.invoice_line_id
                      JOIN account_move i ON i.id = l.move_id
                     WHERE o.order_id = d.order_id AND o.is_downpayment IS NOT TRUE
                       AND i.state = 'posted' AND i.move_type = 'out_invoice'
                       AND i.amount_untaxed_signed > 0 AND i.invoice_date <= %(as_of)s)
            """,
            as_of=as_of,
            companies=self._get_source_company_ids(),
            restriction=self._restriction("i", partner_ids),
            **self._invoice_restriction(as_of),
        )

    def _restriction(self, alias, partner_ids):
        """Return ``AND <alias>.commercial_partner_id IN (...)``, or nothing without contacts."""
        if partner_ids is None:
            return SQL()
        return SQL("AND %s IN %s", SQL.identifier(alias, "commercial_partner_id"), tuple(partner_ids) or (0,))

    # === ORDERS === #

    def _transaction_query_order(self, as_of, partner_ids):
        """Confirmed sales orders.

        * date: the (UTC) day of ``date_order``; amount: untaxed, divided by the rate of the
          order (1 when it has none), rounded to the company's currency;
        * purchase: an order of positive amount. Credit notes are not known to orders.
        """
        start = self._window_start(as_of) + timedelta(days=1)
        return SQL(
            """
            SELECT o.partner_id,
                   o.date_order::date AS date,
                   round((%(amount)s / COALESCE(NULLIF(o.currency_rate, 0), 1))::numeric, %(digits)s) AS amount,
                   %(amount)s > 0 AS is_purchase,
                   o.id AS res_id
              FROM sale_order o %(part)s
             WHERE o.state = 'sale' AND o.company_id IN %(companies)s
               AND o.date_order >= %(start)s AND o.date_order < %(end)s %(teams)s
            """,
            amount=SQL("part.amount") if self.categ_ids else SQL("o.amount_untaxed"),
            part=SQL(
                """
                JOIN LATERAL (
                    SELECT sum(l.price_subtotal) AS amount
                      FROM sale_order_line l
                      JOIN product_product p ON p.id = l.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                     WHERE l.order_id = o.id AND l.display_type IS NULL AND t.categ_id IN %s
                    HAVING count(*) > 0) part ON TRUE""",
                self._get_category_ids(),
            )
            if self.categ_ids
            else SQL(),
            teams=self._team_restriction("o"),
            digits=self.currency_id.decimal_places,
            companies=self._get_source_company_ids(),
            start=start,
            end=as_of + timedelta(days=1),
        )
