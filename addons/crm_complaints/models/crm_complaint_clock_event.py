from odoo import api, fields, models

from ..const import CLOCK_LEVELS

SILENT = ("1_half", "2_three_quarters", "3_nine_tenths")
"""Levels that show as an activity but send no mail."""


class CrmComplaintClockEvent(models.Model):
    """A warning, breach or escalation that was given: each once per clock, kept as proof."""

    _name = "crm.complaint.clock.event"
    _description = "Complaint Clock Event"
    _order = "id desc"

    clock_id = fields.Many2one("crm.complaint.clock", required=True, ondelete="cascade", index=True, readonly=True)
    complaint_id = fields.Many2one("crm.complaint", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    level = fields.Selection(CLOCK_LEVELS, required=True, readonly=True)
    date_planned = fields.Datetime(string="Reached on", readonly=True)
    date = fields.Datetime(string="Given on", readonly=True)
    user_id = fields.Many2one("res.users", string="Given to", readonly=True)
    activity_id = fields.Many2one("mail.activity", ondelete="set null", readonly=True, index="btree_not_null")

    _clock_level_uniq = models.UniqueIndex("(clock_id, level)", "This warning was already given.")

    # === BUSINESS METHODS === #

    def _notify(self):
        """Tell those concerned: an activity for each; of several levels at once the last per person.

        Earlier warnings of the same clock to the same person vanish from their list, the events stay.
        """
        users = self._recipients()
        latest = {}
        for event in self.sorted("id"):
            event.user_id = users[event]
            if event.user_id:
                latest[event.clock_id, event.user_id] = event
        events = self.browse([event.id for event in latest.values()])
        self._forget_earlier(latest)
        for silent in (True, False):
            part = events.filtered(lambda event, silent=silent: (event.level in SILENT) == silent)
            activities = (
                self.env["mail.activity"]
                .with_context(mail_activity_quick_update=silent)
                .create([event._activity_values() for event in part])
            )
            for event, activity in zip(part, activities, strict=True):
                event.activity_id = activity

    def _forget_earlier(self, latest):
        old = self.search(
            [("clock_id", "in", self.clock_id.ids), ("activity_id", "!=", False), ("id", "not in", self.ids)]
        )
        old.filtered(lambda event: (event.clock_id, event.user_id) in latest).activity_id.unlink()

    def _activity_values(self):
        self.ensure_one()
        # in the words of who is told, not of the scheduled job
        self = self.with_context(lang=self.user_id.lang)
        clock = self.clock_id
        labels = dict(self._fields["level"]._description_selection(self.env))
        # the day of the calendar, by which the deadline was computed: midnight there is another day in UTC
        calendar = clock._calendar(clock.rule_id, self.complaint_id.company_id, {})
        today = calendar.local_day(fields.Datetime.now())
        return {
            "res_model_id": self.env["ir.model"]._get_id("crm.complaint"),
            "res_id": self.complaint_id.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "automated": True,
            "summary": f"{clock.rule_id.name}: {labels[self.level]}",
            "date_deadline": max(today, calendar.local_day(clock.date_due)),
            "user_id": self.user_id.id,
        }

    def _recipients(self):
        """{event: user}; the responsible, the team leader or the manager, else the next above who can see the case.

        :return: dict of ``res.users``, empty where the company has nobody
        """
        managers = {}
        for company in self.complaint_id.company_id:
            group = self.env.ref("crm_complaints.group_manager")
            managers[company] = (
                company.complaint_manager_id
                or group.all_user_ids.filtered(
                    lambda user, company=company: user.active and not user.share and company in user.company_ids
                ).sorted("id")[:1]
            )
        found = {}
        for event in self:
            complaint = event.complaint_id
            manager, head = managers[complaint.company_id], complaint.company_id.complaint_head_id
            ladder = [complaint.user_id, complaint.team_id.user_id, manager, head]
            first = {"5_lead": 1, "6_manager": 2, "7_head": 3}.get(event.level, 0)
            found[event] = next(
                (user for user in ladder[first:] if user and self._may_read(complaint, user)), self.env["res.users"]
            )
        return found

    @api.model
    def _may_read(self, complaint, user):
        # who does not belong to the company may not even ask as one of it: that would stop the sweep
        if not user.active or complaint.company_id not in user.company_ids:
            return False
        return user == complaint.user_id or complaint.with_user(user).with_context(
            allowed_company_ids=complaint.company_id.ids
        ).has_access("read")
