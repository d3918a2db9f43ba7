from odoo import api, fields, models
from odoo.tools import SQL

RATIOS = {
    "service_level": ("answered_in", "answered + lost", 100.0),
    "service_level_answered": ("answered_in", "answered", 100.0),
    "abandonment": ("lost", "answered + lost", 100.0),
    "abandonment_long": ("lost - lost_short", "answered + lost - lost_short", 100.0),
    "asa": ("wait_answered", "answered", 1.0),
    "aht": ("handling", "answered", 1.0),
    "fcr_7": ("solved_7", "judged_7", 100.0),
    "fcr_30": ("solved_30", "judged_30", 100.0),
}
"""Ratio: numerator, denominator (columns of this view) and factor. Of a group, sums are divided."""


class CrmCallReport(models.Model):
    """Incoming calls by half hour and queue: counts, and the usual figures made of them.

    ========================  ========================================================================================
    service level             answered within the target, of all that were answered or lost
    ... of those answered     the same, of those answered only: lost calls do not count
    abandonment               lost, of all that were answered or lost
    ... without short ones    the same without those who hung up within the queue's "short call" seconds
    ASA                       average wait of those answered
    AHT                       average talk and wrap-up of those answered
    FCR                       answered calls of known callers after which the caller did not call again within 7 (30)
                              days, of all such calls which are at least that old
    ========================  ========================================================================================
    """

    _name = "crm.call.report"
    _description = "Calls by Half Hour"
    _auto = False
    _order = "date desc, queue_id"
    _rec_name = "queue_id"
    _depends = {
        "crm.call": [
            "commercial_partner_id",
            "company_id",
            "date_answered",
            "date_started",
            "direction",
            "number_key",
            "outside_hours",
            "queue_id",
            "state",
            "talk_seconds",
            "wait_seconds",
            "wrap_seconds",
        ],
        "crm.call.queue": ["short_seconds", "target_seconds"],
    }

    date = fields.Datetime(string="Half Hour", readonly=True)
    queue_id = fields.Many2one("crm.call.queue", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    outside_hours = fields.Boolean(readonly=True)
    offered = fields.Integer(string="Calls", readonly=True)
    answered = fields.Integer(readonly=True)
    answered_in = fields.Integer(string="Answered in Time", readonly=True)
    lost = fields.Integer(readonly=True)
    lost_short = fields.Integer(string="Lost at Once", readonly=True)
    wait_answered = fields.Integer(string="Wait of Answered (s)", readonly=True)
    handling = fields.Integer(string="Handling (s)", readonly=True)
    judged_7 = fields.Integer(string="Judged After 7 Days", readonly=True)
    solved_7 = fields.Integer(string="Not Repeated in 7 Days", readonly=True)
    judged_30 = fields.Integer(string="Judged After 30 Days", readonly=True)
    solved_30 = fields.Integer(string="Not Repeated in 30 Days", readonly=True)
    service_level = fields.Float(string="Service Level (%)", readonly=True, aggregator="avg", digits=(5, 1))
    service_level_answered = fields.Float(
        string="Service Level of Answered (%)", readonly=True, aggregator="avg", digits=(5, 1)
    )
    abandonment = fields.Float(string="Abandonment (%)", readonly=True, aggregator="avg", digits=(5, 1))
    abandonment_long = fields.Float(
        string="Abandonment Without Short (%)", readonly=True, aggregator="avg", digits=(5, 1)
    )
    asa = fields.Float(string="Speed of Answer (s)", readonly=True, aggregator="avg", digits=(8, 1))
    aht = fields.Float(string="Handling Time (s)", readonly=True, aggregator="avg", digits=(8, 1))
    fcr_7 = fields.Float(string="Solved at First Contact, 7 Days (%)", readonly=True, aggregator="avg", digits=(5, 1))
    fcr_30 = fields.Float(string="Solved at First Contact, 30 Days (%)", readonly=True, aggregator="avg", digits=(5, 1))

    @api.model
    def _ratio(self, name, column):
        """SQL of a ratio.

        :param column: function from the name of a count to its SQL (a column, or a sum of it)
        """
        top, bottom, factor = RATIOS[name]
        terms = [
            SQL("(%s)", SQL(" ").join(SQL(word) if word in "+-" else column(word) for word in text.split()))
            for text in (top, bottom)
        ]
        return SQL("%s * %s / NULLIF(%s, 0)::numeric", factor, *terms)

    def _read_group_select(self, aggregate_spec, query):
        """Ratios of a group are made of its sums."""
        name, _colon, function = aggregate_spec.partition(":")
        if name in RATIOS and function == "avg":
            return self._ratio(name, lambda count: SQL("SUM(%s)", self._field_to_sql(self._table, count, query)))
        return super()._read_group_select(aggregate_spec, query)

    @property
    def _table_query(self):
        ratios = SQL(", ").join(
            SQL("%s AS %s", self._ratio(name, lambda count: SQL.identifier("n", count)), SQL.identifier(name))
            for name in RATIOS
        )
        return SQL("SELECT n.*, %s FROM (%s) n", ratios, self._counts())

    @api.model
    def _counts(self):
        """One row for each half hour and queue, named by its first call."""
        return SQL(
            """
            SELECT min(c.id) AS id,
                   date_bin('30 minutes', c.date_started, timestamp '2000-01-01') AS date,
                   c.queue_id, c.company_id, c.outside_hours,
                   count(*) AS offered,
                   count(c.date_answered) AS answered,
                   count(*) FILTER (WHERE c.date_answered IS NOT NULL AND c.wait_seconds <= q.target_seconds)
                       AS answered_in,
                   count(*) FILTER (WHERE c.state = 'lost') AS lost,
                   count(*) FILTER (WHERE c.state = 'lost' AND c.wait_seconds < q.short_seconds) AS lost_short,
                   COALESCE(sum(c.wait_seconds) FILTER (WHERE c.date_answered IS NOT NULL), 0) AS wait_answered,
                   COALESCE(sum(c.talk_seconds + COALESCE(c.wrap_seconds, 0))
                            FILTER (WHERE c.date_answered IS NOT NULL), 0) AS handling,
                   %s
              FROM crm_call c JOIN crm_call_queue q ON q.id = c.queue_id
             WHERE c.direction = 'in' AND c.state IN ('ended', 'lost')
             GROUP BY 2, 3, 4, 5
            """,
            SQL(", ").join(self._first_contact(days) for days in (7, 30)),
        )

    @api.model
    def _first_contact(self, days):
        """Counts of what was solved at the first contact: whether the caller called again."""
        judged = SQL(
            "c.date_answered IS NOT NULL AND COALESCE(c.commercial_partner_id::text, c.number_key) IS NOT NULL "
            "AND c.date_started <= (now() AT TIME ZONE 'UTC') - make_interval(days => %s)",
            days,
        )
        again = SQL(
            "SELECT FROM crm_call again WHERE again.direction = 'in' AND again.company_id = c.company_id "
            "AND again.date_started > c.date_started "
            "AND again.date_started <= c.date_started + make_interval(days => %s)",
            days,
        )
        return SQL(
            """
            count(*) FILTER (WHERE %(judged)s) AS %(all)s,
            count(*) FILTER (
                WHERE %(judged)s
                  AND CASE WHEN c.commercial_partner_id IS NOT NULL
                           THEN NOT EXISTS (%(again)s AND again.commercial_partner_id = c.commercial_partner_id)
                           ELSE NOT EXISTS (%(again)s AND again.number_key = c.number_key) END) AS %(solved)s
            """,
            judged=judged,
            again=again,
            all=SQL.identifier(f"judged_{days}"),
            solved=SQL.identifier(f"solved_{days}"),
        )
