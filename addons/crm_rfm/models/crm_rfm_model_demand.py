from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..tools import demand

#: weeks that are looked at, products that are forecast (those with the most weeks of sales)
WEEKS, MAX_PRODUCTS = 104, 2000


class CrmRfmModel(models.Model):
    """Demand: products by their weeks, segments by what their customers bought after the last horizon began.

    A segment is defined by purchases, so the past sales of its present customers say nothing
    about the next ones. Therefore the value per customer is taken from those who were in the
    segment one horizon ago, and what they bought since.
    """

    _inherit = "crm.rfm.model"

    demand = fields.Boolean("Forecast Demand", default=True, tracking=True, help="Every night, by product and segment.")

    def _compute_demand(self):
        """Replace the forecasts of demand by those of today."""
        self.ensure_one()
        # sudo: forecasts are written by the runs only, no group may create them
        Demand = self.env["crm.rfm.demand"].sudo()
        Demand.search([("model_id", "=", self.id)]).unlink()
        if self.demand and self.scored_as_of:
            Demand.create([*self._prepare_product_demand(), *self._prepare_segment_demand()])

    # === PRODUCTS === #

    def _prepare_product_demand(self):
        weeks_ahead = self.forecast_days / 7
        for product_id, series in self._get_weekly_sales().items():
            found = demand.forecast(series)
            yield {
                "model_id": self.id,
                "kind": "product",
                "product_id": product_id,
                "days": self.forecast_days,
                "history": len(series),
                "selling": sum(1 for value in series if value),
                "method": found["method"],
                "expected": (found["level"] or 0.0) * weeks_ahead,
                "error": found["error"] or 0.0,
                "naive_error": found["naive_error"] or 0.0,
                "is_shown": bool(found["method"]),
            }

    def _get_weekly_sales(self):
        """Ordered quantity per week of each product, in its unit, from its first week with a sale.

        Weeks end on the as-of date. Confirmed orders of the company and its branches; down
        payments, notes and negative quantities do not count.

        :return: ``{product id: [quantity, ...]}``, the oldest week first
        """
        as_of = self.scored_as_of
        self.env["sale.order.line"].flush_model()
        self.env["sale.order"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH sold AS (
                        SELECT l.product_id, (%(as_of)s::date - o.date_order::date) / 7 AS ago,
                               sum(l.product_uom_qty * u.factor / tu.factor)::float8 AS quantity
                          FROM sale_order o
                          JOIN sale_order_line l ON l.order_id = o.id
                          JOIN product_product p ON p.id = l.product_id AND p.active
                          JOIN product_template t ON t.id = p.product_tmpl_id AND t.sale_ok
                          JOIN uom_uom u ON u.id = l.product_uom_id
                          JOIN uom_uom tu ON tu.id = t.uom_id
                         WHERE o.state = 'sale' AND o.company_id IN %(companies)s
                           AND o.date_order >= %(start)s AND o.date_order < %(end)s
                           AND l.display_type IS NULL AND l.is_downpayment IS NOT TRUE AND l.product_uom_qty > 0
                         GROUP BY 1, 2)
                SELECT product_id, array_agg(ago), array_agg(quantity)
                  FROM sold GROUP BY product_id ORDER BY count(*) DESC, product_id LIMIT %(max)s
                """,
                as_of=as_of,
                companies=self._get_source_company_ids(),
                start=as_of - timedelta(days=7 * WEEKS - 1),
                end=as_of + timedelta(days=1),
                max=MAX_PRODUCTS,
            )
        )
        result = {}
        for product_id, agos, quantities in rows:
            series = [0.0] * (max(agos) + 1)
            for ago, quantity in zip(agos, quantities, strict=True):
                series[-1 - ago] = quantity
            result[product_id] = series
        return result

    # === SEGMENTS === #

    def _prepare_segment_demand(self):
        """Value per customer of a segment in the last horizon, times its customers of today.

        Test: the same rule one horizon earlier. Its rival says that the customers of the segment buy
        as much as they bought in the horizon before.
        """
        now, days = self.scored_as_of, timedelta(days=self.forecast_days)
        learned = self._get_segment_sales(now - days)
        earlier = self._get_segment_sales(now - 2 * days)
        present = dict(
            self.env["crm.rfm.score"]._read_group(
                [("model_id", "=", self.id), ("r_score", ">", 0)], ["segment_id"], ["__count"]
            )
        )
        for segment, customers in present.items():
            then, _before, sold = learned.get(segment.id, (0, 0.0, 0.0))
            old, _old_before, old_sold = earlier.get(segment.id, (0, 0.0, 0.0))
            values = {
                "model_id": self.id,
                "kind": "segment",
                "segment_id": segment.id,
                "days": self.forecast_days,
                "method": "rate",
                "history": 0,
                "selling": 0,
            }
            if min(then, old) < demand.MIN_CUSTOMERS or sold <= 0:
                yield values | {"is_shown": False, "method": False}
                continue
            error = abs(old_sold / old * then - sold) / sold
            rival = abs(learned[segment.id][1] - sold) / sold
            yield values | {
                "expected": sold / then * customers,
                "error": error,
                "naive_error": rival,
                "is_shown": error < rival,
            }

    def _get_segment_sales(self, day):
        """Customers by their segment as of a day, and their net value in the horizons before and after it.

        :return: ``{segment id: (customers, before, after)}``
        """
        self._flush_for_scores()
        horizon = timedelta(days=self.forecast_days)
        around = self.with_context(rfm_date_from=day - horizon)
        rows = self.env.execute_query(
            SQL(
                """
                WITH %(target)s,
                     sold AS (
                        SELECT p.commercial_partner_id AS partner_id,
                               sum(tx.amount) FILTER (WHERE tx.date <= %(day)s) AS before,
                               sum(tx.amount) FILTER (WHERE tx.date > %(day)s) AS after
                          FROM (%(transactions)s) tx JOIN res_partner p ON p.id = tx.partner_id
                         GROUP BY 1)
                SELECT t.segment_id, count(*)::int, COALESCE(sum(s.before), 0)::float8,
                       COALESCE(sum(s.after), 0)::float8
                  FROM target t LEFT JOIN sold s USING (partner_id)
                 WHERE t.exclusion IS NULL
                 GROUP BY t.segment_id
                """,
                target=self._get_target_ctes(day),
                transactions=around._get_transaction_query(day + horizon),
                day=day,
            )
        )
        return {segment_id: (customers, before, after) for segment_id, customers, before, after in rows}

    # === ACTIONS === #

    def action_compute_demand(self):
        """Forecast the demand now instead of waiting for the night, and open it."""
        self.check_access("write")
        for model in self.filtered("scored_as_of"):
            model._lock_for_compute()
            model._compute_demand()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_demand_action")
        return action | {"domain": [("model_id", "in", self.ids)]}
