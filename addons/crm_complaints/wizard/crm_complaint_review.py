from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import yearly_return
from ..tools.pareto import pareto

TOP = 10


class CrmComplaintReview(models.TransientModel):
    """Yearly return and management review of one company and period.

    The figures count every complaint of the company, also confidential ones that the reader may not open: a return
    that leaves cases out is false. Only sums and the names of causes leave this model.
    """

    _name = "crm.complaint.review"
    _description = "Complaints Return and Management Review"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(string="From", required=True, default=lambda self: self._default_date(0))
    date_to = fields.Date(string="To", required=True, default=lambda self: self._default_date(1))
    name = fields.Char(compute="_compute_figures")
    opened = fields.Integer(compute="_compute_figures")
    closed = fields.Integer(compute="_compute_figures")
    in_3_days = fields.Integer(string="Closed within 3 Business Days", compute="_compute_figures")
    in_8_weeks = fields.Integer(string="Closed within 8 Weeks", compute="_compute_figures")
    later = fields.Integer(string="Closed Later", compute="_compute_figures")
    still_open = fields.Integer(string="Open at the End", compute="_compute_figures")
    decided = fields.Integer(compute="_compute_figures")
    upheld = fields.Integer(compute="_compute_figures")
    partly = fields.Integer(string="Partly Upheld", compute="_compute_figures")
    in_3_days_share = fields.Float(string="3 Business Days (%)", compute="_compute_figures", digits=(16, 1))
    in_8_weeks_share = fields.Float(string="8 Weeks (%)", compute="_compute_figures", digits=(16, 1))
    later_share = fields.Float(string="Later (%)", compute="_compute_figures", digits=(16, 1))
    upheld_share = fields.Float(string="Upheld (%)", compute="_compute_figures", digits=(16, 1))
    redress = fields.Monetary(compute="_compute_figures", help="Remedies carried out in the period.")
    redress_count = fields.Integer(string="Remedies Carried Out", compute="_compute_figures")

    # === COMPUTE METHODS === #

    @api.model
    def _default_date(self, last):
        """The last complete year."""
        first = fields.Date.context_today(self).replace(month=1, day=1) - relativedelta(years=1)
        return first.replace(month=12, day=31) if last else first

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        if any(review.date_from > review.date_to for review in self):
            raise ValidationError(self.env._("The period ends before it begins."))

    @api.depends("company_id", "date_from", "date_to")
    def _compute_figures(self):
        for review in self:
            total = yearly_return.Return()
            redress, redress_count = 0.0, 0
            if review.company_id and review.date_from and review.date_to and review.date_from <= review.date_to:
                total = sum(review._by_category().values(), total)
                redress, redress_count = review._redress()
            review.name = f"{review.date_from or ''} - {review.date_to or ''}"
            for name in (
                "opened",
                "closed",
                "in_3_days",
                "in_8_weeks",
                "later",
                "still_open",
                "decided",
                "upheld",
                "partly",
            ):
                review[name] = getattr(total, name)
            for name in ("in_3_days", "in_8_weeks", "later"):
                review[f"{name}_share"] = total.share(name)
            review.upheld_share = total.upheld_share
            review.redress, review.redress_count = redress, redress_count

    # === FIGURES === #

    def _bounds(self):
        """Start and end of the period in UTC, by the days of the company."""
        self.ensure_one()
        zone = ZoneInfo(self.company_id.partner_id.tz or self.company_id.resource_calendar_id.tz or "UTC")
        days = (self.date_from, self.date_to + timedelta(days=1))
        return [datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None) for day in days]

    def _by_category(self):
        """{category: :class:`~..tools.yearly_return.Return`}, by one query."""
        self.ensure_one()
        start, end = self._bounds()
        self.env["crm.complaint"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT category_id, date_received, date_closed, decision FROM crm_complaint "
                # one that was merged into another is not a second complaint
                "WHERE company_id = %s AND merged_into_id IS NULL AND date_received < %s "
                "AND (date_closed IS NULL OR date_closed >= %s OR date_received >= %s)",
                self.company_id.id,
                end,
                start,
                start,
            )
        )
        cases = {}
        for category_id, received, closed, decision in rows:
            cases.setdefault(category_id, []).append(yearly_return.Case(received, closed, decision))
        calendar = self.company_id.resource_calendar_id._complaint_calendar(self.company_id)
        categories = self.env["crm.complaint.category"].browse(key for key in cases if key)
        names = {category.id: category for category in categories}
        return {
            names.get(key, categories.browse()): yearly_return.count(group, start, end, calendar)
            for key, group in cases.items()
        }

    def _redress(self):
        """Amount and number of the remedies carried out in the period."""
        start, end = self._bounds()
        # sudo: see the class
        [(amount, number)] = (
            self.env["crm.complaint.remedy"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", self.company_id.id),
                    ("state", "=", "done"),
                    ("date_done", ">=", start),
                    ("date_done", "<", end),
                ],
                aggregates=["amount:sum", "__count"],
            )
        )
        return amount or 0.0, number

    def _categories(self):
        """Rows of the return by category, the most opened first."""
        return sorted(self._by_category().items(), key=lambda item: (-item[1].opened, item[0].display_name or ""))

    def _top_causes(self):
        """Pareto of the causes of complaints received in the period."""
        start, end = self._bounds()
        # sudo: see the class
        groups = (
            self.env["crm.complaint"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", self.company_id.id),
                    ("merged_into_id", "=", False),
                    ("date_received", ">=", start),
                    ("date_received", "<", end),
                ],
                ["cause_id"],
                ["__count"],
            )
        )
        return pareto({cause: number for cause, number in groups})[:TOP]

    def _actions(self):
        """Corrective actions that were open, done or judged in the period."""
        return self.env["crm.complaint.action"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("create_date", "<", self._bounds()[1])
            & (
                Domain("state", "in", ("open", "reopened"))
                | Domain("date_done", ">=", self.date_from)
                | Domain("date_judged", ">=", self.date_from)
            )
        )

    def _signals(self):
        return self.env["crm.complaint.signal"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("date", ">=", self.date_from),
                ("date", "<=", self.date_to),
                ("up", "=", True),
            ]
        )

    def _promises(self):
        return self.env["crm.service.promise"].search([("company_id", "=", self.company_id.id)])

    def _clocks(self):
        """Deadlines that ended in the period: list of (label of the kind, kept, missed)."""
        start, end = self._bounds()
        # sudo: see the class
        clocks = self.env["crm.complaint.clock"].sudo()
        labels = dict(clocks._fields["kind"]._description_selection(self.env))
        counts = {}
        for kind, state, number in clocks._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("met", "late")),
                ("date_stop", ">=", start),
                ("date_stop", "<", end),
            ],
            ["kind", "state"],
            ["__count"],
        ):
            counts.setdefault(kind, {})[state] = number
        return [(labels[kind], row.get("met", 0), row.get("late", 0)) for kind, row in sorted(counts.items())]

    # === ACTIONS === #

    def action_print_return(self):
        return self.env.ref("crm_complaints.action_report_return").report_action(self)

    def action_print_review(self):
        return self.env.ref("crm_complaints.action_report_review").report_action(self)
