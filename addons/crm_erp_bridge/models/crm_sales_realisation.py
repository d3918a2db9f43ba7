from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import realisation
from ..tools.order_flow import rounded

MONTHS = 4096
"""Room for the months of one objective in the identifiers."""


class CrmSalesRealisation(models.Model):
    """Target and realisation of each sales objective by month.

    A read model: one row per objective and month of its period, also months in which nothing happened. The target of a
    month is its share of the days; the rows of an objective add up to its target and to its realisation. Figures are
    those of the whole company, whoever reads them; who may read which objective is decided by the record rules.
    """

    _name = "crm.sales.realisation"
    _description = "Realisation of Sales Objectives"
    _auto = False
    _rec_name = "objective_id"
    _order = "date, objective_id"

    objective_id = fields.Many2one("crm.sales.strategy.objective", readonly=True)
    strategy_id = fields.Many2one("crm.sales.strategy", readonly=True)
    measure = fields.Selection(
        selection=lambda self: self.env["crm.sales.strategy.objective"]._fields["measure"]._description_selection(
            self.env
        ),
        readonly=True,
    )
    date = fields.Date(string="Month", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    categ_id = fields.Many2one("product.category", string="Product Category", readonly=True)
    group_id = fields.Many2one("crm.customer.group", string="Customer Group", readonly=True)
    country_id = fields.Many2one("res.country", string="Customer's Country", readonly=True)
    target = fields.Float(readonly=True, digits=(16, 2))
    realised = fields.Float(readonly=True, digits=(16, 2))
    gap = fields.Float(string="Difference", readonly=True, digits=(16, 2), help="Realised less target.")

    _depends = {
        "account.move": [
            "amount_total_signed", "commercial_partner_id", "company_id", "date", "invoice_date", "invoice_user_id",
            "move_type", "state", "team_id",
        ],
        "account.move.line": ["account_id", "balance", "date", "display_type", "move_id", "product_id"],
        "account.partial.reconcile": ["amount", "credit_move_id", "debit_move_id", "exchange_move_id"],
        "crm.customer.group.member": ["group_id", "partner_id"],
        "crm.sales.strategy.objective": [
            "categ_id", "company_id", "country_id", "date_from", "date_to", "group_id", "measure", "strategy_id",
            "target", "team_id", "user_id",
        ],
        "product.category": ["parent_path"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
        "res.company": ["currency_id", "partner_id"],
        "res.partner": ["commercial_partner_id", "country_id", "tz"],
        "sale.order": ["company_id", "currency_rate", "date_order", "partner_id", "state", "team_id", "user_id"],
        "sale.order.line": ["display_type", "is_downpayment", "order_id", "price_subtotal", "product_id"],
    }

    @property
    def _table_query(self):
        days = SQL("(objective.date_to - objective.date_from + 1)")
        return SQL(
            """
            WITH realised AS (%(realised)s)
            SELECT objective.id * %(months)s + MOD(EXTRACT(YEAR FROM month)::int, 256) * 12
                       + EXTRACT(MONTH FROM month)::int AS id,
                   objective.id AS objective_id, objective.strategy_id, objective.measure, objective.company_id,
                   objective.team_id, objective.user_id, objective.categ_id, objective.group_id, objective.country_id,
                   month::date AS date, target.amount AS target,
                   COALESCE(realised.amount, 0) AS realised,
                   COALESCE(realised.amount, 0) - target.amount AS gap
              FROM crm_sales_strategy_objective objective
              JOIN generate_series(date_trunc('month', objective.date_from::timestamp), objective.date_to::timestamp,
                                   '1 month') AS span (month) ON TRUE
              JOIN LATERAL (
                    SELECT GREATEST(month::date, objective.date_from) - objective.date_from AS before,
                           LEAST((month + '1 month')::date, objective.date_to + 1) - objective.date_from AS after
                   ) elapsed ON TRUE
              JOIN LATERAL (SELECT %(after)s - %(before)s AS amount) target ON TRUE
              LEFT JOIN realised ON realised.objective_id = objective.id AND realised.first_day = month::date
            """,
            months=MONTHS,
            realised=self._realised_query(),
            **{
                edge: rounded(
                    SQL("objective.target::numeric * %s / %s", SQL.identifier("elapsed", edge), days), SQL("0.01")
                )
                for edge in ("before", "after")
            },
        )

    @api.model
    def _realised_query(self):
        """Rows ``(objective_id, month, amount)``: for each measure, the facts of all its objectives at once."""
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT o.id AS objective_id, date_trunc('month', f.date::timestamp)::date AS first_day,
                       SUM(f.amount) AS amount
                  FROM crm_sales_strategy_objective o
                  JOIN (%(facts)s) f ON f.date BETWEEN o.date_from AND o.date_to AND %(scope)s
                 WHERE o.measure = %(measure)s
                 GROUP BY o.id, first_day
                """,
                facts=facts(),
                scope=realisation.in_scope("o", "f"),
                measure=measure,
            )
            for measure, facts in realisation.FACTS.items()
        )
