from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..const import CLOCK_KINDS, CLOCK_ROLLS, CLOCK_STARTS, CLOCK_STOPS, CLOCK_UNITS, SECTORS, SEVERITIES

RULE_FIELDS = (
    "kind", "severity", "date_from", "date_to", "start_event", "start_rule_id", "stop_event", "amount", "unit",
    "calendar_id", "roll", "close_of_business", "may_pause", "repeat", "on_reopen", "warn", "lead_days", "manager_days",
    "head_days",
)  # fmt: skip
"""What the clocks of a complaint need to know."""


class CrmComplaintClockRule(models.Model):
    """A promise with a deadline: the company's own or the law's.

    Of the company's own rules of one kind the first that fits a complaint applies; statutory ones apply all,
    for the complaint must be in time under each.
    """

    _name = "crm.complaint.clock.rule"
    _description = "Complaint Clock Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(CLOCK_KINDS, required=True, default="resolution")

    # --- which complaints
    company_id = fields.Many2one("res.company", help="Empty: all companies.")
    sector = fields.Selection(SECTORS, help="Only for companies of this sector. Empty: all.")
    country_id = fields.Many2one("res.country", help="Only for companies of this country. Empty: all.")
    country_group_id = fields.Many2one("res.country.group", help="Only for companies of these countries.")
    # archived ones, too: without them the rule would be one of all teams
    team_ids = fields.Many2many(
        "crm.team", string="Teams", domain=[("use_complaints", "=", True)], context={"active_test": False}
    )
    severity = fields.Selection(SEVERITIES, help="Only for complaints of this severity. Empty: all.")
    date_from = fields.Date(string="Valid from", help="For complaints received from this day on.")
    date_to = fields.Date(string="Valid until")

    # --- from when to when, how long
    start_event = fields.Selection(CLOCK_STARTS, string="Starts with", required=True, default="received")
    start_rule_id = fields.Many2one("crm.complaint.clock.rule", string="Starts after", ondelete="restrict", index=True)
    stop_event = fields.Selection(CLOCK_STOPS, string="Stops with", required=True, default="closed")
    amount = fields.Integer(string="Time", required=True, default=5)
    unit = fields.Selection(CLOCK_UNITS, required=True, default="working_days")
    calendar_id = fields.Many2one(
        "resource.calendar", string="Working Hours", help="Working hours and holidays. Empty: those of the company."
    )
    roll = fields.Selection(
        CLOCK_ROLLS, string="Last Day Not Worked", required=True, default="none", help="Where such a last day goes."
    )
    close_of_business = fields.Boolean(help="The last day ends with its working hours, not at midnight.")
    may_pause = fields.Boolean(
        string="Stands While Waiting", help="The clock stands while the company waits for the customer."
    )
    repeat = fields.Boolean(string="Starts Again", help="Stopped, it starts again until the complaint is closed.")
    on_reopen = fields.Selection(
        [("restart", "A new clock from the reopening"), ("resume", "The old clock runs on")],
        string="When Reopened",
        required=True,
        default="restart",
    )
    extension_limit = fields.Integer(
        string="Extensible to", help="The most that the time may be extended to, in the same unit. 0: never."
    )

    # --- warnings
    warn = fields.Boolean(string="Warn at 50, 75 and 90 %", default=True)
    lead_days = fields.Integer(
        string="To Team Leader after", default=1, help="Working days after the deadline. 0: not at all."
    )
    manager_days = fields.Integer(
        string="To Complaints Manager after", default=2, help="Working days after the deadline. 0: not at all."
    )
    head_days = fields.Integer(
        string="To Head of the Company after",
        default=0,
        help="Working days after the deadline, where the company named its head. 0: not at all.",
    )

    # --- where it comes from
    source = fields.Char(help="Law, guideline or decision that the rule comes from.")
    to_check = fields.Boolean(string="To be Checked", help="Nobody has compared it with the source yet.")
    note = fields.Text()

    _statutory_never_stands = models.Constraint(
        "CHECK (kind <> 'statutory' OR NOT may_pause)", "A statutory clock never stands still."
    )
    _amounts = models.Constraint(
        "CHECK (amount > 0 AND amount <= 3650 AND lead_days >= 0 AND manager_days >= 0 AND head_days >= 0)",
        "The time of a clock is between 1 and 3650, the days until an escalation are not negative.",
    )
    _extension = models.Constraint(
        "CHECK (extension_limit = 0 OR (extension_limit > amount AND extension_limit <= 3650))",
        "A clock is extended to more than its time, or not at all.",
    )
    _escalation_order = models.Constraint(
        "CHECK ((lead_days = 0 OR manager_days = 0 OR manager_days >= lead_days) "
        "AND (head_days = 0 OR head_days >= GREATEST(lead_days, manager_days)))",
        "The complaints manager is not called before the team leader, nor the head of the company before them.",
    )
    _start_of_clock = models.Constraint(
        "CHECK ((start_event = 'clock') = (start_rule_id IS NOT NULL))",
        "Say which clock starts it, or let it start with something else.",
    )
    _repeats_by_contact = models.Constraint(
        "CHECK (NOT repeat OR stop_event = 'contact')", "Only a clock that stops with a message can start again."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "amount", "unit")
    def _compute_display_name(self):
        units = dict(self._fields["unit"]._description_selection(self.env))
        for rule in self:
            rule.display_name = f"{rule.name or ''} ({rule.amount} {units.get(rule.unit, '').lower()})"

    # === CONSTRAINTS === #

    @api.constrains("start_rule_id")
    def _check_start_rule(self):
        if self._has_cycle("start_rule_id"):
            raise ValidationError(self.env._("A clock cannot be started, over others, by its own stop."))

    @api.constrains("calendar_id")
    def _check_calendar(self):
        for rule in self:
            if rule.calendar_id and not rule.calendar_id.attendance_ids:
                raise ValidationError(
                    self.env._("%(calendar)s has no working hours.", calendar=rule.calendar_id.display_name)
                )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for rule in self:
            if rule.date_from and rule.date_to and rule.date_to < rule.date_from:
                raise ValidationError(self.env._("%(rule)s ends before it begins.", rule=rule.name))

    # === ACTIONS === #

    def action_checked(self):
        """Somebody has compared the rule with its source."""
        self.to_check = False
        return True

    def action_reschedule(self):
        """Apply changed working hours and holidays to the running clocks."""
        self.check_access("write")
        clocks = self.env["crm.complaint.clock"].search(
            [("rule_id", "in", self.ids), ("state", "in", ("running", "paused"))]
        )
        # sudo: the administrator of complaints decides it, clocks are written by the engine only
        clocks.sudo()._reschedule()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s running clocks computed again.", count=len(clocks)),
            },
        }

    # === BUSINESS METHODS === #

    @api.model
    def _company_rules(self, company):
        """All rules a company may need, in order."""
        country = company.country_id
        # those of a company hold for its branches
        domain = Domain("company_id", "in", (*company.parent_ids.ids, False))
        domain &= Domain("sector", "in", (company.complaint_sector, False))
        domain &= Domain("country_id", "in", (country.id, False))
        domain &= Domain("country_group_id", "in", (*country.country_group_ids.ids, False))
        # what is asked of each of them comes along
        return self.search_fetch(domain, RULE_FIELDS)

    def _for_complaint(self, complaint):
        """Those of the company's rules that apply to a complaint."""
        found, kinds = self.browse(), set()
        for rule in self:
            if (
                (rule.severity and rule.severity != complaint.severity)
                or (rule.team_ids and complaint.team_id not in rule.team_ids)
                or not rule._is_valid_for(complaint)
                or (rule.kind != "statutory" and rule.kind in kinds)
            ):
                continue
            kinds.add(rule.kind)
            found += rule
        return found

    def _is_valid_for(self, complaint):
        """Whether the complaint was received in the time of the rule, by the days of its calendar."""
        if not self.date_from and not self.date_to:
            return True
        calendar = self.calendar_id or complaint.company_id.resource_calendar_id
        day = calendar._complaint_calendar(complaint.company_id).local_day(complaint.date_received)
        return (not self.date_from or day >= self.date_from) and (not self.date_to or day <= self.date_to)
