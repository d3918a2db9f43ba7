from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import rates

BATCH = 100
RECHECK = timedelta(days=30)
"""An effective change is looked at again every month; more often would find recurrences by chance."""
LEAST_RECURRENCE = 2


class CrmComplaintAction(models.Model):
    """The effect, judged by the complaints before and after; looked at again as long as it holds."""

    _inherit = "crm.complaint.action"

    # === VERDICT === #

    def action_judge(self):
        """Compare the complaints before and after.

        :raises UserError: before the check date, or when nothing was changed yet
        """
        self.check_access("write")
        today = fields.Date.context_today(self)
        for action in self:
            if action.state not in ("done", "effective", "unproven"):
                raise UserError(self.env._("%(action)s is not in effect yet.", action=action.name))
            if action.date_check > today:
                raise UserError(
                    self.env._(
                        "%(action)s: its effect is judged on %(date)s, not before.",
                        action=action.name,
                        date=action.date_check,
                    )
                )
            action._judge(today)
        return True

    def _judge(self, today):
        """Write counts, rates and verdict; the last word of the numbers, not of a person."""
        self.ensure_one()
        start = self.date_done - timedelta(days=self.days_before)
        spans = [(start, self.date_done), (self.date_done, self.date_check)]
        before, after = (self._count_between(*span) for span in spans)
        exposures, unit = self._exposures(spans)
        result = rates.compare(before, exposures[0], after, exposures[1])
        self._write_step(
            {
                "state": "effective" if result.is_lower else "unproven",
                "count_before": before,
                "count_after": after,
                "rate_before": result.rate_before,
                "rate_after": result.rate_after,
                "unit": self._unit_label(unit),
                "chance": result.chance,
                "date_judged": today,
                "date_recheck": today + RECHECK,
                "verdict": self._verdict_words(result, self._unit_label(unit)),
            }
        )
        self.message_post(body=self.verdict, subtype_xmlid="mail.mt_note")
        if not result.is_lower:
            self._remind(self.env._("No proven effect: what else can be done?"), today)

    def _verdict_words(self, result, unit):
        numbers = {
            "before": f"{result.rate_before:.2f}",
            "after": f"{result.rate_after:.2f}",
            "unit": unit,
            "chance": f"{result.chance:.3f}",
        }
        if not result.is_lower:
            return self.env._(
                "Not proven: %(before)s before, %(after)s after (%(unit)s); by chance alone with p = %(chance)s.",
                **numbers,
            )
        reached = 100 * result.reduction >= self.predicted_reduction
        text = (
            self.env._("as predicted") if reached else
            self.env._("less than the predicted %(percent)s %%", percent=f"{self.predicted_reduction:.0f}")
        )  # fmt: skip
        return self.env._(
            "Effective: %(before)s before, %(after)s after (%(unit)s), %(percent)s %% fewer, %(text)s; p = %(chance)s.",
            percent=f"{100 * result.reduction:.0f}",
            text=text,
            **numbers,
        )

    # === RECURRENCE === #

    def _look_for_recurrence(self, today):
        """Reopen effective changes after which the complaints have come back."""
        for action in self:
            action._write_step({"date_recheck": today + RECHECK})
            if action.date_check >= today:
                continue
            spans = [(action.date_done, action.date_check), (action.date_check, today)]
            calm, since = (action._count_between(*span) for span in spans)
            exposures, unit = action._exposures(spans)
            if since < LEAST_RECURRENCE:
                continue
            chance = rates.chance_if_not_higher(calm, exposures[0], since, exposures[1])
            if chance < rates.SIGNIFICANT:
                action._reopen(
                    self.env._(
                        "It came back: %(since)s complaints since %(date)s, %(rate)s %(unit)s instead of %(calm)s.",
                        since=since,
                        date=action.date_check,
                        rate=f"{since / exposures[1]:.2f}",
                        calm=f"{calm / exposures[0]:.2f}",
                        unit=action._unit_label(unit),
                    )
                )

    def _reopen(self, reason):
        today = fields.Date.context_today(self)
        for action in self:
            action._write_step(
                {"state": "reopened", "date_due": max(action.date_due, today + RECHECK), "date_alerted": False}
            )
            action.message_post(body=reason, subtype_xmlid="mail.mt_note")
            action._remind(reason, today)

    def _remind(self, summary, deadline):
        """A reminder on the owner's list; the owner may have left, then the creator's."""
        self.ensure_one()
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            deadline,
            summary=summary[:200],
            user_id=self._told_user().id,
            automated=True,
        )

    # === CRON === #

    @api.model
    def _cron_actions(self):
        """Remind of what is overdue, judge what is due, look again at what was effective."""
        today = fields.Date.context_today(self)
        # one that lost its dates before that was refused cannot be judged, and does not hold up the others
        dated = [("date_done", "!=", False), ("date_check", "!=", False)]
        steps = (
            ([("is_overdue", "=", True), ("date_alerted", "=", False)], self._alert_overdue),
            ([("state", "=", "done"), ("date_check", "<=", today), *dated], self._judge_all),
            ([("state", "=", "effective"), ("date_recheck", "<=", today), *dated], self._recheck_all),
        )
        for domain, work in steps:
            while actions := self.search(domain, limit=BATCH):
                locked = actions.try_lock_for_update().filtered_domain(domain)
                work(locked, today)
                left = self.search_count(domain, limit=BATCH)
                if not self.env["ir.cron"]._commit_progress(len(locked), remaining=left) or not locked:
                    break

    @api.model
    def _judge_all(self, actions, today):
        for action in actions:
            action.with_context(lang=action._told_user().lang)._judge(today)

    @api.model
    def _recheck_all(self, actions, today):
        for action in actions:
            action.with_context(lang=action._told_user().lang)._look_for_recurrence(today)

    @api.model
    def _alert_overdue(self, actions, today):
        for action in actions:
            action.date_alerted = action.date_due
            env = action.with_context(lang=action._told_user().lang).env  # in the words of who is told
            action._remind(env._("Overdue: %(action)s", action=action.name), today)
