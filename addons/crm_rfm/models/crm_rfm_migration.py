from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..tools import migration

DIRECTIONS = [
    ("up", "Better"),
    ("down", "Worse"),
    ("same", "Same segment"),
    ("new", "New"),
    ("gone", "Gone"),
]


class CrmRfmMigration(models.Model):
    """Where each customer of one snapshot is in another one: a view, nothing is stored.

    By default each snapshot is compared with the one before it of the same model. With
    ``rfm_from`` and ``rfm_to`` in the context (ids of snapshots) these two are compared.
    """

    _name = "crm.rfm.migration"
    _description = "Movement between Segments"
    _inherit = ["crm.rfm.customer.mixin"]
    _auto = False
    _order = "date_to desc, monetary_to desc, id"
    _rec_name = "partner_id"

    model_id = fields.Many2one("crm.rfm.model", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    date_from = fields.Date("From", readonly=True)
    date_to = fields.Date("To", readonly=True)
    from_segment_id = fields.Many2one("crm.rfm.segment", "Segment Before", readonly=True)
    to_segment_id = fields.Many2one("crm.rfm.segment", "Segment After", readonly=True)
    direction = fields.Selection(DIRECTIONS, readonly=True)
    r_from = fields.Integer("R Before", readonly=True, aggregator="avg")
    r_to = fields.Integer("R After", readonly=True, aggregator="avg")
    f_from = fields.Integer("F Before", readonly=True, aggregator="avg")
    f_to = fields.Integer("F After", readonly=True, aggregator="avg")
    m_from = fields.Integer("M Before", readonly=True, aggregator="avg")
    m_to = fields.Integer("M After", readonly=True, aggregator="avg")
    last_date_from = fields.Date("Last Purchase Before", readonly=True)
    last_date_to = fields.Date("Last Purchase After", readonly=True)
    frequency_from = fields.Integer("Purchases Before", readonly=True)
    frequency_to = fields.Integer("Purchases After", readonly=True)
    monetary_from = fields.Monetary("Value Before", readonly=True)
    monetary_to = fields.Monetary("Value After", readonly=True)
    currency_id = fields.Many2one(related="model_id.currency_id")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson", compute_sudo=True)
    reason = fields.Text("Why", compute="_compute_reason")

    _depends = {
        "crm.rfm.snapshot": ["model_id", "date"],
        "crm.rfm.snapshot.line": [
            "snapshot_id", "partner_id", "segment_id", "r_score", "f_score", "m_score",
            "last_date", "frequency", "monetary",
        ],
        "crm.rfm.segment": ["sequence"],
    }  # fmt: skip

    # === THE VIEW === #

    @property
    def _table_query(self):
        return SQL(
            """
            WITH pair AS (%(pairs)s)
            SELECT b.id::bigint * 2 AS id, b.partner_id, %(columns)s
              FROM pair p
              JOIN crm_rfm_snapshot_line b ON b.snapshot_id = p.to_id
              LEFT JOIN crm_rfm_snapshot_line a ON a.snapshot_id = p.from_id AND a.partner_id = b.partner_id
              LEFT JOIN crm_rfm_segment sa ON sa.id = a.segment_id
              LEFT JOIN crm_rfm_segment sb ON sb.id = b.segment_id
            UNION ALL
            SELECT a.id::bigint * 2 + 1, a.partner_id, %(columns)s
              FROM pair p
              JOIN crm_rfm_snapshot_line a ON a.snapshot_id = p.from_id
              LEFT JOIN crm_rfm_snapshot_line b ON b.snapshot_id = p.to_id AND b.partner_id = a.partner_id
              LEFT JOIN crm_rfm_segment sa ON sa.id = a.segment_id
              LEFT JOIN crm_rfm_segment sb ON sb.id = b.segment_id
             WHERE b.id IS NULL
            """,
            pairs=self._pair_query(),
            columns=SQL(
                """p.model_id, p.date_from, p.date_to, a.segment_id AS from_segment_id, b.segment_id AS to_segment_id,
                   CASE WHEN a.id IS NULL THEN 'new' WHEN b.id IS NULL THEN 'gone'
                        WHEN a.segment_id = b.segment_id THEN 'same'
                        WHEN (sb.sequence, sb.id) < (sa.sequence, sa.id) THEN 'up' ELSE 'down' END AS direction,
                   a.r_score AS r_from, b.r_score AS r_to, a.f_score AS f_from, b.f_score AS f_to,
                   a.m_score AS m_from, b.m_score AS m_to,
                   a.last_date AS last_date_from, b.last_date AS last_date_to,
                   a.frequency AS frequency_from, b.frequency AS frequency_to,
                   a.monetary AS monetary_from, b.monetary AS monetary_to"""
            ),
        )

    def _pair_query(self):
        """SELECT the pairs of snapshots: the two of the context, or each with the one before it."""
        chosen = [self.env.context.get(name) for name in ("rfm_from", "rfm_to")]
        if all(isinstance(id_, int) for id_ in chosen):
            return SQL(
                """
                SELECT t.model_id, f.id AS from_id, t.id AS to_id, f.date AS date_from, t.date AS date_to
                  FROM crm_rfm_snapshot f JOIN crm_rfm_snapshot t ON t.model_id = f.model_id
                 WHERE f.id = %s AND t.id = %s
                """,
                *chosen,
            )
        return SQL(
            """
            SELECT * FROM (
                SELECT model_id, lag(id) OVER w AS from_id, id AS to_id, lag(date) OVER w AS date_from, date AS date_to
                  FROM crm_rfm_snapshot
                WINDOW w AS (PARTITION BY model_id ORDER BY date)) x
             WHERE from_id IS NOT NULL
            """
        )

    # === COMPUTE METHODS === #

    @api.depends_context("lang", "rfm_from", "rfm_to")
    def _compute_reason(self):
        for row in self:
            row.reason = row._explain()

    def _explain(self):
        """Say in words what moved the customer: old and new value of each score that changed."""
        self.ensure_one()
        if self.direction == "new":
            return self.env._("No documents in the window of %(date)s.", date=format_date(self.env, self.date_from))
        if self.direction == "gone":
            return self.env._("No documents in the window of %(date)s.", date=format_date(self.env, self.date_to))
        parts = [part for part in (self._explain_r(), self._explain_f(), self._explain_m()) if part]
        return " ".join(parts) or self.env._("Same scores.")

    def _explain_r(self):
        if self.r_from == self.r_to:
            return False
        if not (self.last_date_from and self.last_date_to):
            return self.env._("R %(old)s → %(new)s.", old=self.r_from, new=self.r_to)
        days = [(self.date_from - self.last_date_from).days, (self.date_to - self.last_date_to).days]
        text = (
            self.env._("R %(old)s → %(new)s: no purchase since %(date)s, %(before)s days became %(after)s.")
            if self.last_date_from == self.last_date_to
            else self.env._("R %(old)s → %(new)s: last purchase on %(date)s, %(before)s days became %(after)s.")
        )
        return text % {
            "old": self.r_from,
            "new": self.r_to,
            "date": format_date(self.env, self.last_date_to),
            "before": days[0],
            "after": days[1],
        }

    def _explain_f(self):
        if self.f_from == self.f_to:
            return False
        values = {"old": self.f_from, "new": self.f_to, "before": self.frequency_from, "after": self.frequency_to}
        if self.frequency_from == self.frequency_to:
            return self.env._("F %(old)s → %(new)s: %(after)s purchases as before, the limits moved.", **values)
        return self.env._("F %(old)s → %(new)s: %(after)s purchases instead of %(before)s.", **values)

    def _explain_m(self):
        if self.m_from == self.m_to:
            return False
        currency = self.currency_id
        values = {
            "old": self.m_from,
            "new": self.m_to,
            "before": currency.format(self.monetary_from),
            "after": currency.format(self.monetary_to),
        }
        if currency.compare_amounts(self.monetary_from, self.monetary_to) == 0:
            return self.env._("M %(old)s → %(new)s: %(after)s as before, the limits moved.", **values)
        return self.env._("M %(old)s → %(new)s: %(after)s instead of %(before)s.", **values)

    # === THE MATRIX === #

    @api.model
    @api.readonly
    def get_matrix(self, model_id=None, from_id=None, to_id=None):
        """Return the migration matrix for the screen, of the customers the user may see.

        :param int model_id: scoring model; default the first with two snapshots
        :param int from_id: snapshot before; default the last but one
        :param int to_id: snapshot after; default the last
        :return: dict of lists and numbers; ``matrix`` maps ``"from-to"`` (ids of segments, 0 for
            absent) to customers and values
        """
        Snapshot = self.env["crm.rfm.snapshot"]
        snapshots = Snapshot.search([("model_id.active", "=", True)], order="date desc, id desc")
        by_model = snapshots.grouped("model_id")
        rfm_models = self.env["crm.rfm.model"].search([("id", "in", snapshots.model_id.ids)])
        model = rfm_models.browse(model_id).exists() if model_id else rfm_models[:1]
        own = by_model.get(model, Snapshot)
        after = own.filtered(lambda item: item.id == to_id) or own[:1]
        before = own.filtered(lambda item: item.id == from_id) or own.filtered(lambda item: item.date < after.date)[:1]
        result = {
            "models": rfm_models._get_choices(),
            "model_id": model.id,
            "snapshots": [{"id": item.id, "name": format_date(self.env, item.date)} for item in own],
            "from_id": before.id,
            "to_id": after.id,
            "currency_id": model.currency_id.id,
        }
        return result | self._get_cells(model, before, after)

    def _get_cells(self, model, before, after):
        rows = self.with_context(rfm_from=before.id, rfm_to=after.id)._read_group(
            [("model_id", "=", model.id)] if before and after else [(0, "=", 1)],
            ["from_segment_id", "to_segment_id"],
            ["__count", "monetary_from:sum", "monetary_to:sum"],
        )
        used = {segment.id for old, new, *_figures in rows for segment in (old, new)}
        segments = self.env["crm.rfm.segment"].search([("id", "in", list(used))])
        counts = {(old.id or None, new.id or None): count for old, new, count, _before, _after in rows}
        values = {}
        for _old, new, _count, _before, money in rows:
            values[new.id] = values.get(new.id, 0.0) + (money or 0.0)
        rank = {segment.id: number for number, segment in enumerate(segments)}
        outlook = migration.outlook(counts)
        return {
            "segments": [{"id": item.id, "name": item.name, "color": item.color} for item in segments],
            "matrix": {
                f"{old.id or 0}-{new.id or 0}": {
                    "count": count,
                    "money": (money_after if new else money_before) or 0.0,
                    "direction": migration.direction(rank.get(old.id), rank.get(new.id)),
                }
                for old, new, count, money_before, money_after in rows
            },
            "outlook": [
                {
                    "id": id_,
                    "now": now,
                    "expected": expected,
                    "value": values.get(id_, 0.0),
                    "expected_value": values.get(id_, 0.0) / now * expected if now else 0.0,
                }
                for id_, (now, expected) in sorted(outlook.items(), key=lambda item: rank[item[0]])
            ],
        }

    # === ACTION METHODS === #

    def action_new_action(self):
        """Start an action for those who move from one segment to another, or stay, as the number of the matrix says.

        The context key ``rfm_move`` has the ids: scoring model, segment before, segment after.
        """
        model_id, from_id, to_id = self.env.context["rfm_move"]
        Segment = self.env["crm.rfm.segment"]
        before, after = Segment.browse(from_id), Segment.browse(to_id)
        if before == after:
            return after.with_context(rfm_model=model_id).action_new_action()
        return self.env["crm.rfm.action"]._get_new_action(
            model_id,
            name=self.env._("%(before)s → %(after)s: contact", before=before.name, after=after.name),
            trigger="transition",
            from_segment_ids=before.ids,
            to_segment_ids=after.ids,
        )

    # === DOCUMENTS === #

    def _get_document_span(self):
        """Documents of the later score; of the earlier one where the customer is gone."""
        self.ensure_one()
        model = self.sudo().model_id  # sudo: as in the mixin
        return model, self.date_from if self.direction == "gone" else self.date_to, None, None
