from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..const import CLOCK_KINDS, CLOCK_LEVELS, CLOCK_STATES, CLOCK_UNITS
from ..tools import clock as engine

FRACTIONS = (0.5, 0.75, 0.9)
MOMENTS = {
    "1_half": "date_half",
    "2_three_quarters": "date_three_quarters",
    "3_nine_tenths": "date_nine_tenths",
    "4_breach": "date_due",
    "5_lead": "date_lead",
    "6_manager": "date_manager",
    "7_head": "date_head",
}
"""Level -> the field with the moment at which it is reached."""
SWEEP_BATCH = 500


class CrmComplaintClock(models.Model):
    """One running deadline of one complaint. Written by the engine alone, never by hand.

    All moments are computed when the clock starts, is extended or goes on after a pause, so that the sweep is
    one statement over the due rows and knows no calendar.
    """

    _name = "crm.complaint.clock"
    _description = "Complaint Clock"
    _order = "date_due, id"

    complaint_id = fields.Many2one("crm.complaint", required=True, ondelete="cascade", index=True, readonly=True)
    rule_id = fields.Many2one(
        "crm.complaint.clock.rule", string="Clock", required=True, ondelete="restrict", index=True, readonly=True
    )
    round = fields.Integer(readonly=True, help="0 for the first; clocks that start again count up.")
    kind = fields.Selection(CLOCK_KINDS, readonly=True)
    company_id = fields.Many2one(related="complaint_id.company_id", store=True, precompute=True, index=True)
    user_id = fields.Many2one(related="complaint_id.user_id", string="Responsible")
    amount = fields.Integer(readonly=True, help="As the rule said when the clock started, or as extended.")
    unit = fields.Selection(CLOCK_UNITS, readonly=True)
    state = fields.Selection(CLOCK_STATES, required=True, default="running", readonly=True)
    level = fields.Selection(CLOCK_LEVELS, readonly=True, help="The last warning given.")
    date_start = fields.Datetime(string="Started on", required=True, readonly=True)
    date_half = fields.Datetime(string="Half Used on", readonly=True)
    date_three_quarters = fields.Datetime(string="75 % Used on", readonly=True)
    date_nine_tenths = fields.Datetime(string="90 % Used on", readonly=True)
    date_due = fields.Datetime(string="Due on", readonly=True)
    date_lead = fields.Datetime(string="To Team Leader on", readonly=True)
    date_manager = fields.Datetime(string="To Manager on", readonly=True)
    date_head = fields.Datetime(string="To Head on", readonly=True)
    date_next = fields.Datetime(readonly=True, help="When the sweep has to look at it again.")
    date_stop = fields.Datetime(string="Stopped on", readonly=True)
    extension_reason = fields.Text(readonly=True)
    to_check = fields.Boolean(related="rule_id.to_check")
    source = fields.Char(related="rule_id.source")
    remaining = fields.Char(compute="_compute_remaining")
    event_ids = fields.One2many("crm.complaint.clock.event", "clock_id", string="Warnings")
    can_extend = fields.Boolean(compute="_compute_can_extend")

    _complaint_rule_round_uniq = models.UniqueIndex(
        "(complaint_id, rule_id, round)", "This clock of the complaint is already there."
    )
    # the sweep reads due clocks in their order, however many others run
    _due_idx = models.Index("(date_next, id) WHERE state = 'running'")

    # === COMPUTE METHODS === #

    @api.depends("rule_id.name")
    def _compute_display_name(self):
        for clock in self:
            clock.display_name = clock.rule_id.name

    @api.depends("date_due", "state")
    def _compute_remaining(self):
        now = fields.Datetime.now()
        for clock in self:
            clock.remaining = self._remaining_label(clock.date_due, now) if clock.state == "running" else False

    @api.depends("state", "amount", "date_due")
    def _compute_can_extend(self):
        now = fields.Datetime.now()
        for clock in self:
            clock.can_extend = (
                clock.state in ("running", "paused")
                and clock.amount < clock.rule_id.extension_limit
                and bool(clock.date_due)
                and not clock._is_over(now)
            )

    @api.model
    def _remaining_label(self, due, now):
        """'2 d 4 h left' or '3 h late', in elapsed time."""
        if not due:
            return False
        minutes = int(abs(due - now) / timedelta(minutes=1))
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        if days:
            time = self.env._("%(days)s d %(hours)s h", days=days, hours=hours)
        elif hours:
            time = self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
        else:
            time = self.env._("%(minutes)s min", minutes=minutes)
        return self.env._("%(time)s left", time=time) if due >= now else self.env._("%(time)s late", time=time)

    # === ACTIONS === #

    def action_extend(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Extend the Deadline"),
            "res_model": "crm.complaint.clock.extend",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_clock_id": self.id},
        }

    # === RUNNING === #

    def _reschedule(self, until=None, calendars=None):
        """Compute all moments anew from start, term, calendar and pauses.

        :param datetime until: where a wait that still goes on is taken to end; none: it is left out
        :param dict calendars: filled with the calendars read, for further calls of the same task
        """
        calendars = {} if calendars is None else calendars
        for clock in self:
            rule, complaint = clock.rule_id, clock.complaint_id
            calendar = self._calendar(rule, complaint.company_id, calendars)
            pauses = complaint._wait_spans(until) if rule.may_pause else []
            term = engine.Term(clock.amount, clock.unit, rule.roll, rule.close_of_business)
            clock.write(self._moments(rule, complaint.company_id, clock.date_start, term, calendar, pauses))
        self._set_next()

    @api.model
    def _start_values(self, complaint, rule, start, number, calendars):
        """Field values of a new clock, its moments included: one statement makes it.

        :param int number: its round
        :param dict calendars: see :meth:`_reschedule`
        """
        calendar = self._calendar(rule, complaint.company_id, calendars)
        pauses = complaint._wait_spans() if rule.may_pause else []
        term = engine.Term(rule.amount, rule.unit, rule.roll, rule.close_of_business)
        moments = self._moments(rule, complaint.company_id, start, term, calendar, pauses)
        waiting = rule.may_pause and complaint.date_waiting_since
        paused = bool(waiting and waiting <= moments["date_due"])
        return {
            "complaint_id": complaint.id,
            "rule_id": rule.id,
            "round": number,
            "kind": rule.kind,
            "amount": rule.amount,
            "unit": rule.unit,
            "date_start": start,
            "state": "paused" if paused else "running",
            "date_next": not paused
            and complaint.active
            and min(filter(None, (moments[name] for name in MOMENTS.values()))),
            **moments,
        }

    @api.model
    def _calendar(self, rule, company, calendars):
        calendar = rule.calendar_id or company.resource_calendar_id
        key = calendar, company
        if key not in calendars:
            calendars[key] = calendar._complaint_calendar(company)
        return calendars[key]

    @api.model
    def _moments(self, rule, company, start, term, calendar, pauses):
        """Field values of all moments.

        A calendar without working time counts every hour: rather too early a warning than none.
        """
        # where nobody is named above the complaints manager, it ends there
        head_days = company.complaint_head_id and rule.head_days
        try:
            due = engine.deadline(start, term, calendar, pauses)
            used = engine.moments(start, due, term, calendar, FRACTIONS, pauses)
            later = [
                engine.opening_after(due, days, calendar) if days else False
                for days in (rule.lead_days, rule.manager_days, head_days)
            ]
        except engine.NoWorkingTimeError:
            return self._moments(rule, company, start, term, engine.always_open(calendar.zone), pauses)
        names = ("date_half", "date_three_quarters", "date_nine_tenths", "date_due", "date_lead", "date_manager",
                 "date_head")  # fmt: skip
        values = used if rule.warn else [False] * 3
        return {
            name: value and value.replace(microsecond=0)
            for name, value in zip(names, (*values, due, *later), strict=True)
        }

    def _set_next(self):
        """When a running clock is to be looked at next: the first level that it has not reached."""
        for clock in self:
            waiting = clock.rule_id.may_pause and clock.complaint_id.date_waiting_since
            if clock.state in ("running", "paused"):
                # who missed the deadline before cannot stop the clock any more
                clock.state = "paused" if waiting and waiting <= clock.date_due else "running"
            moments = [clock[name] for level, name in MOMENTS.items() if clock[name] and level > (clock.level or "")]
            # of what was put into the archive nobody is warned; taken out again it goes on
            watched = clock.state == "running" and clock.complaint_id.active
            clock.date_next = min(moments, default=False) if watched else False

    def _stop(self, moment, met=True, calendars=None):
        """Stop running clocks.

        :param datetime moment: when what was due was done
        :param bool met: False when the clock ends without having been fulfilled
        """
        self._reschedule(until=moment, calendars=calendars)
        for clock in self:
            state = "ended" if not met else "met" if moment <= clock.date_due else "late"
            clock.write({"state": state, "date_stop": moment, "date_next": False})
        # sudo: activities of other users end with the clock
        self.sudo().event_ids.activity_id.unlink()

    def _judge_again(self, start, calendars):
        """The receipt was corrected: whether what was done was in time is judged by the corrected one."""
        self.ensure_one()
        self.date_start = start
        self._reschedule(calendars=calendars)
        if self.state in ("met", "late"):
            self.state = "met" if self.date_stop <= self.date_due else "late"

    def _extend(self, amount, reason):
        """Give a clock more time, once more than it has.

        :raises UserError: when the rule does not allow it, the deadline has passed or no reason is given
        """
        for clock in self:
            if not (reason or "").strip():
                raise UserError(self.env._("Say why the deadline is extended: the customer has a right to know."))
            if clock.state not in ("running", "paused") or clock._is_over(fields.Datetime.now()):
                raise UserError(
                    self.env._("%(clock)s is over: a deadline is extended before it ends.", clock=clock.display_name)
                )
            if not clock.amount < amount <= clock.rule_id.extension_limit:
                raise UserError(
                    self.env._(
                        "%(clock)s can be extended from %(amount)s to at most %(limit)s.",
                        clock=clock.display_name,
                        amount=clock.amount,
                        limit=clock.rule_id.extension_limit or clock.amount,
                    )
                )
            # sudo: users do not write clocks, the check of the complaint was made by the caller
            clock.sudo().write({"amount": amount, "extension_reason": reason})
            clock.sudo()._reschedule()
            clock.complaint_id.message_post(
                body=self.env._("%(clock)s extended: %(reason)s", clock=clock.display_name, reason=reason),
                subtype_xmlid="mail.mt_note",
            )

    def _is_over(self, now):
        """Whether the deadline has passed; while a clock stands it does not come nearer."""
        self.ensure_one()
        return self.state != "paused" and now > self.date_due

    # === SWEEP === #

    @api.model
    def _cron_sweep(self):
        """Give every warning that has become due; what one run does not manage the next does."""
        now, batch = fields.Datetime.now(), SWEEP_BATCH
        while True:
            done, events = self._sweep(now, batch)
            events._notify()
            left = self.search_count(self._due_domain(now), limit=10 * batch) if done == batch else 0
            if not self.env["ir.cron"]._commit_progress(done, remaining=left) or done < batch:
                return

    @api.model
    def _due_domain(self, now):
        return [("state", "=", "running"), ("date_next", "<=", now)]

    @api.model
    def _sweep(self, now, batch):
        """Write the events of due clocks in the order of the levels, and when to look next.

        One statement: its cost follows the due clocks. A level is written once, whoever sweeps (unique index) and
        how long ever nobody swept.

        :return: (number of clocks looked at, new ``crm.complaint.clock.event``)
        """
        self.flush_model()
        steps = [(level, SQL.identifier(name)) for level, name in MOMENTS.items()]
        rows = self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT id, complaint_id, company_id, COALESCE(level, '') AS reached, %(moments)s
                      FROM crm_complaint_clock
                     WHERE state = 'running' AND date_next <= %(now)s
                     ORDER BY date_next, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
                ), fired AS (
                    INSERT INTO crm_complaint_clock_event
                           (clock_id, complaint_id, company_id, level, date_planned, date,
                            create_uid, write_uid, create_date, write_date)
                    SELECT due.id, complaint_id, company_id, step.level, step.moment,
                           %(now)s, %(uid)s, %(uid)s, %(now)s, %(now)s
                      FROM due CROSS JOIN LATERAL (VALUES %(levels)s) AS step(level, moment)
                     WHERE step.moment <= %(now)s AND step.level > reached
                     ORDER BY due.id, step.level
                        ON CONFLICT (clock_id, level) DO NOTHING
                 RETURNING id
                ), moved AS (
                    UPDATE crm_complaint_clock c
                       SET level = NULLIF(GREATEST(due.reached, %(passed)s), ''), date_next = LEAST(%(coming)s)
                      FROM due
                     WHERE c.id = due.id
                )
                SELECT (SELECT count(*) FROM due), (SELECT array_agg(id ORDER BY id) FROM fired)
                """,
                now=now,
                batch=batch,
                moments=SQL(", ").join(column for _level, column in steps),
                levels=SQL(", ").join(SQL("(%s, due.%s)", level, column) for level, column in steps),
                passed=SQL(", ").join(
                    SQL("CASE WHEN due.%s <= %s THEN %s END", column, now, level) for level, column in steps
                ),
                coming=SQL(", ").join(
                    SQL("CASE WHEN due.%s > %s AND %s > due.reached THEN due.%s END", column, now, level, column)
                    for level, column in steps
                ),
                uid=self.env.uid,
            )
        )
        self.invalidate_model(["level", "date_next"])
        done, event_ids = rows[0]
        return done, self.env["crm.complaint.clock.event"].browse(event_ids or ())
