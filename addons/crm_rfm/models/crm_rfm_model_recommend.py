from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

#: larger orders are collections of everything and would cost the square of their size
MAX_BASKET = 40

#: pairs kept per product, recommendations of new products per customer
PAIRS_PER_PRODUCT, NEW_PER_CUSTOMER = 20, 5

#: days ahead that count as due; after so many gaps the customer has stopped, not forgotten
DUE_AHEAD, LOST_AFTER = 14, 3


class CrmRfmModel(models.Model):
    """Products: what is bought together, what is due again, what might be new.

    From the lines of confirmed orders of the model's company and window, whatever documents
    the scores come from: invoices and orders name the same products. Down payments, notes
    and lines without a positive quantity do not count. ``tools/basket.py`` says the same.
    """

    _inherit = "crm.rfm.model"

    recommend = fields.Boolean(
        "Recommend Products", default=True, tracking=True, help="Every night, from the lines of confirmed orders."
    )
    pair_min_orders = fields.Integer(
        "Orders That Make a Pair", default=3, required=True, tracking=True,
        help="Pairs of products in fewer orders are chance.",
    )  # fmt: skip

    _pair_min_orders_positive = models.Constraint(
        "CHECK(pair_min_orders >= 1)", "A pair needs at least one order."
    )

    def _compute_recommendations(self):
        """Replace pairs and recommendations by those of today."""
        self.ensure_one()
        self.env.flush_all()
        for table in ("crm_rfm_recommendation", "crm_rfm_pair"):
            self.env.cr.execute(SQL("DELETE FROM %s WHERE model_id = %s", SQL.identifier(table), self.id))
        if self.recommend:
            self.env.cr.execute(self._pair_query())
            self.env.cr.execute(self._due_query())
            self.env.cr.execute(self._new_query())
        self.env["crm.rfm.pair"].invalidate_model()
        self.env["crm.rfm.recommendation"].invalidate_model()

    def _bought_query(self):
        """SELECT ``order_id``, ``partner_id`` (commercial entity), ``product_id``, ``date`` of what was ordered."""
        as_of = self.scored_as_of
        return SQL(
            """
            SELECT DISTINCT l.order_id, p.commercial_partner_id AS partner_id, l.product_id, o.date_order::date AS date
              FROM sale_order o
              JOIN sale_order_line l ON l.order_id = o.id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE o.state = 'sale' AND o.company_id IN %(companies)s
               AND o.date_order >= %(start)s AND o.date_order < %(end)s
               AND l.product_id IS NOT NULL AND l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
               AND l.product_uom_qty > 0
            """,
            companies=self._get_source_company_ids(),
            start=self._get_first_day(as_of),
            end=as_of + timedelta(days=1),
        )

    def _pair_query(self):
        """INSERT the pairs: counts are integers, shares are made from them at the end."""
        return SQL(
            """
            WITH bought AS MATERIALIZED (%(bought)s),
                 basket AS MATERIALIZED (
                    SELECT order_id, product_id FROM bought
                     WHERE order_id IN (SELECT order_id FROM bought GROUP BY order_id HAVING count(*) <= %(max)s)),
                 single AS (SELECT product_id, count(*) AS number FROM basket GROUP BY product_id),
                 total AS (SELECT count(DISTINCT order_id) AS number FROM basket),
                 pair AS (
                    SELECT a.product_id, b.product_id AS other_id, count(*) AS number
                      FROM basket a JOIN basket b ON b.order_id = a.order_id AND b.product_id <> a.product_id
                     GROUP BY 1, 2 HAVING count(*) >= %(min)s),
                 ranked AS (
                    SELECT x.*, s.number AS own, o.number AS others, t.number AS orders,
                           row_number() OVER (PARTITION BY x.product_id
                                              ORDER BY x.number::float8 * x.number / s.number / o.number DESC,
                                                       x.other_id) AS rank
                      FROM pair x
                      JOIN single s ON s.product_id = x.product_id
                      JOIN single o ON o.product_id = x.other_id
                      CROSS JOIN total t)
            INSERT INTO crm_rfm_pair
                   (model_id, product_id, other_id, both_orders, product_orders, support, confidence, lift)
            SELECT %(model)s, product_id, other_id, number, own, number::numeric / orders, number::numeric / own,
                   number::numeric * orders / own / others
              FROM ranked WHERE rank <= %(keep)s
            """,
            bought=self._bought_query(),
            max=MAX_BASKET,
            min=self.pair_min_orders,
            keep=PAIRS_PER_PRODUCT,
            model=self.id,
        )

    def _scored_partner_query(self):
        """SELECT the customers to whom something may be recommended: those with a score."""
        return SQL("SELECT partner_id FROM crm_rfm_score WHERE model_id = %s AND r_score > 0", self.id)

    def _due_query(self):
        """INSERT what is due again: the last day bought plus the median gap between days bought."""
        return SQL(
            """
            WITH day AS (
                    SELECT DISTINCT partner_id, product_id, date FROM (%(bought)s) b
                     WHERE partner_id IN (%(partners)s)),
                 gap AS (
                    SELECT *, date - lag(date) OVER (PARTITION BY partner_id, product_id ORDER BY date) AS days
                      FROM day),
                 habit AS (
                    SELECT partner_id, product_id, count(*) AS times, max(date) AS last_date,
                           round(percentile_cont(0.5) WITHIN GROUP (ORDER BY days))::int AS days
                      FROM gap GROUP BY 1, 2 HAVING count(*) >= 3)
            INSERT INTO crm_rfm_recommendation
                   (model_id, partner_id, product_id, kind, times, gap_days, last_date, due_on, score)
            SELECT %(model)s, partner_id, product_id, 'again', times, days, last_date, last_date + days, 0
              FROM habit
             WHERE last_date + days <= %(as_of)s::date + %(ahead)s
               AND last_date + %(lost)s * days >= %(as_of)s::date
            """,
            bought=self._bought_query(),
            partners=self._scored_partner_query(),
            model=self.id,
            as_of=self.scored_as_of,
            ahead=DUE_AHEAD,
            lost=LOST_AFTER,
        )

    def _new_query(self):
        """INSERT products that go with what the customer buys and that the customer does not buy."""
        return SQL(
            """
            WITH own AS MATERIALIZED (
                    SELECT DISTINCT partner_id, product_id FROM (%(bought)s) b WHERE partner_id IN (%(partners)s)),
                 candidate AS (
                    SELECT DISTINCT ON (o.partner_id, x.other_id)
                           o.partner_id, x.other_id AS product_id, x.product_id AS because_id, x.confidence
                      FROM own o JOIN crm_rfm_pair x ON x.model_id = %(model)s AND x.product_id = o.product_id
                     WHERE x.lift > 1
                       AND NOT EXISTS (SELECT FROM own k
                                        WHERE k.partner_id = o.partner_id AND k.product_id = x.other_id)
                     ORDER BY o.partner_id, x.other_id, x.confidence DESC, x.product_id),
                 ranked AS (
                    SELECT c.*, row_number() OVER (PARTITION BY partner_id ORDER BY confidence DESC, product_id) AS rank
                      FROM candidate c
                      JOIN product_product p ON p.id = c.product_id AND p.active
                      JOIN product_template t ON t.id = p.product_tmpl_id AND t.active AND t.sale_ok)
            INSERT INTO crm_rfm_recommendation (model_id, partner_id, product_id, kind, because_id, score)
            SELECT %(model)s, partner_id, product_id, 'new', because_id, confidence
              FROM ranked WHERE rank <= %(keep)s
            """,
            bought=self._bought_query(),
            partners=self._scored_partner_query(),
            model=self.id,
            keep=NEW_PER_CUSTOMER,
        )

    # === ACTIONS === #

    def action_compute_recommendations(self):
        """Recommend now instead of waiting for the night."""
        self.check_access("write")
        for model in self.filtered("scored_as_of"):
            model._lock_for_compute()
            model._compute_recommendations()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_recommendation_action")
        return action | {"domain": [("model_id", "in", self.ids)], "context": {"search_default_group_kind": 1}}
