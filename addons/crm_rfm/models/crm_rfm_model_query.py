from odoo import models
from odoo.tools import SQL

from ..tools import scoring

#: so few customers are scored without asking for more memory
FEW = 10_000

#: columns of crm_rfm_score that a run writes, beside the key (model_id, partner_id)
SCORE_COLUMNS = (
    "last_date", "frequency", "monetary",
    "r_score", "f_score", "m_score", "fm_score", "segment_id", "exclusion",
)  # fmt: skip


class CrmRfmModel(models.Model):
    """The one statement of a run, CTE by CTE.

    Worked example: as of 31 December, window 12 months, 5 quantile bands. Customer A has
    invoices of 100 (3 March) and 50 (11 August) and a credit note of 20 (1 September)::

        total, agg A: last_date 11 August, frequency 2, monetary 130.00
        cut        of all such customers: r {30,90,160,250}, f {1,2,3,6}, m {80,120,400,900}
        scored     A: recency 142 days <= 160 -> r 3; f 2 <= 2 -> f 2; 120 < 130 <= 400 -> m 3
        target     A: fm = (2 + 3 + 1) // 2 = 3; cell (3, 3) -> segment
        differing  A only if that differs from the stored row

    ``tools/scoring.py`` says the same in Python; the tests compare both.
    """

    _inherit = "crm.rfm.model"

    def _run_score_query(self, as_of, partners=None, calibrate=True):
        """Compute the scores and write what differs.

        :param date as_of: last day that counts
        :param partners: commercial entities to refresh with the stored limits; None for all
        :param bool calibrate: set the limits of quantile bands anew; never done for some customers only
        :return: tuple of numbers: rows written, rows removed, customers with and without a
            score (for some customers: how many more or fewer than before)
        """
        self.ensure_one()
        self._flush_for_scores()
        if partners is not None and len(partners) < FEW:
            row = self.env.execute_query(self._get_score_query(as_of, partners, calibrate))[0]
        else:
            previous = self._raise_work_mem()
            row = self.env.execute_query(self._get_score_query(as_of, partners, calibrate))[0]
            self.env.cr.execute(SQL("SELECT set_config('work_mem', %s, true)", previous))
        self.env["crm.rfm.score"].invalidate_model()
        self.env["crm.rfm.band"].invalidate_model(["upper_limit", "customer_count"])
        return row

    # === THE STATEMENT === #

    def _get_score_query(self, as_of, partners=None, calibrate=True):
        """Return the whole statement; see :meth:`_run_score_query`."""
        return SQL(
            """
            WITH %(target)s,
                 size AS MATERIALIZED (%(size)s),
                 differing AS MATERIALIZED (%(differing)s),
                 written AS (%(written)s),
                 removed AS (DELETE FROM crm_rfm_score WHERE id IN (SELECT gone_id FROM differing) RETURNING 1),
                 bands AS (%(bands)s)
            SELECT (SELECT count(*) FROM written),
                   (SELECT count(*) FROM removed),
                   COALESCE(sum(customers) FILTER (WHERE r_score > 0), 0)::int,
                   COALESCE(sum(customers) FILTER (WHERE r_score = 0), 0)::int
              FROM size
            """,
            target=self._get_target_ctes(as_of, partners, calibrate and partners is None),
            size=self._size_query(partners),
            differing=self._differing_query(partners),
            written=self._written_query(),
            bands=self._band_query(partners),
        )

    def _get_target_ctes(self, as_of, partners=None, calibrate=True):
        """Return the CTEs up to ``cut`` (one row of limits) and ``target`` (the rows as they have to be)."""
        contact_ids = None if partners is None else self._get_contact_ids(partners)
        return SQL(
            """total AS MATERIALIZED (%(total)s),
                 special AS MATERIALIZED (%(special)s),
                 moved AS MATERIALIZED (
                    SELECT t.*, p.commercial_partner_id AS entity_id
                      FROM total t JOIN special p ON p.id = t.partner_id
                     WHERE p.commercial_partner_id <> p.id),
                 agg AS (%(agg)s),
                 exempt AS (%(exempt)s),
                 base AS MATERIALIZED (
                    SELECT a.*, %(as_of)s - a.last_date AS days,
                           COALESCE(e.reason,
                                    CASE WHEN a.frequency = 0 THEN 'no_purchase'
                                         WHEN a.monetary <= 0 THEN 'no_value' END) AS exclusion
                      FROM agg a LEFT JOIN exempt e USING (partner_id)),
                 cut AS MATERIALIZED (%(cut)s),
                 target AS MATERIALIZED (%(target)s)""",
            total=self._total_query(as_of, contact_ids),
            special=self._special_query(contact_ids),
            agg=self._agg_query(),
            exempt=self._exempt_query(),
            as_of=as_of,
            cut=self._cut_query(calibrate),
            target=self._target_query(),
        )

    def _total_query(self, as_of, contact_ids):
        """Totals by the contact on the document, of some contacts or (None) of all."""
        return SQL(
            """
            SELECT partner_id,
                   max(date) FILTER (WHERE is_purchase) AS last_date,
                   (count(*) FILTER (WHERE is_purchase))::int AS frequency,
                   sum(amount) AS monetary
              FROM (%(transactions)s) tx
             WHERE %(restriction)s
             GROUP BY partner_id
            """,
            transactions=self._get_transaction_query(as_of, contact_ids),
            restriction=SQL("partner_id IS NOT NULL")
            if contact_ids is None
            else SQL("partner_id IN %s", contact_ids or (0,)),
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

    def _agg_query(self):
        """Totals by commercial entity.

        Nearly all documents already name their entity, so only the totals of the others
        (``moved``) and of the entities that receive them are summed again.
        """
        return SQL(
            """
            SELECT partner_id, last_date, frequency, monetary
              FROM total
             WHERE partner_id NOT IN (SELECT partner_id FROM moved UNION ALL SELECT entity_id FROM moved)
            UNION ALL
            SELECT partner_id, max(last_date), sum(frequency)::int, sum(monetary)
              FROM (SELECT entity_id AS partner_id, last_date, frequency, monetary FROM moved
                    UNION ALL
                    SELECT partner_id, last_date, frequency, monetary
                      FROM total
                     WHERE partner_id IN (SELECT entity_id FROM moved)) x
             GROUP BY partner_id
            """
        )

    def _get_contact_ids(self, partners):
        """Ids of the commercial entities and all their contacts, archived ones too."""
        return tuple(
            id_
            for [id_] in self.env.execute_query(
                SQL("SELECT id FROM res_partner WHERE commercial_partner_id IN %s", tuple(partners.ids) or (0,))
            )
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

    def _cut_query(self, calibrate):
        """One row with the arrays ``qr``, ``qf``, ``qm`` of rising limits, and each limit as ``qr1``, ...

        ``percentile_disc`` gives values that occur, and scoring compares with them: equal
        customers always get equal scores.
        """
        fractions = scoring.fractions(self.band_count)

        def limits(dimension, column):
            if calibrate and self[f"{dimension}_method"] == "quantile":
                return SQL(
                    "percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY %s)", fractions, SQL.identifier(column)
                )
            return SQL(
                """(SELECT array_agg(upper_limit ORDER BY score %s) FROM crm_rfm_band
                     WHERE model_id = %s AND dimension = %s AND score <> %s)""",
                SQL("DESC" if dimension == "r" else "ASC"),
                self.id,
                dimension,
                1 if dimension == "r" else self.band_count,
            )

        single = SQL(", ").join(
            SQL("%s[%s] AS %s", SQL.identifier(array), position, SQL.identifier(f"{array}{position}"))
            for array in ("qr", "qf", "qm")
            for position in range(1, self.band_count)
        )
        return SQL(
            # GROUP BY (): one row, also when no column is an aggregate
            """
            SELECT qr, qf, qm, %(single)s
              FROM (SELECT %(r)s AS qr, %(f)s AS qf, %(m)s AS qm FROM base WHERE exclusion IS NULL GROUP BY ()) q
            """,
            single=single,
            r=limits("r", "days"),
            f=limits("f", "frequency"),
            m=limits("m", "monetary"),
        )

    def _scored_query(self):
        """Scores by comparison with the limits; 0 for customers without a score.

        OFFSET 0 keeps the comparisons from being repeated wherever a score is used, and stores nothing in between.
        """

        def passed(column, cuts):
            return SQL(" + ").join(
                SQL("(%s > %s)::int", SQL.identifier(column), SQL.identifier(f"{cuts}{position}"))
                for position in range(1, self.band_count)
            )

        return SQL(
            """
            SELECT partner_id, last_date, frequency, monetary, exclusion,
                   CASE WHEN exclusion IS NULL THEN %(best)s - (%(r)s) ELSE 0 END AS r_score,
                   CASE WHEN exclusion IS NULL THEN 1 + %(f)s ELSE 0 END AS f_score,
                   CASE WHEN exclusion IS NULL THEN 1 + %(m)s ELSE 0 END AS m_score
              FROM base CROSS JOIN cut
            OFFSET 0
            """,
            best=self.band_count,
            r=passed("days", "qr"),
            f=passed("frequency", "qf"),
            m=passed("monetary", "qm"),
        )

    def _target_query(self):
        """The rows as they have to be, with FM and the segment of the cell."""
        return SQL(
            """
            SELECT s.*,
                   CASE WHEN s.exclusion IS NULL THEN (s.f_score + s.m_score + 1) / 2 ELSE 0 END AS fm_score,
                   CASE WHEN s.exclusion IS NULL
                        THEN grid.segment_ids[(s.r_score - 1) * %(bands)s + (s.f_score + s.m_score + 1) / 2]
                        WHEN s.exclusion = 'no_purchase'
                        THEN (SELECT id FROM crm_rfm_segment WHERE kind = 'prospect' ORDER BY sequence, id LIMIT 1)
                        ELSE (SELECT id FROM crm_rfm_segment WHERE kind = 'excluded' ORDER BY sequence, id LIMIT 1)
                   END AS segment_id
              FROM (%(scored)s) s
             CROSS JOIN (SELECT array_agg(c.segment_id ORDER BY x.r, y.fm) AS segment_ids
                           FROM generate_series(1, %(bands)s) x(r) CROSS JOIN generate_series(1, %(bands)s) y(fm)
                           LEFT JOIN crm_rfm_cell c ON c.model_id = %(model)s AND c.r = x.r AND c.fm = y.fm) grid
            """,
            model=self.id,
            bands=self.band_count,
            scored=self._scored_query(),
        )

    def _size_query(self, partners):
        """Number of customers by combination of scores: at most ``band_count ** 3 + 1`` rows.

        For some customers only: the difference to what is stored of them.
        """
        scores = SQL("r_score, f_score, m_score")
        if partners is None:
            return SQL("SELECT %(s)s, count(*) AS customers FROM target GROUP BY %(s)s", s=scores)
        return SQL(
            """
            SELECT %(scores)s, sum(number) AS customers
              FROM (SELECT %(scores)s, 1 AS number FROM target
                    UNION ALL
                    SELECT %(scores)s, -1 FROM crm_rfm_score WHERE model_id = %(model)s AND partner_id IN %(ids)s) x
             GROUP BY %(scores)s
            """,
            scores=scores,
            model=self.id,
            ids=tuple(partners.ids) or (0,),
        )

    def _differing_query(self, partners):
        """The rows that are new or differ from the stored ones, and the stored ones to remove (``gone_id``).

        Comparing first and writing only these is not left to ``ON CONFLICT ... WHERE``, which
        locks, and so writes, every row that it meets.
        """

        def columns(alias):
            return SQL(", ").join(SQL.identifier(alias, name) for name in SCORE_COLUMNS)

        return SQL(
            """
            SELECT t.*, CASE WHEN t.partner_id IS NULL THEN o.id END AS gone_id
              FROM (SELECT * FROM crm_rfm_score WHERE model_id = %(model)s %(restriction)s) o
              FULL JOIN target t ON t.partner_id = o.partner_id
             WHERE o.id IS NULL OR t.partner_id IS NULL OR (%(old)s) IS DISTINCT FROM (%(new)s)
            """,
            model=self.id,
            restriction=SQL() if partners is None else SQL("AND partner_id IN %s", tuple(partners.ids) or (0,)),
            old=columns("o"),
            new=columns("t"),
        )

    def _written_query(self):
        """Insert or update the rows that differ."""
        names = SQL(", ").join(SQL.identifier(name) for name in SCORE_COLUMNS)
        assignments = SQL(", ").join(
            SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in SCORE_COLUMNS
        )
        return SQL(
            """
            INSERT INTO crm_rfm_score (model_id, partner_id, %(names)s)
            SELECT %(model)s, partner_id, %(names)s FROM differing WHERE partner_id IS NOT NULL
                ON CONFLICT (model_id, partner_id) DO UPDATE SET %(assignments)s
            RETURNING 1
            """,
            names=names,
            model=self.id,
            assignments=assignments,
        )

    def _band_query(self, partners):
        """Store limits and sizes of the bands, where they differ. The open bands keep no limit."""
        return SQL(
            """
            UPDATE crm_rfm_band b
               SET upper_limit = n.upper_limit, customer_count = n.customer_count
              FROM (SELECT x.id,
                           COALESCE(CASE x.dimension WHEN 'r' THEN cut.qr[%(best)s + 1 - x.score]::numeric
                                                     WHEN 'f' THEN cut.qf[x.score]::numeric
                                                     ELSE cut.qm[x.score] END, x.upper_limit) AS upper_limit,
                           %(before)s
                             + COALESCE((SELECT sum(z.customers) FROM size z
                                          WHERE x.score = CASE x.dimension WHEN 'r' THEN z.r_score
                                                                           WHEN 'f' THEN z.f_score
                                                                           ELSE z.m_score END), 0)::int
                             AS customer_count
                      FROM crm_rfm_band x CROSS JOIN cut
                     WHERE x.model_id = %(model)s) n
             WHERE b.id = n.id AND (b.upper_limit, b.customer_count) IS DISTINCT FROM (n.upper_limit, n.customer_count)
            """,
            best=self.band_count,
            model=self.id,
            before=SQL("0") if partners is None else SQL("COALESCE(x.customer_count, 0)"),
        )
