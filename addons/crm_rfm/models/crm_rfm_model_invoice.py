from odoo import models
from odoo.tools import SQL


class CrmRfmModel(models.Model):
    """Invoices as a source of transactions, in the two parts that the indexes of ``account.move`` have."""

    _inherit = "crm.rfm.model"

    def _transaction_query_invoice(self, as_of, partner_ids):
        """Posted customer invoices and credit notes.

        * amount: ``amount_untaxed_signed``; credit notes lower it on their own date;
        * purchase: an invoice of positive amount, unless credit notes that name it have
          given back all of it by ``as_of`` (reversed, perhaps issued anew), or it is a down
          payment whose order has its regular invoice by ``as_of`` (the regular one counts);
        * no purchase: credit notes, invoices of zero or negative amount, draft and cancelled
          documents, sales receipts.

        Of some contacts the documents are looked up once, and credit notes by these alone.
        """
        restriction = self._restriction("m", partner_ids)
        return SQL(
            # The exceptions are looked for once, however often is_purchase is used. The order lets the caller
            # group without hashing or sorting: the indexes have it.
            """
            WITH fact AS %(stored)s (%(purchases)s UNION ALL %(others)s),
                 uncounted AS MATERIALIZED (%(uncounted)s)
            SELECT partner_id, date, amount,
                   is_purchase AND res_id NOT IN (SELECT res_id FROM uncounted) AS is_purchase,
                   res_id
              FROM fact
             %(order)s
            """,
            stored=SQL("NOT MATERIALIZED") if partner_ids is None else SQL("MATERIALIZED"),
            purchases=self._positive_invoice_query(as_of, restriction),
            others=self._other_invoice_query(as_of, restriction),
            uncounted=self._uncounted_query(as_of, partner_ids),
            order=SQL("ORDER BY partner_id") if partner_ids is None else SQL(),
        )

    def _total_query_invoice(self, as_of):
        """Totals of all contacts: sums of all positive invoices, less what was no purchase after all.

        None, as :meth:`_get_total_query` allows, where only some lines count: these make other amounts.

        To ask of each among millions of invoices whether it is one of these takes longer than all the rest. Only
        where one of these is of the last day, the invoices of the contact are looked through again without them.
        """
        if self.categ_ids:
            return None
        return SQL(
            # What customers have of each kind is in their order already; so all is merged, and nothing hashed.
            """
            WITH uncounted AS MATERIALIZED (%(uncounted)s),
                 off AS (SELECT partner_id, max(date) AS last_date, count(*)::int AS frequency
                           FROM uncounted GROUP BY partner_id)
            SELECT COALESCE(g.partner_id, o.partner_id) AS partner_id,
                   CASE WHEN off.last_date = g.last_date
                        THEN (SELECT max(date) FROM (%(purchases)s) tx
                               WHERE partner_id = g.partner_id AND res_id NOT IN (SELECT res_id FROM uncounted))
                        ELSE g.last_date END AS last_date,
                   COALESCE(g.frequency, 0) - COALESCE(off.frequency, 0) AS frequency,
                   CASE WHEN o.monetary IS NULL THEN g.monetary
                        ELSE o.monetary + COALESCE(g.monetary, 0) END AS monetary
              FROM (SELECT partner_id, max(date) AS last_date, count(*)::int AS frequency, sum(amount) AS monetary
                      FROM (%(purchases)s ORDER BY m.commercial_partner_id) tx
                     WHERE partner_id IS NOT NULL
                     GROUP BY partner_id) g
              LEFT JOIN off ON off.partner_id = g.partner_id
              FULL JOIN (SELECT partner_id, sum(amount) AS monetary
                           FROM (%(others)s ORDER BY m.commercial_partner_id) tx
                          WHERE partner_id IS NOT NULL
                          GROUP BY partner_id) o ON o.partner_id = g.partner_id
            """,
            uncounted=self._uncounted_query(as_of),
            purchases=self._positive_invoice_query(as_of),
            others=self._other_invoice_query(as_of),
        )

    # === PARTS === #

    def _positive_invoice_query(self, as_of, restriction=None):
        """SELECT the invoices of positive amount: all purchases, and those of :meth:`_uncounted_query`."""
        return self._part_query(
            as_of,
            SQL("m.state = 'posted' AND m.move_type = 'out_invoice' AND m.amount_untaxed_signed > 0"),
            # of the whole document that is known
            SQL("part.amount > 0") if self.categ_ids else SQL("TRUE"),
            restriction,
        )

    def _other_invoice_query(self, as_of, restriction=None):
        """SELECT credit notes and invoices of zero or negative amount."""
        return self._part_query(
            as_of,
            SQL(
                """m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund')
               AND (m.move_type = 'out_refund' OR m.amount_untaxed_signed <= 0)"""
            ),
            # the lines that count can be positive all the same
            SQL("m.move_type = 'out_invoice' AND part.amount > 0") if self.categ_ids else SQL("FALSE"),
            restriction,
        )

    def _part_query(self, as_of, index, is_purchase, restriction):
        """SELECT the documents of one of the indexes in ``account_move.py``, whose condition ``index`` repeats."""
        return SQL(
            """
            SELECT m.commercial_partner_id AS partner_id, m.invoice_date AS date, %(amount)s AS amount,
                   %(is_purchase)s AS is_purchase, m.id AS res_id
              FROM account_move m %(part)s
             WHERE %(index)s AND %(conditions)s %(restriction)s""",
            index=index,
            is_purchase=is_purchase,
            restriction=restriction or SQL(),
            **self._invoice_restriction(as_of),
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
            "m.company_id IN %s AND m.invoice_date > %s AND m.invoice_date <= %s %s",
            self._get_source_company_ids(),
            self._window_start(as_of),
            as_of,
            self._team_restriction("m"),
        )
        return {"amount": amount, "part": part, "conditions": conditions}

    # === WHAT ONLY LOOKS LIKE A PURCHASE === #

    def _uncounted_query(self, as_of, partner_ids=None):
        """SELECT the invoices of positive amount that are no purchases, each once: ``res_id, partner_id, date``.

        For some contacts it stands beside the CTE ``fact`` of their documents.
        """
        if partner_ids is None:
            uncounted = self._reversed_invoice_query(as_of)
        else:
            uncounted = self._reversed_invoice_query_of_some(as_of)
        # to plan the query of down payments takes longer than to answer all of it for one customer
        if self.env.execute_query(SQL("SELECT FROM sale_order_line WHERE is_downpayment LIMIT 1")):
            # one can be both, and a down payment can be settled by two orders
            uncounted = SQL("%s UNION %s", uncounted, self._settled_down_payment_query(as_of, partner_ids))
        return uncounted

    def _credited_query(self, as_of, restriction=None):
        """SELECT what credit notes gave back of each invoice by ``as_of``, in the order of the invoices.

        In the currency of the credit notes, so that a change of rate between the two documents does not matter.
        """
        return SQL(
            """
            SELECT reversed_entry_id, currency_id, sum(amount_untaxed) AS amount_untaxed
              FROM account_move c
             WHERE reversed_entry_id IS NOT NULL
               AND state = 'posted' AND move_type = 'out_refund' AND invoice_date <= %(as_of)s
               AND company_id IN %(companies)s %(restriction)s
             GROUP BY reversed_entry_id, currency_id
             ORDER BY reversed_entry_id, currency_id""",
            as_of=as_of,
            companies=self._get_source_company_ids(),
            restriction=restriction or SQL(),
        )

    def _reversed_invoice_query(self, as_of):
        """SELECT the purchases that credit notes gave back entirely by ``as_of``."""
        return SQL(
            # The invoices are found by one pass through the index for all ids, not by one search for each. How many
            # that gives the planner cannot know; a full join keeps it from comparing each with each.
            """
            WITH credited AS MATERIALIZED (%(credited)s)
            SELECT m.id AS res_id, m.partner_id, m.date
              FROM credited c
              FULL JOIN (SELECT m.id, m.commercial_partner_id AS partner_id, m.invoice_date AS date, m.currency_id,
                                m.amount_untaxed
                           FROM account_move m %(part)s
                          WHERE m.id = ANY(ARRAY(SELECT reversed_entry_id FROM credited))
                            AND m.state = 'posted' AND m.move_type = 'out_invoice'
                            AND %(conditions)s AND %(amount)s > 0) m
                ON m.id = c.reversed_entry_id AND m.currency_id = c.currency_id
             WHERE COALESCE(c.amount_untaxed >= m.amount_untaxed, FALSE)""",
            credited=self._credited_query(as_of),
            **self._invoice_restriction(as_of),
        )

    def _reversed_invoice_query_of_some(self, as_of):
        """The same beside the CTE ``fact`` of the documents of some contacts."""
        return SQL(
            """
            SELECT m.id AS res_id, m.commercial_partner_id AS partner_id, m.invoice_date AS date
              FROM (%(credited)s) c
              JOIN account_move m ON m.id = c.reversed_entry_id AND m.currency_id = c.currency_id %(part)s
             WHERE m.state = 'posted' AND m.move_type = 'out_invoice' AND %(conditions)s AND %(amount)s > 0
               AND c.amount_untaxed >= m.amount_untaxed""",
            credited=self._credited_query(
                as_of,
                # an array is looked up by the index; of a subselect the planner may merge all credit notes with it
                SQL("AND c.reversed_entry_id = ANY(ARRAY(SELECT res_id FROM fact))"),
            ),
            **self._invoice_restriction(as_of),
        )

    def _settled_down_payment_query(self, as_of, partner_ids):
        """SELECT the purchases that are pure down-payment invoices whose order has a regular invoice by ``as_of``.

        Example: order of 1,000; a down payment of 300 on 1 March, the final invoice of 700 on
        1 April. On 15 March the purchase of that customer is the down payment, on 15 April the
        final invoice; the amounts count on their own dates. A final invoice that does not count for the model, or was
        given back entirely, settles nothing. Goods on the invoice make it a regular one, on an order or not.
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
             WHERE m.state = 'posted' AND m.move_type = 'out_invoice' AND %(conditions)s AND %(amount)s > 0
               AND NOT EXISTS (
                    SELECT FROM account_move_line l
                     WHERE l.move_id = d.move_id AND l.display_type = 'product'
                       AND NOT EXISTS (
                            SELECT FROM sale_order_line_invoice_rel r
                              JOIN sale_order_line o ON o.id = r.order_line_id
                             WHERE r.invoice_line_id = l.id AND o.is_downpayment))
               AND EXISTS (
                    SELECT FROM sale_order_line o
                      JOIN sale_order_line_invoice_rel r ON r.order_line_id = o.id
                      JOIN account_move_line l ON l.id = r.invoice_line_id
                      JOIN account_move i ON i.id = l.move_id
                     WHERE o.order_id = d.order_id AND o.is_downpayment IS NOT TRUE
                       AND i.state = 'posted' AND i.move_type = 'out_invoice'
                       AND i.amount_untaxed_signed > 0 AND i.invoice_date <= %(as_of)s
                       AND i.company_id IN %(companies)s %(teams)s
                       AND i.amount_untaxed > COALESCE((
                            SELECT sum(c.amount_untaxed) FROM account_move c
                             WHERE c.reversed_entry_id = i.id AND c.currency_id = i.currency_id
                               AND c.state = 'posted' AND c.move_type = 'out_refund'
                               AND c.invoice_date <= %(as_of)s), 0))
            """,
            as_of=as_of,
            companies=self._get_source_company_ids(),
            teams=self._team_restriction("i"),
            restriction=self._restriction("i", partner_ids),
            **self._invoice_restriction(as_of),
        )

    def _restriction(self, alias, partner_ids):
        """Return ``AND <alias>.commercial_partner_id IN (...)``, or nothing without contacts."""
        if partner_ids is None:
            return SQL()
        return SQL("AND %s IN %s", SQL.identifier(alias, "commercial_partner_id"), tuple(partner_ids) or (0,))
