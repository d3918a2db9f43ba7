from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import realisation
from ..tools.order_flow import rounded


class CrmForecastReport(models.Model):
    """What was expected of customers, teams and products, against what they ordered.

    A read model of two kinds of rows, both without taxes, in company currency:

    * *forecast*: opportunities in the month of their expected closing (of closing, if none was given): the expected
      revenue, and weighted by the probability; lost ones count nothing. An opportunity with quotations is shared out
      to their lines in proportion, so that it has products; the shares add up to the opportunity, to the cent;
    * *realised*: lines of confirmed orders on the day of the order, as booked in ``tools/realisation.py``.

    Rows of both kinds are those of the salesperson for who may see own documents only.
    """

    _name = "crm.forecast.report"
    _description = "Forecast against Realisation"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id"

    date = fields.Date(readonly=True)
    kind = fields.Selection([("forecast", "Forecast"), ("realised", "Realised")], readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", string="Product Category", readonly=True)
    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", readonly=True, groups="sales_team.group_sale_salesman"
    )
    expected = fields.Monetary(currency_field="company_currency_id", readonly=True)
    weighted = fields.Monetary(string="Forecast (weighted)", currency_field="company_currency_id", readonly=True)
    realised = fields.Monetary(currency_field="company_currency_id", readonly=True)
    amount = fields.Monetary(
        string="Forecast, Realised", currency_field="company_currency_id", readonly=True,
        help="The weighted forecast or what was realised, by the kind of the row: both in one chart.",
    )  # fmt: skip
    difference = fields.Monetary(
        string="Realised less Forecast", currency_field="company_currency_id", readonly=True
    )

    _depends = {
        "crm.lead": [
            "active", "company_id", "date_closed", "date_deadline", "expected_revenue", "partner_id", "probability",
            "team_id", "type", "user_id", "won_status",
        ],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
        "res.company": ["currency_id", "partner_id"],
        "res.partner": ["commercial_partner_id", "tz"],
        "sale.order": [
            "company_id", "currency_rate", "date_order", "opportunity_id", "partner_id", "state", "team_id", "user_id",
        ],
        "sale.order.line": ["display_type", "is_downpayment", "order_id", "price_subtotal", "product_id"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT f.id, f.kind, f.date, f.company_id, company.currency_id AS company_currency_id, f.partner_id,
                   f.user_id, f.team_id, f.product_id, template.categ_id, f.lead_id, f.expected, f.weighted, f.realised,
                   f.weighted + f.realised AS amount, f.realised - f.weighted AS difference
              FROM (%(forecast)s UNION ALL %(realised)s) f
              JOIN res_company company ON company.id = f.company_id
              LEFT JOIN product_product product ON product.id = f.product_id
              LEFT JOIN product_template template ON template.id = product.product_tmpl_id
            """,
            forecast=self._forecast_query(),
            realised=SQL(
                """
                SELECT booked.line_id * 4 + 3 AS id, 'realised' AS kind, booked.date, booked.company_id,
                       booked.partner_id, booked.user_id, booked.team_id, booked.product_id, booked.lead_id,
                       0 AS expected, 0 AS weighted, booked.amount AS realised
                  FROM (%s) booked
                """,
                realisation.booked(),
            ),
        )

    @api.model
    def _forecast_query(self):
        """Opportunities, shared out to the lines of their quotations and orders by running totals."""
        shares = {}
        for name, amount in (
            ("expected", SQL("lead.expected_revenue::numeric")),
            ("weighted", SQL("lead.expected_revenue::numeric * lead.probability::numeric / 100")),
        ):
            edges = [
                rounded(SQL("%s * %s", amount, SQL.identifier("part", edge)), SQL("company_currency.rounding"))
                for edge in ("upto", "before")
            ]
            shares[name] = SQL("%s - %s", *edges)
        return SQL(
            """
            SELECT COALESCE(part.line_id * 4 + 2, lead.id * 4 + 1) AS id, 'forecast' AS kind,
                   COALESCE(lead.date_deadline, lead.date_closed::date) AS date, company.id AS company_id,
                   partner.commercial_partner_id AS partner_id, lead.user_id, lead.team_id, part.product_id,
                   lead.id AS lead_id, %(expected)s AS expected, %(weighted)s AS weighted, 0 AS realised
              FROM crm_lead lead
              JOIN res_company company ON company.id = COALESCE(lead.company_id, %(company)s)
              JOIN res_currency company_currency ON company_currency.id = company.currency_id
              LEFT JOIN res_partner partner ON partner.id = lead.partner_id
              JOIN LATERAL (
                    SELECT line.id AS line_id, line.product_id,
                           SUM(line.amount) OVER (ORDER BY line.id) / SUM(line.amount) OVER () AS upto,
                           (SUM(line.amount) OVER (ORDER BY line.id) - line.amount) / SUM(line.amount) OVER () AS before
                      FROM (
                            SELECT l.id, l.product_id, %(line_amount)s AS amount
                              FROM sale_order document
                              JOIN sale_order_line l ON l.order_id = document.id
                             WHERE document.opportunity_id = lead.id AND document.state <> 'cancel'
                               AND l.display_type IS NULL AND l.is_downpayment IS NOT TRUE AND l.price_subtotal > 0
                           ) line
                     UNION ALL
                    SELECT NULL, NULL, 1, 0
                     WHERE NOT EXISTS (
                            SELECT FROM sale_order document
                              JOIN sale_order_line l ON l.order_id = document.id
                             WHERE document.opportunity_id = lead.id AND document.state <> 'cancel'
                               AND l.display_type IS NULL AND l.is_downpayment IS NOT TRUE AND l.price_subtotal > 0)
                   ) part ON TRUE
             WHERE lead.type = 'opportunity' AND lead.active AND lead.won_status <> 'lost'
            """,
            company=self.env.company.id,
            line_amount=SQL("l.price_subtotal / COALESCE(NULLIF(document.currency_rate, 0), 1)"),
            **shares,
        )
