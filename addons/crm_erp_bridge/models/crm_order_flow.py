from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import chain, order_flow

AMOUNTS = "amounts"
"""Prefetch group of the columns that cost something: read together, and only when one of them is asked for."""


class CrmOrderFlow(models.Model):
    """How far each quotation and order has come: ordered, delivered, invoiced, paid, credited.

    A read model: one row per ``sale.order`` with the same id, computed by the
    database from the documents, never stored. All amounts include taxes, in the
    currency of the order; those named ``company_*`` are in the company's.

    * ``amount_total``: total of the quotation or order, in any state;
    * ``amount_ordered``: the same once confirmed, else 0;
    * ``amount_delivered``: the delivered quantities at the order's prices;
    * ``amount_invoiced``: the order's shares of posted invoices, down payments
      included (see ``tools/order_flow.py`` for how an invoice is shared out);
    * ``amount_credited``: its shares of posted credit notes, positive;
    * ``amount_due``: its shares of what these documents still leave open;
      negative when a credit note waits to be paid back;
    * ``amount_paid`` = invoiced - credited - due: what has been settled by
      anything but the order's own credit notes (payments less refunds, also
      write-offs and foreign exchange differences).

    Rows are those of the sales orders that the user may read; no row for who
    may read none.
    """

    _name = "crm.order.flow"
    _description = "Order Flow"
    _auto = False
    _rec_name = "order_id"
    _order = "date desc, id desc"

    order_id = fields.Many2one("sale.order", readonly=True)
    # accountants and auditors work here without any right on leads
    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", readonly=True, groups="sales_team.group_sale_salesman"
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", string="Customer Company", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    date = fields.Datetime(string="Order Date", readonly=True)
    order_state = fields.Selection(
        [
            ("draft", "Quotation"),
            ("sent", "Quotation Sent"),
            ("sale", "Sales Order"),
            ("cancel", "Cancelled"),
        ],
        readonly=True,
    )
    invoice_status = fields.Selection(
        [
            ("upselling", "Upselling Opportunity"),
            ("invoiced", "Fully Invoiced"),
            ("to invoice", "To Invoice"),
            ("no", "Nothing to Invoice"),
        ],
        readonly=True,
    )
    amount_total = fields.Monetary(string="Total", readonly=True)
    amount_ordered = fields.Monetary(string="Ordered", readonly=True)
    amount_delivered = fields.Monetary(string="Delivered", readonly=True, prefetch=AMOUNTS)
    amount_invoiced = fields.Monetary(string="Invoiced", readonly=True, prefetch=AMOUNTS)
    amount_paid = fields.Monetary(string="Paid", readonly=True, prefetch=AMOUNTS)
    amount_credited = fields.Monetary(string="Credited", readonly=True, prefetch=AMOUNTS)
    amount_due = fields.Monetary(string="Open", readonly=True, prefetch=AMOUNTS)
    company_amount_ordered = fields.Monetary(
        string="Ordered (company currency)", currency_field="company_currency_id", readonly=True, prefetch=AMOUNTS
    )
    company_amount_invoiced = fields.Monetary(
        string="Invoiced (company currency)", currency_field="company_currency_id", readonly=True, prefetch=AMOUNTS
    )
    company_amount_paid = fields.Monetary(
        string="Paid (company currency)", currency_field="company_currency_id", readonly=True, prefetch=AMOUNTS
    )
    company_amount_credited = fields.Monetary(
        string="Credited (company currency)", currency_field="company_currency_id", readonly=True, prefetch=AMOUNTS
    )
    company_amount_due = fields.Monetary(
        string="Open (company currency)", currency_field="company_currency_id", readonly=True, prefetch=AMOUNTS
    )
    state = fields.Selection(
        [
            ("draft", "Quotation"),
            ("sent", "Quotation Sent"),
            ("order", "In Progress"),
            ("to_invoice", "To Invoice"),
            ("invoice_draft", "Invoice in Draft"),
            ("unpaid", "Unpaid"),
            ("paid", "Paid"),
            ("credited", "Credited"),
            ("cancel", "Cancelled"),
        ],
        readonly=True,
        prefetch=AMOUNTS,
    )
    blocked_reason = fields.Selection(
        [
            ("expired", "Quotation expired"),
            ("payment_blocked", "Invoice blocked for payment"),
            ("overdue", "Payment overdue"),
            ("refund_due", "Credit note to pay back"),
            ("invoice_draft", "Draft invoice to post"),
            ("delivery", "Waiting for delivery"),
        ],
        string="Blocked",
        readonly=True,
        prefetch=AMOUNTS,
        help="The most pressing reason why the order does not move on.",
    )

    # what the query reads: pending changes of these are written before it runs
    _depends = {
        "account.move": [
            "amount_residual", "amount_residual_signed", "amount_total", "amount_total_signed", "company_id",
            "currency_id", "invoice_currency_rate", "invoice_date", "invoice_date_due", "move_type", "payment_state",
            "reversed_entry_id", "state",
        ],
        "account.move.line": ["display_type", "move_id", "price_total", "sale_line_ids"],
        "account.tax": ["amount", "amount_type", "price_include_override"],
        "res.company": ["account_price_include", "currency_id", "parent_path"],
        "res.currency": ["rounding"],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
        "res.partner": ["commercial_partner_id"],
        "sale.order": [
            "amount_total", "company_id", "currency_id", "currency_rate", "date_order", "invoice_status",
            "opportunity_id", "partner_id", "state", "team_id", "user_id", "validity_date",
        ],
        "sale.order.line": [
            "discount", "display_type", "is_downpayment", "order_id", "price_total", "price_unit", "product_uom_qty",
            "qty_delivered", "tax_ids",
        ],
    }

    # === THE QUERY === #

    @property
    def _table_query(self):
        orders = self._orders_query()
        return SQL(
            "SELECT %(columns)s FROM %(orders)s %(joins)s WHERE %(where)s",
            columns=SQL(", ").join(
                SQL("(%s) AS %s", expression, SQL.identifier(name)) for name, expression in self._columns().items()
            ),
            orders=orders.from_clause,
            joins=self._joins(),
            where=orders.where_clause or SQL("TRUE"),
        )

    @api.model
    def _orders_query(self):
        """Query over ``sale_order``: the orders that the current user may read."""
        orders = self.env["sale.order"].with_context(active_test=False)
        if not (self.env.su or orders.has_access("read")):
            return orders.browse()._as_query()
        return orders._search([])

    @api.model
    def _joins(self):
        """What the columns need besides ``sale_order``.

        Everything is a LEFT JOIN to at most one row, so that PostgreSQL leaves
        out what a query does not read: a list asks first for 80 identifiers,
        which costs no more than those of the orders themselves.
        """
        return SQL(
            """
            LEFT JOIN res_partner partner ON partner.id = sale_order.partner_id
            LEFT JOIN res_company company ON company.id = sale_order.company_id
            LEFT JOIN res_currency currency ON currency.id = sale_order.currency_id
            LEFT JOIN res_currency company_currency ON company_currency.id = company.currency_id
            LEFT JOIN LATERAL (%(delivery)s) delivery ON TRUE
            LEFT JOIN LATERAL (%(billing)s) billing ON TRUE
            """,
            delivery=order_flow.delivery(),
            billing=order_flow.billing(fields.Date.context_today(self)),
        )

    @api.model
    def _columns(self):
        """dict: column name -> SQL expression; another addon may add columns (with its joins in :meth:`_joins`)."""
        unit = SQL.identifier("currency", "rounding")
        company_unit = SQL.identifier("company_currency", "rounding")
        names = [
            "id", "partner_id", "company_id", "currency_id", "user_id", "team_id", "invoice_status", "amount_total",
        ]
        columns = {name: SQL.identifier("sale_order", name) for name in names}
        columns |= {
            "order_id": SQL("sale_order.id"),
            "lead_id": SQL("sale_order.opportunity_id"),
            "commercial_partner_id": SQL("partner.commercial_partner_id"),
            "company_currency_id": SQL("company.currency_id"),
            "date": SQL("sale_order.date_order"),
            "order_state": SQL("sale_order.state"),
            "amount_ordered": SQL("CASE WHEN sale_order.state = 'sale' THEN sale_order.amount_total ELSE 0 END"),
            "company_amount_ordered": SQL(
                "CASE WHEN sale_order.state = 'sale' THEN %s ELSE 0 END",
                order_flow.rounded(SQL("sale_order.amount_total / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)"),
                                   company_unit),
            ),
            # scaled to the order's total, which may differ from the sum of its lines by a rounding of taxes
            "amount_delivered": SQL(
                "CASE WHEN sale_order.state <> 'sale' THEN 0 ELSE COALESCE(%s, 0) END",
                order_flow.rounded(
                    SQL("""delivery.delivered * CASE WHEN delivery.ordered <> 0
                                                     THEN sale_order.amount_total / delivery.ordered ELSE 1 END"""),
                    unit,
                ),
            ),
        }
        for prefix in ("", "company_"):
            invoiced, credited, due = (
                SQL("COALESCE(%s, 0)", SQL.identifier("billing", f"{prefix}{name}"))
                for name in ("invoiced", "credited", "due")
            )
            columns |= {
                f"{prefix}amount_invoiced": invoiced,
                f"{prefix}amount_credited": credited,
                f"{prefix}amount_due": due,
                f"{prefix}amount_paid": SQL("%s - %s - %s", invoiced, credited, due),
            }
        columns |= {"state": order_flow.state(), "blocked_reason": order_flow.blocked(fields.Date.context_today(self))}
        return columns

    # === THE CHAIN OF DOCUMENTS === #

    def _get_chains(self):
        """What the chain on a form shows, for each row: its documents by stage, with states and amounts.

        Only documents that the user may read are named. The number of queries
        does not depend on the number of rows.

        :return: ``{id: dict}``, ready for the client
        """
        if not self:
            return {}
        shares = self._get_document_shares()
        # a search, so that the record rules decide; no access at all means none
        moves = self.env["account.move"]
        if moves.has_access("read"):
            moves = moves.search([("id", "in", list({move for _order, move in shares}))], order="invoice_date, id")
        payments = self._get_payments(moves)
        return {flow.id: flow._get_chain(shares, moves, payments) for flow in self}

    def _get_chain(self, shares, moves, payments):
        self.ensure_one()
        documents = {
            "order": [self._chain_document(self.order_id, self.amount_total, self.currency_id, self.date, "state")],
            "invoice": [],
            "credit": [],
            "payment": [],
        }
        paid_by = self.env["account.payment"]
        for move in moves:
            share = shares.get((self.id, move.id))
            if share is None:
                continue
            stage = "credit" if move.move_type == "out_refund" else "invoice"
            status = "status_in_payment" if move.state == "posted" else "state"
            documents[stage].append(
                self._chain_document(move, share, move.currency_id, move.invoice_date or move.date, status)
            )
            paid_by |= payments.get(move.id, self.env["account.payment"])
        for payment in paid_by.sorted(lambda payment: (payment.date, payment.id)):
            sign = -1 if payment.payment_type == "outbound" else 1
            documents["payment"].append(
                self._chain_document(payment, sign * payment.amount, payment.currency_id, payment.date, "state")
            )
        if self.amount_paid and not paid_by and (invoices := documents["invoice"]):
            # payments belong to the accountants; the invoice lists those that settled it
            documents["payment"].append(
                invoices[0]
                | {
                    "name": self.env._("See %(invoice)s", invoice=invoices[0]["name"]),
                    "amount": self.amount_paid,
                    "currency_id": self.currency_id.id,
                }
            )
        amounts = {
            name: self[f"amount_{name}"]
            for name in ("total", "ordered", "delivered", "invoiced", "paid", "credited", "due")
        }
        return {
            "id": self.id,
            "name": self.order_id.display_name,
            "currency_id": self.currency_id.id,
            "due": self.amount_due,
            "state": self.state,
            "state_label": self._selection_label(self, "state"),
            "blocked": self.blocked_reason and self._selection_label(self, "blocked_reason"),
            "stages": chain.stages(amounts, self.order_state, documents),
        }

    @api.model
    def _chain_document(self, record, amount, currency, date, status):
        if isinstance(date, datetime):  # the day where the reader is
            date = fields.Datetime.context_timestamp(self, date).date()
        return {
            "model": record._name,
            "id": record.id,
            "name": record.name if record.name and record.name != "/" else record.display_name,
            "amount": amount,
            "currency_id": currency.id,
            "date": fields.Date.to_string(date) or False,
            "status": record[status],
            "status_label": self._selection_label(record, status),
        }

    @api.model
    def _selection_label(self, record, name):
        """The label of a selection value in the user's language."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    def _get_document_shares(self):
        """dict ``{(order id, account.move id): amount}``: invoices and credit notes of these orders, not cancelled.

        The amount is the order's share of the document, in the document's currency.
        """
        if not self:
            return {}
        self.env["account.move"].flush_model(["state", "amount_total", "reversed_entry_id"])
        self.env["account.move.line"].flush_model(["price_total", "display_type", "move_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT sale_order.id, move.id, share.amount
                  FROM sale_order
                 CROSS JOIN LATERAL (%(documents)s) document
                  JOIN account_move move ON move.id = document.id AND move.state IN ('draft', 'posted')
                  JOIN res_currency move_currency ON move_currency.id = move.currency_id
                  JOIN res_company company ON company.id = move.company_id
                  JOIN res_currency company_currency ON company_currency.id = company.currency_id
                  JOIN LATERAL (%(shares)s) share ON share.order_id = sale_order.id
                 WHERE sale_order.id = ANY(%(ids)s)
                """,
                documents=order_flow.documents(SQL("sale_order.id")),
                shares=order_flow.shares("move", "move_currency", "company_currency"),
                ids=list(self.ids),
            )
        )
        return {(order_id, move_id): float(amount) for order_id, move_id, amount in rows}

    @api.model
    def _get_payments(self, moves):
        """dict ``{move id: payments}`` that settle these documents, as far as the user may read payments."""
        payments = self.env["account.payment"]
        if not moves or not payments.has_access("read"):
            return {}
        payments.flush_model(["move_id"])
        self.env["account.partial.reconcile"].flush_model(["debit_move_id", "credit_move_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT invoice_id, payment_id FROM account_move__account_payment WHERE invoice_id = ANY(%(ids)s)
                 UNION
                SELECT own.move_id, payment.id
                  FROM account_move_line own
                  JOIN account_partial_reconcile part ON own.id IN (part.debit_move_id, part.credit_move_id)
                  JOIN account_move_line other ON other.id IN (part.debit_move_id, part.credit_move_id)
                                              AND other.id <> own.id
                  JOIN account_payment payment ON payment.move_id = other.move_id
                 WHERE own.move_id = ANY(%(ids)s)
                """,
                ids=list(moves.ids),
            )
        )
        readable = payments.search(
            [("id", "in", [payment for _move, payment in rows]), ("state", "not in", ("canceled", "rejected"))]
        )
        found = {}
        for move_id, payment_id in rows:
            payment = readable.filtered(lambda payment, payment_id=payment_id: payment.id == payment_id)
            found[move_id] = found.get(move_id, payments) | payment
        return found

    # === ACTIONS === #

    def action_open_order(self):
        """Open the quotation or order of the row."""
        self.ensure_one()
        return self.order_id.get_formview_action()
