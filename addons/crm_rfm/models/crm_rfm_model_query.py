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

        base       A: last_date 11 August, frequency 2, monetary 130.00
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
            """%(base)s,
                 cut AS MATERIALIZED (%(cut)s),
                 grid AS MATERIALIZED (%(grid)s),
                 target AS MATERIALIZED (%(target)s)""",
            base=self._get_base_ctes(as_of, contact_ids),
            cut=self._cut_query(as_of, calibrate),
            grid=self._grid_query(),
            target=self._target_query(as_of),
        )

    def _get_contact_ids(self, partners):
        """Ids of the commercial entities and all their contacts, archived ones too."""
        return tuple(
            id_
            for [id_] in self.env.execute_query(
                SQL("SELECT id FROM res_partner WHERE commercial_partner_id IN %s", tuple(partners.ids) or (0,))
            )
        )

    def _cut_query(self, as_of, calibrate):
        """One row with the arrays ``qr``, ``qf``, ``qm`` of rising limits, and each limit as ``qr1``, ...

        ``percentile_disc`` gives values that occur, and scoring compares with them: equal
        customers always get equal scores.
        """
        fractions = scoring.fractions(self.band_count)

        def limits(dimension, value):
            if calibrate and self[f"{dimension}_method"] == "quantile":
                return SQL(
                    "percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY %s)", fractions, value
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
            r=limits("r", SQL("%s - last_date", as_of)),
            f=limits("f", SQL("frequency")),
            m=limits("m", SQL("monetary")),
        )

    def _scored_query(self, as_of):
        """Scores by comparison with the limits; 0 for customers without a score.

        The order lets the result be merged with the stored rows, which takes less than half of hashing them; and it
        keeps the comparisons from being repeated wherever a score is used.
        """

        def score(value, cuts, first, step):
            """``first`` above the highest limit, ``step`` more below it, and so on; the limits rise."""
            passed = SQL(" ").join(
                SQL(
                    "WHEN %s > (SELECT %s FROM cut) THEN %s",
                    value, SQL.identifier(f"{cuts}{position}"), first + step * number,
                )
                for number, position in enumerate(range(self.band_count - 1, 0, -1))
            )
            return SQL(
                "CASE WHEN exclusion IS NOT NULL THEN 0 %s ELSE %s END", passed, first + step * (self.band_count - 1)
            )

        return SQL(
            # the scores come first since columns before any of varying length are read faster
            """
            SELECT partner_id, %(r)s AS r_score, %(f)s AS f_score, %(m)s AS m_score,
                   frequency, last_date, monetary, exclusion
              FROM base
             ORDER BY partner_id
            """,
            r=score(SQL("%s - last_date", as_of), "qr", 1, 1),
            f=score(SQL("frequency"), "qf", self.band_count, -1),
            m=score(SQL("monetary"), "qm", self.band_count, -1),
        )

    def _target_query(self, as_of):
        """The rows as they have to be, with FM and the segment of the cell."""
        return SQL(
            """
            SELECT s.*,
                   CASE WHEN s.exclusion IS NULL THEN (s.f_score + s.m_score + 1) / 2 ELSE 0 END AS fm_score,
                   CASE WHEN s.exclusion IS NULL
                        THEN (SELECT segment_ids FROM grid)[
                            (s.r_score - 1) * %(bands)s + (s.f_score + s.m_score + 1) / 2]
                        WHEN s.exclusion = 'no_purchase'
                        THEN (SELECT id FROM crm_rfm_segment WHERE kind = 'prospect' ORDER BY sequence, id LIMIT 1)
                        ELSE (SELECT id FROM crm_rfm_segment WHERE kind = 'excluded' ORDER BY sequence, id LIMIT 1)
                   END AS segment_id
              FROM (%(scored)s) s
            """,
            bands=self.band_count,
            scored=self._scored_query(as_of),
        )

    def _grid_query(self):
        """One row with the segments of the cells, by R and then FM."""
        return SQL(
            """
            SELECT array_agg(c.segment_id ORDER BY x.r, y.fm) AS segment_ids
              FROM generate_series(1, %(bands)s) x(r) CROSS JOIN generate_series(1, %(bands)s) y(fm)
              LEFT JOIN crm_rfm_cell c ON c.model_id = %(model)s AND c.r = x.r AND c.fm = y.fm
            """,
            model=self.id,
            bands=self.band_count,
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
              FROM (SELECT * FROM crm_rfm_score WHERE model_id = %(model)s %(restriction)s ORDER BY partner_id) o
              FULL JOIN (SELECT * FROM target ORDER BY partner_id) t ON t.partner_id = o.partner_id
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
