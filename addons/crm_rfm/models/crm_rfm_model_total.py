from odoo import models
from odoo.tools import SQL


class CrmRfmModel(models.Model):
    """What a run knows of each customer before it compares them: totals, and why there may be no score."""

    _inherit = "crm.rfm.model"

    def _get_base_ctes(self, as_of, contact_ids):
        """Return the CTEs up to ``base``: one row per commercial entity, with the reason why it gets no score.

        Nearly all documents already name their entity, so what is left for ``base`` are
        the totals of the others (``moved``) and of the entities that receive them.
        """
        return SQL(
            """special AS MATERIALIZED (%(special)s),
                 exempt AS MATERIALIZED (%(exempt)s),
                 contact AS MATERIALIZED (
                    SELECT t.partner_id, t.frequency, t.last_date, t.monetary, %(exclusion)s AS exclusion
                      FROM (%(total)s) t
                      LEFT JOIN exempt e ON e.partner_id = t.partner_id
                     ORDER BY t.partner_id),
                 moved AS MATERIALIZED (
                    SELECT c.*, s.commercial_partner_id AS entity_id
                      FROM contact c JOIN special s ON s.id = c.partner_id
                     WHERE s.commercial_partner_id <> s.id),
                 received AS MATERIALIZED (
                    SELECT t.partner_id, t.frequency, t.last_date, t.monetary, %(exclusion)s AS exclusion
                      FROM (%(received)s) t
                      LEFT JOIN exempt e ON e.partner_id = t.partner_id),
                 base AS %(stored)s (
                    SELECT partner_id, frequency, last_date, monetary, exclusion
                      FROM contact
                     WHERE partner_id NOT IN (SELECT partner_id FROM moved UNION ALL SELECT entity_id FROM moved)
                    UNION ALL
                    SELECT partner_id, frequency, last_date, monetary, exclusion FROM received)""",
            # of all customers it is cheaper to go through twice than to store; of a few, to plan once
            stored=SQL("NOT MATERIALIZED") if contact_ids is None else SQL("MATERIALIZED"),
            special=self._special_query(contact_ids),
            exempt=self._exempt_query(),
            total=self._total_query(as_of, contact_ids),
            received=self._received_query(),
            exclusion=SQL(
                """COALESCE(e.reason, CASE WHEN t.frequency = 0 THEN 'no_purchase'
                                           WHEN t.monetary <= 0 THEN 'no_value' END)"""
            ),
        )

    def _total_query(self, as_of, contact_ids):
        """Totals by the contact on the document, of some contacts or (None) of all."""
        if contact_ids is None:
            return self._get_total_query(as_of)
        return self._sum_query(
            self._get_transaction_query(as_of, contact_ids), SQL("partner_id IN %s", contact_ids or (0,))
        )

    def _special_query(self, contact_ids):
        """The few contacts that need more than a sum, by one look at all: of companies, or of customers left out."""
        return SQL(
            """
            SELECT id, commercial_partner_id,
                   CASE WHEN rfm_opt_out OR crm_restricted THEN 'opt_out'
                        WHEN %(archived)s THEN 'archived' END AS reason
              FROM res_partner
             WHERE (commercial_partner_id <> id OR rfm_opt_out OR crm_restricted OR %(archived)s) %(contacts)s
            """,
            archived=SQL("FALSE") if self.include_archived else SQL("active IS NOT TRUE"),
            contacts=SQL() if contact_ids is None else SQL("AND id IN %s", contact_ids or (0,)),
        )

    def _received_query(self):
        """Totals of the entities that receive those of a contact, theirs included."""
        return SQL(
            """
            SELECT partner_id, max(last_date) AS last_date, sum(frequency)::int AS frequency, sum(monetary) AS monetary
              FROM (SELECT entity_id AS partner_id, last_date, frequency, monetary FROM moved
                    UNION ALL
                    SELECT partner_id, last_date, frequency, monetary
                      FROM contact
                     WHERE partner_id IN (SELECT entity_id FROM moved)) x
             GROUP BY partner_id
            """
        )

    def _exempt_query(self):
        """Customers that get no score whatever they bought: ``partner_id``, ``reason``.

        Where several reasons apply, the first of: no profiling (or processing is restricted), taken out by hand, own
        company, guest (partner of a public user), archived.
        """
        return SQL(
            """
            SELECT DISTINCT ON (partner_id) partner_id, reason
              FROM (SELECT id AS partner_id, CASE reason WHEN 'opt_out' THEN 0 ELSE 4 END AS rank, reason
                      FROM special WHERE reason IS NOT NULL AND commercial_partner_id = id
                    UNION ALL
                    SELECT p.commercial_partner_id, x.rank, x.reason
                      FROM (SELECT res_partner_id AS id, 1 AS rank, 'manual' AS reason
                              FROM crm_rfm_model_res_partner_rel WHERE crm_rfm_model_id = %(model)s
                            UNION ALL
                            SELECT partner_id, 2, 'own_company' FROM res_company
                            UNION ALL
                            SELECT u.partner_id, 3, 'guest'
                              FROM res_users u JOIN res_groups_users_rel g ON g.uid = u.id
                             WHERE g.gid = %(public)s) x
                      JOIN res_partner p ON p.id = x.id) y
             ORDER BY partner_id, rank
            """,
            model=self.id,
            public=self.env["ir.model.data"]._xmlid_to_res_id("base.group_public"),
        )
