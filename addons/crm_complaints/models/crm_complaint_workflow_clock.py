from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..const import LATER

INTERNAL = "base.group_user"
CLOCK_FACTS = frozenset({"date_acknowledged", "date_responded", "date_closed", "stage_id", "date_reopened"})
CLOCK_CONDITIONS = frozenset({"date_received", "severity", "team_id"})


class CrmComplaint(models.Model):
    """The clocks of a complaint.

    ``_sync_clocks`` compares the facts of the complaint with its clocks and starts, stops and ends what differs;
    it may be called at any time, twice gives the same.
    """

    _inherit = "crm.complaint"

    clock_ids = fields.One2many("crm.complaint.clock", "complaint_id", string="Clocks", groups=INTERNAL)
    wait_ids = fields.One2many("crm.complaint.wait", "complaint_id", groups=INTERNAL)
    date_waiting_since = fields.Datetime(
        string="Waiting for the Customer since", readonly=True, copy=False, groups=INTERNAL
    )
    date_last_contact = fields.Datetime(
        string="Last Message to the Customer", readonly=True, copy=False, groups=INTERNAL
    )
    date_deadline = fields.Datetime(
        string="Next Deadline", compute="_compute_deadline", store=True, index="btree_not_null", groups=INTERNAL
    )
    deadline_clock_id = fields.Many2one(
        "crm.complaint.clock", string="Next Clock", compute="_compute_deadline", store=True, groups=INTERNAL,
        index="btree_not_null", ondelete="set null",
    )  # fmt: skip
    deadline_level = fields.Selection(related="deadline_clock_id.level", string="Last Warning", groups=INTERNAL)
    deadline_state = fields.Selection(
        [("none", "None"), ("waiting", "Waiting"), ("in_time", "In Time"), ("soon", "Soon"), ("overdue", "Overdue")],
        compute="_compute_deadline_state",
        groups=INTERNAL,
    )
    deadline_label = fields.Char(string="Remaining", compute="_compute_deadline_state", groups=INTERNAL)

    # === COMPUTE METHODS === #

    @api.depends("clock_ids.date_due", "clock_ids.state")
    def _compute_deadline(self):
        for complaint in self:
            running = complaint.clock_ids.filtered(lambda clock: clock.state == "running" and clock.date_due)
            complaint.deadline_clock_id = running.sorted("date_due")[:1]
            complaint.date_deadline = complaint.deadline_clock_id.date_due

    @api.depends("date_deadline", "deadline_clock_id", "date_waiting_since")
    def _compute_deadline_state(self):
        now = fields.Datetime.now()
        for complaint in self:
            clock = complaint.deadline_clock_id
            due = complaint.date_deadline
            complaint.deadline_label = clock._remaining_label(due, now) if due else False
            if not due:
                complaint.deadline_state = "waiting" if complaint.date_waiting_since else "none"
            elif due < now:
                complaint.deadline_state = "overdue"
            else:
                complaint.deadline_state = "soon" if (clock.level or "") >= "2_three_quarters" else "in_time"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """The clocks once, when all that happens at registration has happened: acknowledgement, first stage."""
        later = self.with_context(complaint_clocks=LATER)
        complaints = super(CrmComplaint, later).create(vals_list).with_env(self.env)
        # nobody else knows of them yet: nobody to wait for
        complaints._sync_clocks(lock=False)
        return complaints

    def write(self, vals):
        # sudo: the list of a colleague; who takes over has the warnings, who had them is rid of them
        handed = {complaint: complaint.user_id for complaint in self.sudo()} if vals.get("user_id") else {}
        result = super().write(vals)
        for complaint, user in handed.items():
            if user and user != complaint.user_id:
                activities = complaint.clock_ids.event_ids.activity_id
                activities.filtered(lambda activity, user=user: activity.user_id == user).user_id = complaint.user_id
        if CLOCK_CONDITIONS & set(vals):
            self._sync_clocks()
        if "active" in vals:
            # sudo: clocks are written by the engine only
            self.sudo().clock_ids._set_next()
        return result

    def _write_move(self, vals):
        result = super()._write_move(vals)
        if vals.get("date_closed"):
            self._end_wait()
        if CLOCK_FACTS & set(vals):
            self._sync_clocks()
        return result

    # === ACTIONS === #

    def action_wait_customer(self):
        """The ball is with the customer: clocks that may, stand still.

        :raises UserError: for closed complaints
        """
        if closed := self.filtered(lambda complaint: complaint.phase == "closed"):
            raise UserError(
                self.env._("Closed complaints wait for nobody: %(complaints)s.",
                           complaints=", ".join(closed.mapped("display_name")))
            )  # fmt: skip
        self.check_access("write")
        now = fields.Datetime.now()
        waiting = self.filtered(lambda complaint: not complaint.date_waiting_since)
        # sudo: the history of waits is written here only
        self.env["crm.complaint.wait"].sudo().create(
            [{"complaint_id": complaint.id, "date_from": now, "user_id": self.env.uid} for complaint in waiting]
        )
        waiting.sudo().date_waiting_since = now
        waiting.sudo().clock_ids._set_next()
        return True

    def action_customer_answered(self):
        self.check_access("write")
        self._end_wait()
        return True

    def _end_wait(self):
        # sudo: the customer's answer ends the wait too
        waiting = self.sudo().filtered("date_waiting_since")
        if not waiting:
            return
        waiting.wait_ids.filtered(lambda wait: not wait.date_to).date_to = fields.Datetime.now()
        waiting.date_waiting_since = False
        waiting.clock_ids.filtered(lambda clock: clock.state in ("running", "paused"))._reschedule()

    def _wait_spans(self, until=None):
        """Times of waiting as (start, end); an open one only when ``until`` says where it ends."""
        self.ensure_one()
        spans = [(wait.date_from, wait.date_to or until) for wait in self.wait_ids]
        return [(start, end) for start, end in spans if end and start < end]

    # === CLOCKS === #

    def _sync_clocks(self, lock=True):
        """Start, stop, end and restart clocks so that they agree with the facts.

        :param bool lock: False for complaints made in this transaction
        """
        if self.env.context.get("complaint_clocks") is LATER:
            return
        # sudo: clocks run whoever acts; nobody writes them by hand
        complaints = self.sudo().with_context(active_test=True)
        if lock:
            complaints._lock_clocks()
        calendars = {}
        for company, part in complaints.grouped("company_id").items():
            rules = self.env["crm.complaint.clock.rule"].sudo()._company_rules(company)
            for complaint in part:
                applying = rules._for_complaint(complaint)
                complaint._end_other_clocks(applying)
                applying = applying.filtered(lambda rule, one=complaint: one._may_run(rule, new=not lock))
                complaint._start_missing(applying, calendars)
                for rule in complaint._in_starting_order(applying):
                    complaint._sync_clock(rule, calendars)

    def _lock_clocks(self):
        """Two users who act on one complaint at once do not start its clocks twice: the second is tried again."""
        if self.ids:
            self.flush_recordset()
            self.env.execute_query(SQL("SELECT 1 FROM crm_complaint WHERE id IN %s FOR UPDATE", tuple(self.ids)))

    @api.model
    def _in_starting_order(self, rules):
        """Rules that start others before those that are started by them."""

        def depth(rule):
            return 1 + depth(rule.start_rule_id) if rule.start_rule_id else 0

        return rules.sorted(depth)

    def _end_other_clocks(self, rules):
        """End running clocks whose rule applies no more, e.g. after another severity was chosen."""
        other = self.clock_ids.filtered(lambda clock: clock.date_stop is False and clock.rule_id not in rules)
        if other:
            other._stop(fields.Datetime.now(), met=False)

    def _may_run(self, rule, new):
        """Whether the rule has a clock already, or may still start one.

        Rules that were made, or began to apply, when all was done judge nothing afterwards; nor does a second rule of
        a kind judge what was judged by the first.

        :param bool new: the complaint was made in this transaction, perhaps closed: an old register
        """
        self.ensure_one()
        if new or rule in self.clock_ids.rule_id:
            return True
        if self.date_closed:
            return False
        if rule.kind == "statutory" or rule.stop_event == "contact" or not self._clock_facts()[rule.stop_event]:
            return True
        return not self.clock_ids.filtered(lambda clock: clock.kind == rule.kind and clock.state in ("met", "late"))

    def _clock_facts(self):
        self.ensure_one()
        return {
            "received": self.date_received,
            "acknowledged": self.date_acknowledged,
            "contact": self.date_last_contact,
            "responded": self.date_responded,
            "closed": self.date_closed,
            "settled": self.outcome == "settled" and self.date_closed,
        }

    def _clock_start(self, rule):
        if rule.start_event != "clock":
            return self._clock_facts()[rule.start_event]
        before = self.clock_ids.filtered(lambda clock: clock.rule_id == rule.start_rule_id)
        return before.filtered(lambda clock: clock.state in ("met", "late"))[:1].date_stop

    def _start_missing(self, rules, calendars):
        """Start the clocks that no other clock starts, by one statement."""
        facts = self._clock_facts()
        missing = (rules - self.clock_ids.rule_id).filtered(lambda rule: facts.get(rule.start_event))
        self._start_clocks([(rule, facts[rule.start_event], 0) for rule in missing], calendars)

    def _sync_clock(self, rule, calendars):
        """Bring the clocks of one rule in line; the last round is the one that may run.

        :param dict calendars: see ``crm.complaint.clock._reschedule``
        """
        self.ensure_one()
        clock = self.clock_ids.filtered(lambda clock: clock.rule_id == rule).sorted("round")[-1:]
        start = self._clock_start(rule)
        if not clock:
            if not start:
                return
            clock = self._start_clocks([(rule, start, 0)], calendars)
        elif not clock.round and start and clock.date_start != start:
            if not clock.date_stop:
                clock.date_start = start
                clock._reschedule(calendars=calendars)
            elif rule.start_event == "received":
                clock._judge_again(start, calendars)
        stop = self._clock_stop(rule, clock)
        if clock.date_stop:
            clock = self._run_again(rule, clock, stop, calendars)
            stop = clock and self._clock_stop(rule, clock)
        if clock and not clock.date_stop and (stop or self.date_closed):
            clock._stop(stop or self.date_closed, met=bool(stop) or self._closed_too_late(clock), calendars=calendars)
            if rule.repeat and stop and not self.date_closed:
                self._start_clocks([(rule, stop, clock.round + 1)], calendars)

    def _clock_stop(self, rule, clock):
        """When the clock was fulfilled, or nothing."""
        fact = self._clock_facts()[rule.stop_event]
        if rule.stop_event == "contact":
            return fact if fact and fact > clock.date_start else False
        return fact

    def _closed_too_late(self, clock):
        """Closed without what the clock waited for, after its time: a missed deadline does not vanish by closing.

        Who withdraws waits for nothing any more, and what was rejected could not be accepted.
        """
        return (
            self.outcome != "withdrawn"
            and clock.rule_id.stop_event != "settled"
            and self.date_closed > clock.date_due
        )

    def _run_again(self, rule, clock, stop, calendars):
        """A stopped clock of a complaint that goes on: the next round, the old clock, or none.

        :return: the clock that runs now
        """
        if self.date_closed:
            return clock.browse()
        reopened = self.date_reopened and self.date_reopened >= clock.date_stop
        if rule.repeat:
            start = self.date_reopened if reopened else clock.date_stop
            return self._start_clocks([(rule, start, clock.round + 1)], calendars)
        if stop:
            return clock.browse()
        if reopened and rule.on_reopen == "restart" and rule.kind != "statutory":
            return self._start_clocks([(rule, self.date_reopened, clock.round + 1)], calendars)
        # the answer was taken back or the law counts on: the old clock has never stopped
        clock.write({"state": "running", "date_stop": False})
        clock._reschedule(calendars=calendars)
        return clock

    def _start_clocks(self, wanted, calendars):
        """Start clocks.

        :param list wanted: (rule, start, round)
        :param dict calendars: see ``crm.complaint.clock._reschedule``
        :return: the new ``crm.complaint.clock``
        """
        clocks = self.env["crm.complaint.clock"]
        return clocks.create([clocks._start_values(self, rule, start, number, calendars)
                              for rule, start, number in wanted])  # fmt: skip

    # === MAIL === #

    def _message_post_after_hook(self, message, msg_vals):
        """What is written to the customer stops clocks; what the customer writes ends the wait."""
        result = super()._message_post_after_hook(message, msg_vals)
        # sudo: the customer reads no users, and whoever may write to the customer moves the clocks by it
        complaint, message = self.sudo(), message.sudo()
        kind = message.message_type
        ours = kind in ("comment", "email", "email_outgoing") and any(
            user._is_internal() for user in message.author_id.user_ids
        )
        # a robot's word ("out of office") is none of the customer's
        silent = self.env.context.get("complaint_silent")
        ends_wait = not ours and not silent and kind in ("comment", "email") and complaint.date_waiting_since
        if (ours or ends_wait) and not message.subtype_id.internal:
            if ours:
                # now, not the date of the message: a mail brings that of the sender's computer
                complaint.date_last_contact = fields.Datetime.now()
                self._sync_clocks()
            else:
                self._end_wait()
        return result
