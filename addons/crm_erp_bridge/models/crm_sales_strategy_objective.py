import json
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date

from ..tools import projection, realisation

CAUSES = ("overdue", "not_due", "to_invoice", "delivery", "pipeline", "missing")


class CrmSalesStrategyObjective(models.Model):
    """A target for a measure, a period and a part of the business, with how far it is realised.

    Nobody enters the realisation: it is read from confirmed orders, posted invoices net of credit notes, and payments
    (``tools/realisation.py``), without taxes, in company currency.
    """

    _name = "crm.sales.strategy.objective"
    _description = "Sales Objective"
    _order = "strategy_id, sequence, id"

    # === FIELDS === #

    name = fields.Char(compute="_compute_name", store=True, readonly=False, precompute=True)
    sequence = fields.Integer(default=10)
    strategy_id = fields.Many2one("crm.sales.strategy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="strategy_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    measure = fields.Selection(
        [
            ("booked", "Booked (orders)"),
            ("invoiced", "Invoiced"),
            ("collected", "Collected"),
            ("orders", "Number of Orders"),
        ],
        required=True,
        default="booked",
    )
    date_from = fields.Date(
        string="From", compute="_compute_dates", store=True, readonly=False, required=True, precompute=True
    )
    date_to = fields.Date(
        string="To", compute="_compute_dates", store=True, readonly=False, required=True, precompute=True
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", index="btree_not_null", ondelete="restrict")
    user_id = fields.Many2one(
        "res.users", string="Salesperson", index="btree_not_null", ondelete="restrict",
        domain="[('share', '=', False)]",
    )
    categ_id = fields.Many2one("product.category", string="Product Category", ondelete="restrict")
    group_id = fields.Many2one("crm.customer.group", string="Customer Group", ondelete="restrict")
    country_id = fields.Many2one("res.country", string="Customer's Country", ondelete="restrict")
    target = fields.Float(required=True, digits=(16, 2))
    projection_method = fields.Selection(
        [("run_rate", "As it went so far"), ("pipeline", "What is sure and the weighted pipeline")],
        required=True,
        default="run_rate",
        help="How the end of the period is projected.",
    )
    realised = fields.Float(compute="_compute_realised", digits=(16, 2))
    percent = fields.Float(string="Realised (%)", compute="_compute_realised")
    expected_percent = fields.Float(
        string="Time Elapsed (%)", compute="_compute_realised", help="The part of the period that is over."
    )
    pipeline = fields.Float(
        string="Weighted Pipeline", compute="_compute_realised", digits=(16, 2),
        help="Open opportunities expected to close within the rest of the period, weighted by their probability. "
        "Opportunities have no product: with a product category there is none.",
    )
    projection = fields.Float(compute="_compute_realised", digits=(16, 2), help="At the end of the period.")
    projection_percent = fields.Float(string="Projection (%)", compute="_compute_realised")
    gap = fields.Float(compute="_compute_realised", digits=(16, 2), help="What is missing to the target now.")
    gap_overdue = fields.Float(string="Payment Overdue", compute="_compute_causes", digits=(16, 2))
    gap_not_due = fields.Float(string="Invoiced, Not Due Yet", compute="_compute_causes", digits=(16, 2))
    gap_to_invoice = fields.Float(string="To Invoice", compute="_compute_causes", digits=(16, 2))
    gap_delivery = fields.Float(string="Waiting for Delivery", compute="_compute_causes", digits=(16, 2))
    gap_pipeline = fields.Float(string="In the Pipeline", compute="_compute_causes", digits=(16, 2))
    gap_missing = fields.Float(
        string="Pipeline Missing", compute="_compute_causes", digits=(16, 2),
        help="Nothing in sight for this part: new opportunities are needed.",
    )
    rests_on_unused = fields.Boolean(compute="_compute_rests_on_unused", export_string_translation=False)
    chart = fields.Text(compute="_compute_chart", export_string_translation=False)

    _target_positive = models.Constraint("CHECK (target > 0)", "Please say what is to be reached: a target above zero.")
    _dates = models.Constraint("CHECK (date_to >= date_from)", "The period of an objective ends after it begins.")

    # === COMPUTE METHODS === #

    @api.depends("measure", "team_id", "user_id", "categ_id", "group_id", "country_id")
    def _compute_name(self):
        labels = dict(self._fields["measure"]._description_selection(self.env))
        for objective in self:
            scope = (
                objective.team_id, objective.user_id, objective.categ_id, objective.group_id, objective.country_id
            )
            objective.name = ", ".join(
                [labels.get(objective.measure, ""), *(record.display_name for record in scope if record)]
            )

    @api.depends("country_id")
    def _compute_rests_on_unused(self):
        unused = self.env["crm.privacy.field"]._names()
        for objective in self:
            objective.rests_on_unused = bool(objective.country_id) and "country_id" in unused

    @api.depends("strategy_id")
    def _compute_dates(self):
        for objective in self:
            objective.date_from = objective.date_from or objective.strategy_id.date_from
            objective.date_to = objective.date_to or objective.strategy_id.date_to

    @api.depends(
        "measure", "date_from", "date_to", "team_id", "user_id", "categ_id", "group_id", "country_id", "target",
        "company_id", "projection_method",
    )
    def _compute_realised(self):
        """A query per measure for the realisation of all objectives, and one for their pipelines."""
        realised = {
            objective.id: amount
            for objective, amount in self.env["crm.sales.realisation"]._read_group(
                [("objective_id", "in", self._origin.ids)], ["objective_id"], ["realised:sum"]
            )
        }
        pipelines = self._get_pipelines()
        today = fields.Date.context_today(self)
        for objective in self:
            amount = realised.get(objective._origin.id, 0)
            pipeline = pipelines.get(objective._origin.id, 0)
            objective.realised, objective.pipeline = amount, pipeline
            if not (objective.date_from and objective.date_to and objective.date_from <= objective.date_to):
                objective.projection = objective.expected_percent = 0
            else:
                period = objective.date_from, objective.date_to, today
                objective.expected_percent = 100 * projection.elapsed(*period)
                objective.projection = projection.project(amount, *period, objective.projection_method, pipeline)
            objective.percent = 100 * amount / objective.target if objective.target else 0
            objective.projection_percent = 100 * objective.projection / objective.target if objective.target else 0
            objective.gap = max(objective.target - amount, 0)

    @api.depends("realised", "pipeline", "target")
    def _compute_causes(self):
        amounts = self._get_open_amounts()
        for objective in self:
            found = amounts.get(objective._origin.id, {}) | {"pipeline": objective.pipeline}
            parts = projection.causes(objective.gap, objective.measure or "booked", found)
            for cause in CAUSES:
                objective[f"gap_{cause}"] = parts.get(cause, 0)

    @api.depends("realised")
    def _compute_chart(self):
        """Months of the period: what was realised, and what each month still to come has to bring."""
        today = fields.Date.context_today(self)
        months = defaultdict(list)
        for objective, month, amount in self.env["crm.sales.realisation"]._read_group(
            [("objective_id", "in", self._origin.ids)], ["objective_id", "date:day"], ["realised:sum"]
        ):
            months[objective.id].append((month, amount))
        for objective in self:
            rows = sorted(months[objective._origin.id])
            ahead = sum(month > today for month, _amount in rows)
            needed = objective.gap / ahead if ahead else 0
            values = [
                {
                    "label": format_date(self.env, month, date_format="MMM"),
                    "value": round(needed if month > today else amount, 2),
                    "type": "future" if month > today else "past",
                }
                for month, amount in rows
            ]
            objective.chart = json.dumps([{"key": objective.name or "", "values": values}])

    # === CONSTRAINTS === #

    @api.constrains("country_id")
    def _check_country(self):
        """:raises AccessError: by customers' country, when that was declared as not to be used"""
        if self.country_id:
            self.env["res.partner"]._crm_check_used(["country_id"])

    @api.constrains("measure", "categ_id")
    def _check_category(self):
        for objective in self:
            if objective.measure == "orders" and objective.categ_id:
                raise ValidationError(
                    self.env._(
                        "Orders are not counted by product category: one order may have products of several. "
                        "Please remove the category, or measure an amount."
                    )
                )

    # === QUERIES === #

    def _get_pipelines(self):
        """Weighted revenue of the open opportunities that are expected within the rest of each objective's period.

        For the number of orders, the sum of the probabilities.

        :return: ``{objective id: amount}``
        """
        if not self._origin.ids:
            return {}
        self.env.flush_all()
        lead = SQL(
            """
            SELECT COALESCE(l.company_id, o.company_id) AS company_id, l.team_id, l.user_id,
                   p.commercial_partner_id AS partner_id, NULL::int AS product_id, l.probability, l.expected_revenue
            """
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.id, SUM(f.probability / 100 * CASE o.measure WHEN 'orders' THEN 1 ELSE f.expected_revenue END)
                  FROM crm_sales_strategy_objective o
                  JOIN crm_lead l ON l.active AND l.type = 'opportunity' AND l.won_status = 'pending'
                                 AND l.date_deadline BETWEEN GREATEST(o.date_from, %(today)s) AND o.date_to
                  LEFT JOIN res_partner p ON p.id = l.partner_id
                  JOIN LATERAL (%(lead)s) f ON %(scope)s
                 WHERE o.id IN %(ids)s
                 GROUP BY o.id
                """,
                lead=lead,
                scope=realisation.in_scope("o", "f"),
                ids=tuple(self._origin.ids),
                today=fields.Date.context_today(self),
            )
        )
        return {objective_id: float(amount or 0) for objective_id, amount in rows}

    def _get_open_amounts(self):
        """What open orders and invoices within each objective's scope still have to bring.

        :return: ``{objective id: {cause: amount}}``
        """
        amounts = {}
        if not self._origin.ids:
            return amounts
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.id, f.cause, SUM(f.amount)
                  FROM crm_sales_strategy_objective o
                  JOIN (%(orders)s UNION ALL %(invoices)s) f ON f.date <= o.date_to AND %(scope)s
                 WHERE o.id IN %(ids)s
                 GROUP BY o.id, f.cause
                """,
                orders=realisation.open_orders(),
                invoices=realisation.open_invoices(fields.Date.context_today(self)),
                scope=realisation.in_scope("o", "f"),
                ids=tuple(self._origin.ids),
            )
        )
        for objective_id, cause, amount in rows:
            amounts.setdefault(objective_id, {})[cause] = float(amount)
        return amounts

    # === ACTIONS === #

    def action_open_realisation(self):
        """Target and realisation by month."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_sales_realisation_action")
        return action | {"domain": [("objective_id", "=", self.id)]}
