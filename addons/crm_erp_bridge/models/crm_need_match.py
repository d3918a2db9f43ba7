from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import need_match

CANDIDATES = 60
"""Products judged for each need: those with most words in common first, then what was bought, then the category."""


class CrmNeed(models.Model):
    """The query that looks for products of needs; see ``tools/need_match.py`` for the judgement."""

    _inherit = "crm.need"

    def _match_rows(self):
        """Candidates of all needs in one query.

        Only products that the user may read and that are sold in the need's company, one variant of each template.

        :return: rows (need id, product id, names in all languages, category, orders before, day of the last one)
        """
        pairs = [(need.id, pattern) for need in self for pattern in need_match.patterns(need.statement)]
        products = self.env["product.product"]
        if not self or not products.has_access("read"):
            return []
        self.env["product.template"].flush_model(["name", "active", "sale_ok", "categ_id", "company_id"])
        self.env["product.category"].flush_model(["name"])
        # in the form of core's index, which depends on whether marks are ignored in this database
        unaccent = self.env.registry.unaccent
        readable = products._search(Domain("sale_ok", "=", True) & Domain("active", "=", True))
        return self.env.execute_query(
            SQL(
                """
                WITH need AS (
                    SELECT n.id, n.commercial_partner_id AS customer, n.company_id
                      FROM crm_need n WHERE n.id IN %(needs)s
                ),
                word AS (
                    SELECT * FROM unnest(%(word_needs)s::int[], %(patterns)s::text[]) AS w(need_id, pattern)
                ),
                bought AS (%(bought)s),
                hit AS ( -- names in any language by core's trigram index, categories, and what was bought before
                    SELECT w.need_id, t.id AS template_id, 1 AS words, 0 AS bought
                      FROM word w
                      JOIN product_template t ON %(names)s ILIKE %(pattern)s
                 UNION ALL
                    SELECT w.need_id, t.id, 0, 0
                      FROM word w
                      JOIN product_category c ON %(category)s ILIKE %(pattern)s
                      JOIN product_template t ON t.categ_id = c.id
                 UNION ALL
                    SELECT n.id, p.product_tmpl_id, 0, 1
                      FROM need n
                      JOIN bought b ON b.customer = n.customer
                      JOIN product_product p ON p.id = b.product_id
                ),
                candidate AS (
                    SELECT hit.need_id, hit.template_id,
                           row_number() OVER (
                               PARTITION BY hit.need_id
                               ORDER BY sum(hit.words) DESC, max(hit.bought) DESC, hit.template_id) AS place
                      FROM hit
                      JOIN need n ON n.id = hit.need_id
                      JOIN product_template t ON t.id = hit.template_id AND t.active AND t.sale_ok
                           AND (t.company_id IS NULL OR n.company_id IS NULL OR t.company_id = n.company_id)
                  GROUP BY hit.need_id, hit.template_id
                )
                SELECT n.id, variant.id, ARRAY(SELECT value FROM jsonb_each_text(t.name)), c.name,
                       COALESCE(variant.times, 0), variant.last
                  FROM candidate
                  JOIN need n ON n.id = candidate.need_id
                  JOIN product_template t ON t.id = candidate.template_id
             LEFT JOIN product_category c ON c.id = t.categ_id
            CROSS JOIN LATERAL ( -- the variant that this customer ordered most
                    SELECT p.id, b.times, b.last
                      FROM product_product p
                 LEFT JOIN bought b ON b.customer = n.customer AND b.product_id = p.id
                     WHERE p.product_tmpl_id = t.id AND p.active AND p.id IN %(readable)s
                  ORDER BY b.times DESC NULLS LAST, p.id
                     LIMIT 1) AS variant
                 WHERE candidate.place <= %(limit)s
              ORDER BY n.id, candidate.place
                """,
                needs=tuple(self.ids),
                word_needs=[need_id for need_id, _pattern in pairs],
                patterns=[pattern for _need_id, pattern in pairs],
                names=unaccent(SQL("(jsonb_path_query_array(t.name, '$.*')::text)")),
                category=unaccent(SQL("c.name")),
                pattern=unaccent(SQL("w.pattern")),
                bought=self._bought_query(),
                readable=readable.subselect(),
                limit=CANDIDATES,
            )
        )

    def _bought_query(self):
        """What the customers of these needs ordered before, in orders that the user may read."""
        lines = self.env["sale.order.line"]
        if self.env.context.get("crm_need_without_orders") or not lines.has_access("read"):
            return SQL(
                "SELECT NULL::int AS customer, NULL::int AS product_id, 0 AS times, NULL::date AS last WHERE FALSE"
            )
        confirmed = Domain(
            [
                ("order_partner_id.commercial_partner_id", "in", self.commercial_partner_id.ids),
                ("state", "=", "sale"),
                ("product_id", "!=", False),
                ("is_downpayment", "=", False),
            ]
        )
        return SQL(
            """
            SELECT p.commercial_partner_id AS customer, l.product_id, count(DISTINCT l.order_id) AS times,
                   max(o.date_order)::date AS last
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE l.id IN %s
          GROUP BY p.commercial_partner_id, l.product_id
            """,
            lines._search(confirmed).subselect(),
        )
