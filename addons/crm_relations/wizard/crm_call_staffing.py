from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import erlang

AROUND = 4
"""How many numbers of operators below and above the one needed are shown."""


class CrmCallStaffing(models.TransientModel):
    """How many operators an interval needs, and what would happen with more or fewer (Erlang C)."""

    _name = "crm.call.staffing"
    _description = "Staffing"

    queue_id = fields.Many2one("crm.call.queue", help="Takes target and figures of the last four weeks from it.",
                               ondelete="cascade")
    calls = fields.Float(string="Calls per Interval", required=True, default=100.0)
    interval = fields.Integer(string="Interval (min)", required=True, default=30)
    handling = fields.Float(string="Handling Time (s)", required=True, default=180.0)
    target_percent = fields.Float(string="To Be Answered (%)", required=True, default=80.0)
    target_seconds = fields.Integer(string="Within (s)", required=True, default=20)
    shrinkage = fields.Float(
        string="Absent (%)", required=True, default=30.0,
        help="Share of paid time in which operators cannot take calls: breaks, leave, training.",
    )  # fmt: skip
    max_occupancy = fields.Float(
        string="Busy at Most (%)", required=True, default=85.0, help="More wears people out. 100: no limit."
    )
    load = fields.Float(string="Load (erlang)", compute="_compute_result", digits=(12, 2))
    needed = fields.Integer(string="Operators at Work", compute="_compute_result")
    scheduled = fields.Integer(string="Operators on the Roster", compute="_compute_result")
    what_if = fields.Integer(
        string="What If There Were", compute="_compute_what_if", store=True, readonly=False, help="Operators at work."
    )
    line_ids = fields.One2many("crm.call.staffing.line", "staffing_id", compute="_compute_lines")

    # === COMPUTE METHODS === #

    @api.depends(
        "calls", "interval", "handling", "target_percent", "target_seconds", "shrinkage", "max_occupancy"
    )
    def _compute_result(self):
        for staffing in self:
            staffing._check_values()
            load = erlang.load(staffing.calls, staffing.handling, staffing.interval)
            needed = erlang.operators_needed(
                load,
                staffing.handling,
                staffing.target_percent / 100.0,
                staffing.target_seconds,
                staffing.max_occupancy / 100.0,
            )
            staffing.load, staffing.needed = load, needed
            staffing.scheduled = staffing._expect(needed, load).scheduled

    @api.depends("needed")
    def _compute_what_if(self):
        for staffing in self:
            staffing.what_if = staffing.needed

    @api.depends("needed", "what_if", "shrinkage")
    def _compute_lines(self):
        lines = self.env["crm.call.staffing.line"]
        for staffing in self:
            numbers = set(range(max(1, staffing.needed - AROUND), staffing.needed + AROUND + 1))
            numbers |= {staffing.what_if} if 0 < staffing.what_if <= erlang.MAX_OPERATORS else set()
            staffing.line_ids = lines.browse()
            for number in sorted(numbers):
                staffing.line_ids += lines.new(staffing._line_values(number))

    def _line_values(self, number):
        expected = self._expect(number, self.load)
        overloaded = number <= self.load
        return {
            "operators": number,
            "scheduled": expected.scheduled,
            "service_level": 100.0 * expected.service_level,
            "speed_of_answer": self.env._("grows without end") if overloaded else f"{expected.speed_of_answer:.1f}",
            "waits": 100.0 * expected.waits,
            "occupancy": 100.0 * expected.occupancy,
            "is_needed": number == self.needed,
            "is_asked": number == self.what_if and number != self.needed,
        }

    def _expect(self, number, load):
        return erlang.staffing(number, load, self.handling, self.target_seconds, self.shrinkage / 100.0)

    # === CONSTRAINTS AND ONCHANGES === #

    def _check_values(self):
        """:raises ValidationError: naming the field for which there is no answer"""
        for name, least, most in (
            ("calls", 0, 1_000_000),
            ("interval", 1, 1440),
            ("handling", 1, 86_400),
            ("target_percent", 1, 99.9),
            ("target_seconds", 0, 86_400),
            ("shrinkage", 0, 90),
            ("max_occupancy", 10, 100),
        ):
            if not least <= self[name] <= most:
                raise ValidationError(
                    self.env._(
                        "“%(field)s” has to be between %(least)s and %(most)s.",
                        field=self._fields[name]._description_string(self.env),
                        least=least,
                        most=most,
                    )
                )
        if erlang.load(self.calls, self.handling, self.interval) > erlang.MAX_LOAD:
            raise ValidationError(
                self.env._("This is more than %(most)s erlang: take a shorter handling time or fewer calls.",
                           most=int(erlang.MAX_LOAD))
            )

    @api.onchange("queue_id")
    def _onchange_queue_id(self):
        """Target of the queue; calls of its busiest half hour of the day and handling time, of the last four weeks."""
        queue = self.queue_id
        if not queue:
            return
        self.target_percent = min(queue.target_percent, 99.9)
        self.target_seconds = queue.target_seconds
        found = self.env["crm.call.report"]._read_group(
            [("queue_id", "=", queue.id), ("date", ">=", fields.Datetime.subtract(fields.Datetime.now(), days=28))],
            ["date:day"],
            ["offered:max"],
        )
        ((handling,),) = self.env["crm.call.report"]._read_group([("queue_id", "=", queue.id)], [], ["aht:avg"])
        peaks = [peak for _day, peak in found if peak]
        if peaks:
            self.calls, self.interval = sum(peaks) / len(peaks), 30
        if handling:
            self.handling = round(float(handling))
