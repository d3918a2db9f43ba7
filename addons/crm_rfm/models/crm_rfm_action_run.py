import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL, format_date

from .crm_rfm_action_line import OPEN_STATES

_logger = logging.getLogger(__name__)


class CrmRfmAction(models.Model):
    """A run of an action: enter, settle, plan. Each step can be repeated without harm."""

    _inherit = "crm.rfm.action"

    def _run(self, today):
        """Let customers enter, see who bought, plan today's activities.

        Of a stopped or archived action only what was begun is brought to its end.

        :param date today: day of the run
        :raises UserError: when somebody else runs the action at this moment
        """
        self.ensure_one()
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._("“%(name)s” is being run at this moment. Try again when it is done.", name=self.name)
            ) from error
        # sudo: lines are written by runs only; activities are for other users
        action = self.sudo()
        is_running = self.active and self.state == "running"
        if is_running:
            action._enter(today)
            action._give_pricelist()
        action._settle(today)
        action._take_back_pricelist(today)
        if is_running and self.plan_activities:
            action._plan(today)

    def _run_or_note_error(self, today):
        """Run the action at night; what fails is undone and told on the action, and the others have their turn."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._run(today)
        except psycopg2.OperationalError:
            # serialization failures and lost connections are for the caller to retry
            raise
        except Exception as error:
            _logger.exception("Action %s could not be run", self.id)
            self.message_post(
                body=self.env._("The action could not be run: %(error)s", error=str(error) or type(error).__name__)
            )

    def _enter(self, today):
        """Insert a line for each matching customer who may enter, in one statement.

        The unique key (action, customer, wave) makes a second run at the same time insert
        nothing; the group follows from a hash (``tools/uplift.py::in_control``). Nobody enters
        again while the last entry is still to be worked on; of the control group nothing is.
        """
        self.env["crm.rfm.score"].flush_model()
        self.env["crm.rfm.value"].flush_model()
        self.env["crm.rfm.action.line"].flush_model()
        self.flush_recordset()
        matching = self.env["crm.rfm.score"]._search(self._get_matching_domain())
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_rfm_action_line
                       (action_id, partner_id, wave, entered_on, entered_at, arm, state, from_segment_id,
                        segment_id, score_monetary, rank_value, revenue, revenue_squared)
                SELECT %(action)s, s.partner_id, COALESCE(last.wave, 0) + 1, %(today)s,
                       date_trunc('second', now() AT TIME ZONE 'UTC'),
                       CASE WHEN ('x' || left(encode(sha256(convert_to(%(salt)s || ':' || s.partner_id, 'UTF8')),
                                              'hex'), 8))::bit(32)::bigint %% 10000 < %(share)s
                            THEN 'control' ELSE 'treated' END,
                       'waiting', before.segment_id, s.segment_id, s.monetary,
                       s.monetary * %(margin)s * COALESCE(v.p_order, 1), 0, 0
                  FROM crm_rfm_score s
                  LEFT JOIN LATERAL (
                        SELECT wave, entered_on, arm = 'treated' AND state IN %(open)s AS is_open
                          FROM crm_rfm_action_line l
                         WHERE l.action_id = %(action)s AND l.partner_id = s.partner_id
                         ORDER BY wave DESC LIMIT 1) last ON TRUE
                  LEFT JOIN crm_rfm_value v ON v.model_id = s.model_id AND v.partner_id = s.partner_id
                  LEFT JOIN crm_rfm_snapshot_line before
                         ON before.snapshot_id = %(snapshot)s AND before.partner_id = s.partner_id
                 WHERE s.id IN %(matching)s
                   AND (last.wave IS NULL
                        OR %(repeat)s > 0 AND last.entered_on + %(repeat)s <= %(today)s AND NOT last.is_open)
                    ON CONFLICT DO NOTHING
                """,
                action=self.id,
                today=today,
                salt=self.salt,
                share=self.control_percent * 100,
                margin=self.model_id.margin_percent / 100,
                snapshot=self._get_last_snapshot().id or 0,
                matching=matching.subselect(),
                repeat=self.repeat_days,
                open=OPEN_STATES,
            )
        )
        self.env["crm.rfm.action.line"].invalidate_model()
        self.invalidate_recordset(["line_ids"])

    # === WHO BOUGHT === #

    @api.model
    def _settle_customers(self, rfm_model, partner_ids):
        """Close what the purchases of some customers have done: minutes after them rather than at night.

        An action that is being run at this moment is passed over, since that run sees to it.
        """
        lines = self.env["crm.rfm.action.line"].search(
            [
                ("action_id.model_id", "=", rfm_model.id),
                ("partner_id", "in", list(partner_ids)),
                ("state", "in", OPEN_STATES),
            ]
        )
        for action, own in lines.grouped("action_id").items():
            if action.try_lock_for_update(allow_referencing=True):
                action._settle(fields.Date.context_today(action), own)

    def _settle(self, today, lines=None):
        """Write what both groups bought since they entered, and close what is done by that.

        :param lines: only these; default all that are measured or open
        """
        measured = lines
        if lines is None:
            first = today - timedelta(days=self.horizon_days + 1)
            lines = self.env["crm.rfm.action.line"].search(
                [("action_id", "=", self.id), "|", ("entered_on", ">=", first), ("state", "in", OPEN_STATES)]
            )
            # those who wait are closed below, so this is the last time
            measured = lines.filtered(lambda line: line.entered_on >= first or line.state == "waiting")
        self._measure(today, measured)
        lines.invalidate_recordset()
        self._close_bought(lines.filtered(lambda line: line.bought_on and line.state in OPEN_STATES))
        self._close_done(lines.filtered(lambda line: line.state == "planned"))
        ended = today - timedelta(days=self.horizon_days)
        lines.filtered(lambda line: line.state == "waiting" and line.entered_on < ended).state = "expired"

    def _get_measuring_model(self, entered_on):
        """The scoring model with a window from a day of entry on: how far back it scores does not matter here."""
        return self.model_id.with_context(rfm_date_from=entered_on - timedelta(days=1))

    def _measure(self, today, lines):
        """Write what customers bought in the measured days; of the day of entry, only what came after that moment."""
        if not lines:
            return
        model = self._get_measuring_model(min(lines.mapped("entered_on")))
        model._flush_for_scores()
        lines.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                WITH bought AS (
                    SELECT l.id, min(tx.date) FILTER (WHERE tx.is_purchase) AS bought_on, sum(tx.amount) AS revenue
                      FROM crm_rfm_action_line l
                      JOIN res_partner p ON p.commercial_partner_id = l.partner_id
                      JOIN (%(transactions)s) tx ON tx.partner_id = p.id
                       AND tx.date >= l.entered_on AND tx.date <= l.entered_on + %(horizon)s
                       AND NOT (tx.date = l.entered_on AND %(earlier)s)
                     WHERE l.id IN %(lines)s
                     GROUP BY l.id)
                UPDATE crm_rfm_action_line l
                   SET bought_on = b.bought_on, revenue = COALESCE(b.revenue, 0),
                       revenue_squared = COALESCE(b.revenue, 0) * COALESCE(b.revenue, 0)
                  FROM (SELECT id FROM crm_rfm_action_line WHERE id IN %(lines)s) x LEFT JOIN bought b USING (id)
                 WHERE l.id = x.id
                   AND (l.bought_on, l.revenue) IS DISTINCT FROM (b.bought_on, COALESCE(b.revenue, 0))
                """,
                transactions=model._get_transaction_query(today),
                earlier=model._get_earlier_condition(SQL("tx.res_id"), SQL("l.entered_at")),
                horizon=self.horizon_days,
                lines=tuple(lines.ids),
            )
        )

    def _close_bought(self, lines):
        """Close the lines of customers who bought, and their activities with the reason."""
        for line in lines.filtered("activity_id.active"):
            line.activity_id.action_feedback(
                feedback=self.env._("Bought on %(date)s.", date=format_date(self.env, line.bought_on))
            )
        lines.write({"state": "bought"})

    def _close_done(self, lines):
        """Close planned lines whose activity is done (archived by that), or was deleted: nobody contacted them then."""
        deleted = lines.filtered(lambda line: not line.activity_id)
        deleted.write({"state": "refused", "reason": self.env._("The activity was cancelled.")})
        (lines - deleted).filtered(lambda line: not line.activity_id.active).state = "done"

    # === ACTIVITIES === #

    def _plan(self, today):
        """Plan the activities of today: the most valuable customers first, so many per user."""
        waiting = self.env["crm.rfm.action.line"].search(
            [("action_id", "=", self.id), ("state", "=", "waiting"), ("arm", "=", "treated")],
            order="rank_value desc, id",
        )
        # of all actions: the limit protects the user
        planned = self.env["crm.rfm.action.line"]._read_group(
            [("planned_on", "=", today)], ["user_id"], ["__count", "place:max"]
        )
        room = {user.id: self.daily_cap - count for user, count, _place in planned}
        last = {user.id: place or 0 for user, _count, place in planned}
        chosen, users = self.env["crm.rfm.action.line"], {}
        for line in waiting:
            user = line.partner_id.user_id.filtered("active") or self.user_id
            if user and room.setdefault(user.id, self.daily_cap) > 0:
                room[user.id] -= 1
                chosen += line
                users[line.id] = user
        allowed = chosen - self._refuse_forbidden(chosen, today)
        try:
            with self.env.cr.savepoint():
                self._plan_activities(allowed, users, last, today)
        except psycopg2.errors.UniqueViolation as error:
            raise UserError(
                self.env._("Another action has just given work to the same user. Run this one again.")
            ) from error

    def _plan_activities(self, lines, users, last, today):
        """Create the activities of some lines, each at the next place in the day of its user.

        :param users: ``{line id: user}``
        :param last: ``{user id: last place given}``
        :raises psycopg2.errors.UniqueViolation: when another action gives the same places at this moment
        """
        activities = self.env["mail.activity"].create(
            [self._prepare_activity(line, users[line.id], today) for line in lines]
        )
        for line, activity in zip(lines, activities, strict=True):
            user_id = activity.user_id.id
            last[user_id] = last.get(user_id, 0) + 1
            line.write(
                {
                    "state": "planned",
                    "planned_on": today,
                    "place": last[user_id],
                    "user_id": user_id,
                    "activity_id": activity.id,
                }
            )

    def _refuse_forbidden(self, lines, today):
        """Close the lines of customers whom the rules of contact forbid to be contacted; return them.

        Asked when a contact is planned, not when the customer enters: consents change; and
        for the best hour of that day, since the activity is not done at once. The rules
        belong to ``crm_relations``; where it has none, nobody is refused.
        """
        refused = lines.browse()
        partners = lines.partner_id
        ask = getattr(partners, "_crm_may_contact", None)
        if not ask or not partners:
            return refused
        decisions = ask(self.channel, "sales", at=today)
        for line in lines:
            decision = decisions[line.partner_id.id]
            if decision.effect == "refuse":
                line.write({"state": "refused", "reason": "\n".join(decision.reasons)})
                refused += line
        return refused

    def _prepare_activity(self, line, user, today):
        return {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": line.partner_id.id,
            "activity_type_id": self.activity_type_id.id,
            "summary": self.summary or self.name,
            "note": self.note,
            "user_id": user.id,
            "date_deadline": fields.Date.add(today, days=self.deadline_days),
        }
