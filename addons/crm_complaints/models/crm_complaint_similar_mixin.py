from odoo import api, fields, models
from odoo.tools import SQL, Query

from ..tools import similar

CANDIDATES = 200
"""Texts that the full-text search hands to the comparison by trigrams: of a hundred thousand that is enough to find
the nearest five (measured by ``benchmarks/complaints_similar.py``), and comparing all would take seconds."""
SHORT = 100
"""Characters up to which what is typed is looked for inside the texts; longer texts are compared as a whole."""
COMPARED = 2_000
MIN_SCORE = 0.1
MIN_SCORE_SHORT = 0.3
"""Likeness below which nothing is proposed; of a short text more has to be found again."""


class CrmComplaintSimilarMixin(models.AbstractModel):
    """Finds records by the likeness of their texts: full-text search first, trigrams among what it found."""

    _name = "crm.complaint.similar.mixin"
    _description = "Found by Similar Text"

    similar_text = fields.Text(
        compute="_compute_similar_text",
        store=True,
        precompute=True,
        groups="base.group_user",
        help="The text in normal form: without accents, marks and capitals.",
    )

    def init(self):
        super().init()
        if self._abstract:
            return
        # a column that the database itself keeps; the ORM has no type for it
        self.env.cr.execute(
            SQL(
                "ALTER TABLE %s ADD COLUMN IF NOT EXISTS similar_vector tsvector "
                "GENERATED ALWAYS AS (to_tsvector('simple', coalesce(similar_text, ''))) STORED",
                SQL.identifier(self._table),
            )
        )
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS %s ON %s USING gin (similar_vector)",
                SQL.identifier(f"{self._table}_similar_vector_idx"),
                SQL.identifier(self._table),
            )
        )

    def _compute_similar_text(self):
        for record in self:
            record.similar_text = similar.normal_text(" ".join(part for part in record._similar_parts() if part))

    def _similar_parts(self):
        """The texts that are compared, HTML taken out."""
        raise NotImplementedError

    # === SEARCH === #

    @api.model
    def _similar(self, text, domain, limit):
        """Records whose text is like ``text``, the likest first; only those that the user may read.

        :param str text: as typed
        :param domain: what else must hold
        :return: list of (id, score between 0 and 1)
        """
        text = similar.normal_text(text)
        words = similar.search_words(text, self._word_frequencies())
        if not words:
            return []
        self.flush_model(["similar_text"])
        query = self._search(domain)
        if not isinstance(query, Query) or query.is_empty():
            return []
        rows = self.env.execute_query(self._similar_sql(query, text, words, limit))
        return [(row[0], row[1]) for row in rows]

    @api.model
    def _similar_sql(self, query, text, words, limit):
        vector = SQL.identifier(self._table, "similar_vector")
        wanted = SQL("%s::tsquery", similar.any_of(words))
        query.add_where(SQL("%s @@ %s", vector, wanted))
        rank = SQL("ts_rank(%s, %s)", vector, wanted)
        query.order = SQL("%s DESC, %s DESC", rank, SQL.identifier(self._table, "id"))
        query.limit = CANDIDATES
        candidates = query.select(
            SQL.identifier(self._table, "id"),
            SQL("left(%s, %s) AS body", SQL.identifier(self._table, "similar_text"), COMPARED),
            SQL("%s AS rank", rank),
        )
        if not self.env.registry.has_trigram:
            score = SQL("rank")
        elif len(text) <= SHORT:
            score = SQL("word_similarity(%s, body)", text)
        else:
            score = SQL("similarity(body, %s)", text[:COMPARED])
        least = 0.0
        if self.env.registry.has_trigram:
            least = MIN_SCORE_SHORT if len(text) <= SHORT else MIN_SCORE
        return SQL(
            "SELECT id, score FROM (SELECT id, %(score)s AS score FROM (%(candidates)s) AS near) AS likeness "
            "WHERE score >= %(least)s ORDER BY score DESC, id DESC LIMIT %(limit)s",
            score=score,
            candidates=candidates,
            least=least,
            limit=limit,
        )

    @api.model
    def _word_frequencies(self):
        """Share of the texts in which the commonest words occur, as the database last counted them.

        :rtype: dict(str, float)
        """
        self.env.cr.execute(
            "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats "
            "WHERE schemaname = current_schema AND tablename = %s AND attname = 'similar_vector'",
            [self._table],
        )
        row = self.env.cr.fetchone()
        if not row or not row[0]:
            return {}
        return dict(zip(row[0], row[1], strict=False))
