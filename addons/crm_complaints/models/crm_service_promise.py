from datetime import datetime, time
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..const_learning import PERIODS, PROMISE_MEASURES, PROMISE_UNITS

STEPS = {"month": relativedelta(months=1), "quarter": relativedelta(months=3), "year": relativedelta(years=1)}
SHOWN = {"month": 12, "quarter": 8, "year": 5}
"""Complete periods in the history."""
COLUMNS = {"acknowledged": "date_acknowledged", "responded": "date_responded", "closed": "date_closed"}


class CrmServicePromise(models.Model):
    """A promise of the service charter: what customers can count on, its measure, and how far it is kept."""

    _name = "crm.service.promise"
    _description = "Service Promise"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(string="Promise", required=True, translate=True, help="In the words for the customer.")
    description = fields.Text(translate=True, help="What exactly is promised, and what customers can do if it fails.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    team_id = fields.Many2one("crm.team", check_company=True, index="btree_not_null", help="Empty: all teams.")
    measure = fields.Selection(PROMISE_MEASURES, required=True, default="acknowledged")
    amount = fields.Integer(default=1, help="Time promised, from receipt on; nights and weekends count.")
    unit = fields.Selection(PROMISE_UNITS, required=True, default="days")
    target = fields.Float(string="Target (%)", required=True, default=95.0)
    period = fields.Selection(PERIODS, required=True, default="month")
    is_published = fields.Boolean(string="Published", copy=False, help="Shown with its figures on /service-charter.")
    kept_percent = fields.Float(string="Kept (%)", compute="_compute_result", digits=(16, 1))
    kept_label = fields.Char(string="Last Complete Period", compute="_compute_result")
    current_label = fields.Char(string="Running Period", compute="_compute_result")
    on_target = fields.Boolean(compute="_compute_result")
    has_result = fields.Boolean(compute="_compute_result")
    data = fields.Json(compute="_compute_result")

    _target_percent = models.Constraint("CHECK (target > 0 AND target <= 100)", "The target is a percentage.")
    _amount_positive = models.Constraint("CHECK (amount > 0)", "The time promised is greater than nothing.")

    # === COMPUTE METHODS === #

    @api.depends("company_id", "team_id", "measure", "amount", "unit", "target", "period")
    def _compute_result(self):
        for promise in self:
            history = promise._history() if promise.company_id and promise.period else []
            complete = history[:-1]
            kept, total = complete[-1][1:] if complete else (0, 0)
            promise.has_result = bool(total)
            promise.kept_percent = 100.0 * kept / total if total else 0.0
            promise.on_target = bool(total) and promise.kept_percent >= promise.target
            promise.kept_label = promise._result_label(*complete[-1]) if complete else False
            promise.current_label = promise._result_label(*history[-1]) if history else False
            promise.data = {
                "kind": "promise",
                "labels": [promise._period_label(start) for start, _kept, _total in complete],
                "values": [round(100 * kept / total, 1) if total else None for _start, kept, total in complete],
                "counts": [total for _start, _kept, total in complete],
                "target": promise.target,
                "title": promise.name or "",
            }

    def _period_label(self, start):
        if self.period == "year":
            return str(start.year)
        if self.period == "quarter":
            return f"{start.year} Q{(start.month + 2) // 3}"
        return format_date(self.env, start, date_format="MMM yyyy")

    def _result_label(self, start, kept, total):
        """'Oct 2026: 46 of 48 (95.8 %)'."""
        period = self._period_label(start)
        if not total:
            return self.env._("%(period)s: no case", period=period)
        return self.env._(
            "%(period)s: %(kept)s of %(total)s (%(percent)s %%)",
            period=period,
            kept=kept,
            total=total,
            percent=f"{100 * kept / total:.1f}",
        )

    # === FIGURES === #

    def _history(self):
        """Figures of the last complete periods and of the running one, by one statement.

        A case counts once its outcome is certain: done in time, or the time is over.

        :return: list of (first day, kept, total), oldest first
        """
        self.ensure_one()
        zone = self.company_id.partner_id.tz or self.company_id.resource_calendar_id.tz or "UTC"
        starts = self._period_starts(fields.Datetime.now().astimezone(ZoneInfo(zone)).date())
        bounds = [
            datetime.combine(day, time(), ZoneInfo(zone)).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
            for day in (*starts, starts[-1] + STEPS[self.period])
        ]
        self.env["crm.complaint"].flush_model()
        self.env["crm.complaint.clock"].flush_model()
        self.env["crm.complaint.promise"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT width_bucket(facts.moment, %(bounds)s::timestamp[]) AS period, "
                "count(*) FILTER (WHERE facts.kept), count(*) FROM (%(facts)s) AS facts "
                "WHERE facts.moment >= %(first)s AND facts.moment < %(last)s GROUP BY 1",
                bounds=bounds,
                first=bounds[0],
                last=bounds[-1],
                facts=self._facts(),
            )
        )
        found = {period: (kept, total) for period, kept, total in rows}
        return [(start, *found.get(index + 1, (0, 0))) for index, start in enumerate(starts)]

    def _period_starts(self, today):
        """First days of the periods shown, the running one last."""
        month = {"month": today.month, "quarter": (today.month - 1) // 3 * 3 + 1, "year": 1}[self.period]
        running = today.replace(month=month, day=1)
        return [running - STEPS[self.period] * back for back in range(SHOWN[self.period], -1, -1)]

    def _facts(self):
        """The cases that decide, as SQL with the columns ``moment`` and ``kept``."""
        self.ensure_one()
        now = fields.Datetime.now()
        where = SQL("company_id = %s", self.company_id.id)
        if self.measure == "clocks":
            if self.team_id:
                where = SQL(
                    "%s AND complaint_id IN (SELECT id FROM crm_complaint WHERE team_id = %s)", where, self.team_id.id
                )
            return SQL(
                # one that still runs after its time was missed for certain
                "SELECT date_due AS moment, state = 'met' AS kept FROM crm_complaint_clock "
                "WHERE %s AND kind != 'statutory' "
                "AND (state IN ('met', 'late') OR (state = 'running' AND date_due < %s))",
                where,
                now,
            )
        if self.team_id:
            where = SQL("%s AND team_id = %s", where, self.team_id.id)
        if self.measure == "callbacks":
            return SQL(
                "SELECT date_due AS moment, state = 'kept' AS kept FROM crm_complaint_promise "
                "WHERE %s AND state IN ('kept', 'broken')",
                where,
            )
        column = SQL.identifier(COLUMNS[self.measure])
        limit = SQL("make_interval(%s => %s)", SQL("hours" if self.unit == "hours" else "days"), self.amount)
        return SQL(
            "SELECT date_received AS moment, COALESCE(%(column)s <= date_received + %(limit)s, FALSE) AS kept "
            "FROM crm_complaint WHERE %(where)s AND (%(column)s IS NOT NULL OR date_received + %(limit)s < %(now)s) "
            "AND outcome IS DISTINCT FROM 'withdrawn'",
            column=column,
            limit=limit,
            where=where,
            now=now,
        )

    # === PUBLICATION === #

    def action_toggle_published(self):
        for promise in self:
            promise.is_published = not promise.is_published
        return True

    def action_open_charter(self):
        """The page as customers see it."""
        return {"type": "ir.actions.act_url", "url": "/service-charter", "target": "new"}

    @api.model
    def _published(self, companies):
        """Promises that everybody may read, by company.

        :param companies: ``res.company``, in the order in which they are shown
        :return: list of (``res.company``, ``crm.service.promise``), both in superuser mode; companies that publish
            nothing are left out
        """
        # sudo: visitors have no rights; what is published is meant for them, and only sums leave the page
        companies = companies.sudo()
        found = self.sudo().search([("is_published", "=", True), ("company_id", "in", companies.ids)])
        by_company = found.grouped("company_id")
        return [(company, by_company[company]) for company in companies if company in by_company]
