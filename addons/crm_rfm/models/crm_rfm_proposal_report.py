from odoo import fields, models
from odoo.tools import SQL


class CrmRfmProposalReport(models.Model):
    """How proposals on quotations end: one row per proposal, with what was sold by it.

    Amounts are untaxed, in the currency of the order's company.
    """

    _name = "crm.rfm.proposal.report"
    _description = "Proposals on Quotations"
    _auto = False
    _rec_name = "product_id"
    _order = "date desc, id desc"
    _depends = {
        "crm.rfm.proposal": ["order_id", "product_id", "kind", "state", "line_id"],
        "sale.order": ["state", "partner_id", "user_id", "company_id", "currency_rate"],
        "sale.order.line": ["product_uom_qty", "price_subtotal"],
        "res.partner": ["commercial_partner_id"],
    }

    order_id = fields.Many2one("sale.order", "Quotation", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Datetime("Proposed on", readonly=True)
    kind = fields.Selection(
        [
            ("again", "Due for re-order"),
            ("new", "New to this customer"),
            ("with", "Goes with the quotation"),
        ],
        readonly=True,
    )
    outcome = fields.Selection(
        [
            ("offered", "Shown only"),
            ("declined", "Declined"),
            ("added", "On an open quotation"),
            ("sold", "Sold"),
            ("lost", "Quotation lost"),
        ],
        readonly=True,
    )
    proposal_count = fields.Integer("Proposals", readonly=True)
    added_share = fields.Float(
        "Accepted", aggregator="avg", readonly=True, help="Share of the proposals that were added to the quotation."
    )
    sold_share = fields.Float(
        "Sold (share)", aggregator="avg", readonly=True, help="Share of the proposals that were ordered."
    )
    amount = fields.Monetary("Ordered", readonly=True, help="Untaxed amount of the lines that were added and ordered.")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT x.id, x.order_id, x.product_id, x.kind, x.create_date AS date,
                   p.commercial_partner_id AS partner_id, o.user_id, o.company_id, x.outcome,
                   1 AS proposal_count,
                   (x.outcome IN ('added', 'sold', 'lost'))::int::float8 AS added_share,
                   (x.outcome = 'sold')::int::float8 AS sold_share,
                   CASE WHEN x.outcome = 'sold' THEN round(
                       x.price_subtotal / COALESCE(NULLIF(o.currency_rate, 0), 1)::numeric, c.decimal_places
                   ) ELSE 0 END AS amount
              FROM (SELECT p.*, l.price_subtotal,
                           CASE WHEN l.id IS NULL THEN CASE p.state WHEN 'declined' THEN 'declined' ELSE 'offered' END
                                WHEN so.state = 'sale' AND l.product_uom_qty > 0 THEN 'sold'
                                WHEN so.state = 'cancel' OR l.product_uom_qty <= 0 THEN 'lost'
                                ELSE 'added' END AS outcome
                      FROM crm_rfm_proposal p
                      JOIN sale_order so ON so.id = p.order_id
                      LEFT JOIN sale_order_line l ON l.id = p.line_id) x
              JOIN sale_order o ON o.id = x.order_id
              JOIN res_partner p ON p.id = o.partner_id
              JOIN res_company y ON y.id = o.company_id
              JOIN res_currency c ON c.id = y.currency_id
            """
        )
