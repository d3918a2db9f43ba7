from odoo import models
from odoo.addons.crm_relations.tools import unused
from odoo.tools import SQL


class CrmRfmSnapshotLine(models.Model):
    """Read-only SQL views for business intelligence tools; made anew at each update.

    They know no access rules: a database role that may read them sees all customers of all
    companies. Odoo grants nobody anything on them. A country that must not be used is empty.
    """

    _inherit = "crm.rfm.snapshot.line"

    def init(self):
        """Make the views after all tables have their columns."""
        self.pool.post_init(self._create_bi_views)
        return super().init()

    def _create_bi_views(self):
        self.env.cr.execute(
            SQL(
                """
            DROP VIEW IF EXISTS crm_rfm_bi_customer, crm_rfm_bi_history;

            CREATE VIEW crm_rfm_bi_customer AS
            SELECT s.model_id, m.name ->> 'en_US' AS model, m.company_id, m.scored_as_of AS as_of,
                   s.partner_id, p.name AS customer, CASE WHEN %(country)s THEN p.country_id END AS country_id,
                   p.user_id AS salesperson_id,
                   g.code AS segment_code, g.name ->> 'en_US' AS segment,
                   s.last_date, m.scored_as_of - s.last_date AS recency_days, s.frequency, s.monetary,
                   s.r_score, s.f_score, s.m_score, s.fm_score, s.exclusion,
                   v.p_order, v.at_risk, v.expected_orders, v.clv,
                   v.service_hours, v.service_cost, v.contribution
              FROM crm_rfm_score s
              JOIN crm_rfm_model m ON m.id = s.model_id
              JOIN res_partner p ON p.id = s.partner_id
              JOIN crm_rfm_segment g ON g.id = s.segment_id
              LEFT JOIN crm_rfm_value v ON v.model_id = s.model_id AND v.partner_id = s.partner_id
             WHERE p.rfm_opt_out IS NOT TRUE AND p.crm_restricted IS NOT TRUE;

            CREATE VIEW crm_rfm_bi_history AS
            SELECT h.model_id, h.date AS as_of, l.partner_id, g.code AS segment_code, g.name ->> 'en_US' AS segment,
                   l.last_date, l.frequency, l.monetary, l.r_score, l.f_score, l.m_score, l.fm_score, l.exclusion
              FROM crm_rfm_snapshot_line l
              JOIN crm_rfm_snapshot h ON h.id = l.snapshot_id
              JOIN crm_rfm_segment g ON g.id = l.segment_id
              JOIN res_partner p ON p.id = l.partner_id
             WHERE p.rfm_opt_out IS NOT TRUE AND p.crm_restricted IS NOT TRUE;
                """,
                country=unused.may_be_used("country_id"),
            )
        )
