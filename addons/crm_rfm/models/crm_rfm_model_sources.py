from datetime import timedelta

from odoo import fields, models, tools
from odoo.tools import SQL


class CrmRfmModel(models.Model):
    """The port through which documents reach the scores.

    Another source adds a value to ``source`` and a method ``_transaction_query_<source>``,
    or extends ``_get_transaction_query``.
    """

    _inherit = "crm.rfm.model"

    # archived ones, too: without them all documents would count
    team_ids = fields.Many2many(
        "crm.team",
        string="Only Sales Teams",
        context={"active_test": False},
        help="Only documents of these teams count. Empty: all documents.",
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

        :param date as_of: last day; default as for a run
        :param partner_ids: contacts in which the caller is interested; a hint for speed that
            the query need not honour
        """
        self.ensure_one()
        as_of = as_of or self.scored_as_of or self._resolve_as_of()
        return getattr(self, f"_transaction_query_{self.source}")(as_of, partner_ids)

    def _get_total_query(self, as_of):
        """Return the SELECT of the totals of all contacts: ``partner_id``, ``last_date``, ``frequency``, ``monetary``.

        A source may have a shorter way than to add up its transactions: a method ``_total_query_<source>(as_of)``,
        which gives None where there is none. It is asked only while nothing extends ``_get_transaction_query``; what
        extends ``_transaction_query_<source>`` itself has to extend it too.
        """
        self.ensure_one()
        transactions = self._get_transaction_query(as_of)
        own = getattr(self, f"_total_query_{self.source}", None)
        totals = None
        if own and transactions == getattr(self, f"_transaction_query_{self.source}")(as_of, None):
            totals = own(as_of)
        return totals or self._sum_query(transactions, SQL("partner_id IS NOT NULL"))

    def _sum_query(self, transactions, restriction):
        """SELECT the totals of the transactions by contact."""
        return SQL(
            """
            SELECT partner_id,
                   max(date) FILTER (WHERE is_purchase) AS last_date,
                   (count(*) FILTER (WHERE is_purchase))::int AS frequency,
                   sum(amount) AS monetary
              FROM (%(transactions)s) tx
             WHERE %(restriction)s
             GROUP BY partner_id
            """,
            transactions=transactions,
            restriction=restriction,
        )

    def _get_document_model(self):
        """Name of the model to which ``res_id`` of the transaction query points."""
        return {"invoice": "account.move", "order": "sale.order"}[self.source]

    def _get_earlier_condition(self, res_id, moment):
        """Whether a document was there before a moment; its date names the day only.

        Orders are from when they are confirmed. When an invoice is posted is not known, but
        what it is for was agreed before it was made.
        """
        return SQL(
            "EXISTS (SELECT FROM %(table)s d WHERE d.id = %(res_id)s AND d.%(column)s < %(moment)s)",
            table=SQL.identifier(self.env[self._get_document_model()]._table),
            res_id=res_id,
            column=SQL.identifier("date_order" if self.source == "order" else "create_date"),
            moment=moment,
        )

    @tools.ormcache("self.company_id.id")
    def _get_source_company_ids(self):
        """Ids of the company and of its branches, which share its currency."""
        # sudo: the figures do not depend on which branches the user has switched on; nor on a branch being closed
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return tuple(companies.search([("id", "child_of", self.company_id.id)]).ids)

    def _get_category_ids(self):
        # sudo: the figures do not depend on which categories the user may see
        return tuple(self.env["product.category"].sudo().search([("id", "child_of", self.categ_ids.ids)]).ids)

    def _team_restriction(self, alias):
        if not self.team_ids:
            return SQL()
        return SQL("AND %s IN %s", SQL.identifier(alias, "team_id"), tuple(self.team_ids.ids))

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
