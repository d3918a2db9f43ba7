from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools import control_chart as spc

BATCH = 50
BASELINE_MONTHS = 12
MONTH = relativedelta(months=1)


class CrmComplaintChart(models.Model):
    """A watch on some complaints: month by month, against limits frozen from a period that counts as usual."""

    _name = "crm.complaint.chart"
    _description = "Control Chart of Complaints"
    _inherit = ["crm.complaint.scope.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    user_id = fields.Many2one(
        "res.users", string="Tell", default=lambda self: self.env.user, domain="[('share', '=', False)]",
        help="Who learns of signals.",
    )  # fmt: skip
    date_from = fields.Date(
        string="From Month", required=True, default=lambda self: self._default_date_from(), help="First month shown."
    )
    date_frozen = fields.Date(string="Usual until", readonly=True, copy=False, help="Last month of the baseline.")
    center = fields.Float(readonly=True, copy=False, digits=(16, 6))
    scatter = fields.Float(string="Laney's Sigma", readonly=True, copy=False, digits=(16, 6))
    unit = fields.Selection([("orders", "per 1,000 orders"), ("months", "per month")], readonly=True, copy=False)
    data = fields.Json(compute="_compute_data")
    signal_ids = fields.One2many("crm.complaint.signal", "chart_id", string="Signals")
    signal_count = fields.Integer(compute="_compute_signal_count")

    # === COMPUTE METHODS === #

    @api.model
    def _default_date_from(self):
        return fields.Date.context_today(self).replace(day=1) - relativedelta(months=24)

    @api.depends("signal_ids")
    def _compute_signal_count(self):
        counts = dict(
            self.env["crm.complaint.signal"]._read_group([("chart_id", "in", self.ids)], ["chart_id"], ["__count"])
        )
        for chart in self:
            chart.signal_count = counts.get(chart._origin, 0)

    @api.depends("date_from", "date_frozen", "center", "scatter", "unit", "cause_id", "category_id", "product_id")
    def _compute_data(self):
        for chart in self:
            chart.data = chart._chart_data() if chart.date_from and chart.company_id else False

    def _months(self):
        """First days of the complete months shown; against a baseline by orders only those whose orders are known.

        The orders of a month are often noted days after its end. Counted by months till then, its complaints would be
        compared with a rate per 1,000 orders.
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        month, months = self.date_from.replace(day=1), []
        while month + MONTH <= today:
            months.append(month)
            month += MONTH
        if self.unit == "orders":
            spans = [(month, month + MONTH) for month in months]
            orders = self.env["crm.complaint.exposure"]._orders_between(self.company_id, self.product_id, spans)
            months = [month for month, number in zip(months, orders, strict=True) if number]
        return months

    def _points(self, months):
        """Count and exposure of each month, by one query; the unit is kept once the baseline is frozen.

        :return: (list of :class:`~..tools.control_chart.Point`, unit)
        """
        self.ensure_one()
        if not months:
            return [], self.unit or "months"
        counts = dict.fromkeys(months, 0)
        zone = self.company_id.partner_id.tz or self.company_id.resource_calendar_id.tz or "UTC"
        # sudo: the rate is the same for everybody; only numbers leave this method
        complaints = self.env["crm.complaint"].sudo().with_context(active_test=False, tz=zone)
        domain = (
            self._scope_domain()
            & Domain("date_received", ">=", self._midnight(months[0]))
            & Domain("date_received", "<", self._midnight(months[-1] + MONTH))
        )
        for month, count in complaints._read_group(domain, ["date_received:month"], ["__count"]):
            counts[month.date()] = count
        exposures, unit = self._exposures([(month, month + MONTH) for month in months])
        if self.unit and self.unit != unit:
            unit = "months"
            exposures = [1.0] * len(months)
        elif unit == "months":
            exposures = [1.0] * len(months)
        return [spc.Point(counts[month], exposure) for month, exposure in zip(months, exposures, strict=True)], unit

    def _usual(self, points):
        """The frozen baseline, else that of the first months; None while there are too few."""
        self.ensure_one()
        if self.date_frozen:
            return spc.Baseline(self.center, self.scatter)
        first = points[:BASELINE_MONTHS]
        return spc.baseline(first) if len(first) >= spc.LEAST_BASELINE else None

    def _found(self):
        """Months, points, baseline and the signals after the baseline."""
        self.ensure_one()
        months = self._months()
        points, unit = self._points(months)
        usual = self._usual(points)
        start = sum(month <= self.date_frozen for month in months) if self.date_frozen else 0
        return months, points, unit, usual, spc.signals(points, usual, start) if usual else []

    def _chart_data(self):
        """What the widget draws: a line of rates, center and limits."""
        months, points, unit, usual, found = self._found()
        labels = dict(self.env["crm.complaint.signal"]._fields["rule"]._description_selection(self.env))
        notes = {}
        for signal in found:
            notes.setdefault(str(signal.index), []).append(labels[signal.rule])
        limits = [usual.limits(point.exposure) if usual else (None, None) for point in points]
        return {
            "kind": "control",
            "labels": [format_date(self.env, month, date_format="MMM yy") for month in months],
            "unit": self._unit_label(unit),
            "values": [round(point.rate, 4) for point in points],
            "counts": [point.count for point in points],
            "center": usual.center if usual else None,
            "lower": [low for low, _high in limits],
            "upper": [high for _low, high in limits],
            "notes": notes,
            "frozen": sum(month <= self.date_frozen for month in months) if self.date_frozen else 0,
            "title": self.name or "",
        }

    # === ACTIONS === #

    def action_freeze(self):
        """Take the first twelve months (or what there is) as usual, for good.

        :raises UserError: while there are too few complete months
        """
        self.check_access("write")
        for chart in self:
            months = chart._months()[:BASELINE_MONTHS]
            points, unit = chart._points(months)
            if len(points) < spc.LEAST_BASELINE:
                raise UserError(
                    self.env._(
                        "%(chart)s: a baseline needs at least %(least)s complete months.",
                        chart=chart.name,
                        least=spc.LEAST_BASELINE,
                    )
                )
            usual = spc.baseline(points)
            chart.sudo().write(  # sudo: readonly for everybody, frozen here only
                {"date_frozen": months[-1], "center": usual.center, "scatter": usual.scatter, "unit": unit}
            )
        return True

    def action_unfreeze(self):
        """Forget the baseline, after a change that is meant to last."""
        self.check_access("write")
        self.sudo().write({"date_frozen": False, "center": 0, "scatter": 0, "unit": False})  # sudo: as above
        return True

    # === CRON === #

    @api.model
    def _cron_signals(self):
        """Note each new signal once and tell; charts without a frozen baseline only show."""
        domain = [("date_frozen", "!=", False)]
        last_id = 0
        while charts := self.search([*domain, ("id", ">", last_id)], order="id", limit=BATCH):
            last_id = charts[-1].id
            locked = charts.try_lock_for_update().filtered_domain(domain)
            for chart in locked:
                chart._note_signals()
            left = self.search_count([*domain, ("id", ">", last_id)])
            if not self.env["ir.cron"]._commit_progress(len(locked), remaining=left):
                return

    def _note_signals(self):
        """Write the signals found, each once, tell of new ones, and reopen what was thought to be mended."""
        self.ensure_one()
        months, _points, _unit, _usual, found = self._found()
        known = {(signal.date, signal.rule) for signal in self.signal_ids}
        fresh = self.env["crm.complaint.signal"].create(
            [
                {"chart_id": self.id, "date": months[signal.index], "rule": signal.rule, "up": signal.up}
                for signal in found
                if (months[signal.index], signal.rule) not in known
            ]
        )
        if not fresh:
            return fresh
        worse = fresh.filtered("up")
        if worse and self.user_id:
            told = self._told_user()
            # in the words of who is told, not of the scheduled job
            worse, env = worse.with_context(lang=told.lang), self.with_context(lang=told.lang).env
            labels = dict(worse._fields["rule"]._description_selection(self.env))
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                fields.Date.context_today(self) + timedelta(days=1),
                summary=env._("%(chart)s: more complaints than usual", chart=self.name),
                note=", ".join(sorted({labels[signal.rule] for signal in worse})),
                user_id=told.id,
                automated=True,
            )
        self._reopen_actions(worse)
        return fresh

    def _reopen_actions(self, worse):
        if not worse:
            return
        domain = Domain("company_id", "=", self.company_id.id) & Domain("state", "=", "effective")
        domain &= Domain("cause_id", "child_of", self.cause_id.id) if self.cause_id else Domain("cause_id", "=", False)
        for name in ("category_id", "product_id"):
            domain &= Domain(name, "=", self[name].id)
        last = max(worse.mapped("date"))
        actions = self.env["crm.complaint.action"].search(domain & Domain("date_check", "<=", last))
        actions._reopen(self.env._("The chart %(chart)s shows more complaints than usual.", chart=self.name))
