from odoo import fields, models
from odoo.tools import SQL


class CrmCallLoad(models.Model):
    """What operators did, by half hour: hours in each state, from their log.

    Occupancy is talk and wrap-up, of that and the time in which they were available. Breaks do not count.
    """

    _name = "crm.call.load"
    _description = "Operators' Load"
    _auto = False
    _order = "date desc, operator_id"
    _rec_name = "operator_id"
    _depends = {
        "crm.call.operator.state": ["date", "operator_id", "state"],
        "crm.call.operator": ["company_id"],
    }

    date = fields.Datetime(string="Half Hour", readonly=True)
    operator_id = fields.Many2one("crm.call.operator", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    available = fields.Float(string="Available (h)", readonly=True)
    on_call = fields.Float(string="On Calls (h)", readonly=True)
    wrap_up = fields.Float(string="Wrap-up (h)", readonly=True)
    pause = fields.Float(string="Breaks (h)", readonly=True)
    occupancy = fields.Float(string="Occupancy (%)", readonly=True, aggregator="avg", digits=(5, 1))

    def _read_group_select(self, aggregate_spec, query):
        """The occupancy of a group is made of its sums."""
        if aggregate_spec == "occupancy:avg":
            return self._occupancy(lambda name: SQL("SUM(%s)", self._field_to_sql(self._table, name, query)))
        return super()._read_group_select(aggregate_spec, query)

    def _occupancy(self, column):
        busy = SQL("(%s + %s)", column("on_call"), column("wrap_up"))
        return SQL("100.0 * %s / NULLIF(%s + %s, 0)::numeric", busy, busy, column("available"))

    @property
    def _table_query(self):
        hours = SQL(", ").join(
            SQL(
                "COALESCE(sum(extract(epoch FROM LEAST(s.until, h.half + interval '30 minutes') "
                "- GREATEST(s.date, h.half))) FILTER (WHERE s.state = %s), 0) / 3600 AS %s",
                state,
                SQL.identifier(name),
            )
            for state, name in (
                ("available", "available"),
                ("on_call", "on_call"),
                ("wrap_up", "wrap_up"),
                ("break", "pause"),
            )
        )
        return SQL(
            """
            SELECT n.*, %(occupancy)s AS occupancy
              FROM (
                SELECT s.operator_id * 2000000::bigint
                           + (extract(epoch FROM h.half - timestamp '2000-01-01') / 1800)::bigint AS id,
                       h.half AS date, s.operator_id, o.company_id, %(hours)s
                  FROM (
                        SELECT operator_id, state, date,
                               LEAD(date, 1, now() AT TIME ZONE 'UTC')
                                   OVER (PARTITION BY operator_id ORDER BY date, id) AS until
                          FROM crm_call_operator_state
                       ) s
                  JOIN crm_call_operator o ON o.id = s.operator_id
                  CROSS JOIN LATERAL generate_series(
                      date_bin('30 minutes', s.date, timestamp '2000-01-01'), s.until, interval '30 minutes') h(half)
                 WHERE s.state <> 'offline' AND s.until > s.date AND h.half < s.until
                 GROUP BY s.operator_id, o.company_id, h.half
              ) n
            """,
            occupancy=self._occupancy(lambda name: SQL.identifier("n", name)),
            hours=hours,
        )
