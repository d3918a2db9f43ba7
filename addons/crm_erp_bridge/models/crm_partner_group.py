from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.order_votes import LEAST_ORDERS, WINDOW_DAYS


class CrmPartnerGroup(models.Model):
    """What customers order votes on their group I to IV (``tools/order_votes.py``; a test holds the two together)."""

    _inherit = "crm.partner.group"

    @api.model
    def _vote_sources(self, of_customers):
        self.env["sale.order"].flush_model(["partner_id", "state", "date_order", "amount_untaxed", "currency_rate"])
        self.env["sale.order.line"].flush_model(["order_id", "product_id", "display_type", "is_downpayment"])
        return super()._vote_sources(of_customers) | {"order": self._vote_of_orders(of_customers)}

    @api.model
    def _vote_of_orders(self, of_customers):
        """One vote of each customer with enough confirmed orders.

        Worked example: orders on days 0, 30 and 60 of 100, 110 and 90 with products {1, 2}, {1, 2} and {1, 3}: five of
        six pairs (order, product) repeat, intervals 30 and 30, amounts vary by a tenth: general, uniform.
        """
        return SQL(
            """
            SELECT found.partner_id, found.requirement::varchar, found.stability::varchar
              FROM (
            WITH ordered AS (
                SELECT o.id, p.commercial_partner_id AS customer, o.date_order::date AS day,
                       o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1)::numeric AS amount
                  FROM sale_order o
                  JOIN res_partner p ON p.id = o.partner_id
                 WHERE o.state = 'sale' AND o.date_order >= %(since)s AND %(only)s
            ),
            product AS ( -- in how many orders each product stands
                SELECT customer, product_id, count(*) AS times
                  FROM (SELECT DISTINCT o.customer, o.id, l.product_id
                          FROM ordered o
                          JOIN sale_order_line l ON l.order_id = o.id
                         WHERE l.product_id IS NOT NULL AND l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
                       ) AS pair
              GROUP BY customer, product_id
            ),
            repetition AS (
                SELECT customer, 2 * COALESCE(sum(times) FILTER (WHERE times >= 2), 0) >= sum(times) AS general
                  FROM product
              GROUP BY customer
            ),
            gap AS (
                SELECT customer, day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS days
                  FROM (SELECT DISTINCT customer, day FROM ordered) AS one_day
            ),
            rhythm AS ( -- coefficient of variation of at most one half, without division or root
                SELECT customer, count(days) AS number,
                       4 * count(days) * sum(days::numeric * days) <= 5 * sum(days)::numeric * sum(days) AS regular
                  FROM gap
              GROUP BY customer
            ),
            size AS (
                SELECT customer, count(*) AS number,
                       4 * count(*) * sum(amount * amount) <= 5 * sum(amount) * sum(amount) AS even
                  FROM ordered
              GROUP BY customer
            )
            SELECT size.customer AS partner_id,
                   CASE WHEN repetition.general THEN 'general' WHEN NOT repetition.general THEN 'specific' END
                       AS requirement,
                   CASE WHEN rhythm.number < %(least)s - 1 THEN NULL
                        WHEN rhythm.regular AND size.even THEN 'uniform'
                        ELSE 'variable'
                    END AS stability
              FROM size
              JOIN rhythm ON rhythm.customer = size.customer
         LEFT JOIN repetition ON repetition.customer = size.customer
             WHERE size.number >= %(least)s
                   ) AS found
            """,
            since=fields.Datetime.now() - timedelta(days=WINDOW_DAYS),
            only=of_customers(SQL("p.commercial_partner_id")),
            least=LEAST_ORDERS,
        )
