from collections import Counter
from datetime import datetime, time, timedelta

from pytz import UTC

from odoo import api, fields, models
from odoo.addons.project.models.project_task import CLOSED_STATES
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.crm_request_dispatch import HORIZON_DAYS
from ..tools import replan


class CrmTaskReplan(models.TransientModel):
    """Gives many tasks to others at once: shown first with the load of everybody before and after, then done."""

    _name = "crm.task.replan"
    _description = "Re-plan Tasks"

    task_ids = fields.Many2many("project.task", default=lambda self: self._default_task_ids(), string="Tasks")
    away_id = fields.Many2one(
        "hr.employee.public", string="Who Is Away", ondelete="cascade",
        help="All open tasks of this person that are due until the day below are given to others.",
    )  # fmt: skip
    date_until = fields.Date(string="Until", required=True, default=lambda self: self._default_date_until())
    line_ids = fields.One2many("crm.task.replan.line", "replan_id", string="Proposal")
    load_ids = fields.One2many("crm.task.replan.load", "replan_id", readonly=True)
    state = fields.Selection([("new", "New"), ("proposed", "Proposed")], default="new", readonly=True)
    unplaced_count = fields.Integer(compute="_compute_unplaced_count")

    @api.model
    def _default_task_ids(self):
        if self.env.context.get("active_model") == "project.task":
            return self.env["project.task"].browse(self.env.context.get("active_ids", ()))
        return self.env["project.task"]

    @api.model
    def _default_date_until(self):
        return fields.Date.add(fields.Date.context_today(self), days=HORIZON_DAYS)

    @api.depends("line_ids.to_id")
    def _compute_unplaced_count(self):
        for wizard in self:
            wizard.unplaced_count = len(wizard.line_ids.filtered(lambda line: not line.to_id))

    # === PROPOSAL === #

    def action_propose(self):
        """Say who would take what, and what that makes of everybody's load; nothing is changed yet.

        :raises UserError: when there is nothing to give away
        """
        self.ensure_one()
        tasks = self._tasks_to_move()
        employees = self._employees()
        works = self._works(tasks, employees)
        capacity, load = self._capacity(employees), self._load(employees, tasks)
        present = {person: hours for person, hours in capacity.items() if person != self.away_id.id}
        given, _after = replan.plan(works, present, load)
        by_id = {employee.id: employee for employee in employees}
        self.line_ids.unlink()
        self.line_ids = [
            Command.create(
                {
                    "task_id": task.id,
                    "from_ids": [Command.set(task.user_ids.ids)],
                    "to_id": by_id[given[task.id]].user_id.id if given[task.id] else False,
                    "hours": self._hours_left(task),
                }
            )
            for task in tasks.sorted(lambda task: (task.date_deadline or datetime.max, task.id))
        ]
        self.state = "proposed"
        self._show_load()
        return self._reopen()

    def action_show_load(self):
        """The load after what was changed by hand in the proposal."""
        self.ensure_one()
        self._show_load()
        return self._reopen()

    def _show_load(self):
        employees = self._employees()
        tasks = self.line_ids.task_id
        capacity, rest = self._capacity(employees), self._load(employees, tasks)
        before, after = Counter(rest), Counter(rest)
        by_user = {employee.user_id.id: employee.id for employee in employees}
        for line in self.line_ids:
            for user in line.from_ids:
                if user.id in by_user:
                    before[by_user[user.id]] += line.hours / len(line.from_ids)
            receivers = line.to_id or line.from_ids
            for user in receivers:
                if user.id in by_user:
                    after[by_user[user.id]] += line.hours / len(receivers)
        self.load_ids.unlink()
        self.env["crm.task.replan.load"].create(
            [
                {
                    "replan_id": self.id,
                    "employee_id": employee.id,
                    "capacity": 0.0 if employee.id == self.away_id.id else capacity[employee.id],
                    "before": before[employee.id],
                    "after": after[employee.id],
                }
                for employee in employees
                if before[employee.id] or after[employee.id] or capacity[employee.id]
            ]
        )

    def _tasks_to_move(self):
        tasks = self.task_ids
        if user := self.away_id.user_id:
            tasks |= self.env["project.task"].search(
                [
                    ("user_ids", "in", user.ids),
                    ("state", "not in", list(CLOSED_STATES)),
                    "|", ("date_deadline", "=", False),
                    ("date_deadline", "<=", self.env.company._crm_moment(self.date_until, time(23, 59, 59))),
                ]
            )  # fmt: skip
        tasks = tasks.filtered(lambda task: task.state not in CLOSED_STATES)
        if not tasks:
            raise UserError(self.env._("There is no open task to be given to others."))
        return tasks

    # === FACTS, a query for each kind === #

    def _employees(self):
        return self.env["crm.request.step"]._dispatch_employees()

    def _capacity(self, employees):
        """Hours by the working calendar, leaves taken off, from today until the day; by employee."""
        start = datetime.combine(fields.Date.context_today(self), time.min, tzinfo=UTC)
        end = datetime.combine(max(self.date_until, start.date()), time.min, tzinfo=UTC) + timedelta(days=1)
        worked = employees._get_work_days_data_batch(start, end) if employees else {}
        return {employee.id: worked[employee.id]["hours"] for employee in employees}

    def _load(self, employees, leave_out):
        """Hours of open work until the day by employee, without some tasks."""
        load = self.env["crm.request.step"]._dispatch_load(employees.user_id, self.date_until, leave_out)
        return {employee.id: load.get(employee.user_id.id, 0.0) for employee in employees}

    @staticmethod
    def _hours_left(task):
        return max(task.allocated_hours - task.effective_hours, 0.0)

    def _works(self, tasks, employees):
        # sudo: the choice looks at skills and earlier work, as the plan's own choice does
        tasks = tasks.sudo()
        steps = self.env["crm.request.step"].sudo().search(
            [("res_model", "=", "project.task"), ("res_id", "in", tasks.ids), ("plan_id", "!=", False)]
        )
        plans = {step.res_id: step.plan_id for step in steps}
        levels = steps._dispatch_skill_levels(employees)
        knows = self._who_knows(tasks.partner_id.commercial_partner_id)
        by_user = {employee.user_id.id: employee.id for employee in employees}
        works = []
        for task in tasks:
            plan = plans.get(task.id)
            skill = plan.skill_id if plan and plan.choose_best else self.env["hr.skill"]
            lang = (task.partner_id.lang or "")[:2]
            works.append(
                replan.Work(
                    id=task.id,
                    due=(task.date_deadline or datetime.max).date(),
                    hours=self._hours_left(task),
                    wanted=plan.skill_level_id.level_progress if skill else None,
                    skills=levels.get(skill.id, {}),
                    speaks=frozenset(
                        employee.id for employee in employees if lang and (employee.user_id.lang or "")[:2] == lang
                    ),
                    knows=frozenset(
                        by_user[user] for user in knows.get(task.partner_id.commercial_partner_id.id, ())
                        if user in by_user
                    ),
                    never=frozenset(by_user[user.id] for user in task.user_ids if user.id in by_user),
                )
            )
        return works

    def _who_knows(self, customers):
        """Who has worked for which customer: ``{customer: users}``."""
        if not customers:
            return {}
        found = {}
        # sudo: who has worked for whom, whatever project it was in
        for customer, user in (
            self.env["project.task"]
            .sudo()
            ._read_group(
                [("partner_id", "child_of", customers.ids), ("user_ids", "!=", False)], ["partner_id", "user_ids"]
            )
        ):
            found.setdefault(customer.commercial_partner_id.id, set()).add(user.id)
        return found

    # === DOING IT === #

    def action_apply(self):
        """Give the tasks away as proposed.

        :raises UserError: when somebody else has re-planned one of them meanwhile, or nobody was found for all
        """
        self.ensure_one()
        moved = self.line_ids.filtered("to_id")
        if not moved:
            raise UserError(self.env._("Nobody was found: choose somebody for at least one task."))
        for line in moved:
            if line.task_id.state in CLOSED_STATES or line.task_id.user_ids != line.from_ids:
                raise UserError(
                    self.env._("“%(task)s” was changed meanwhile: propose again.", task=line.task_id.display_name)
                )
        for line in moved:
            before = ", ".join(line.from_ids.mapped("name")) or self.env._("nobody")
            line.task_id.user_ids = [Command.set(line.to_id.ids)]
            line.task_id.message_post(
                body=self.env._("Re-planned from %(before)s to %(after)s.", before=before, after=line.to_id.name),
                subtype_xmlid="mail.mt_note",
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s tasks were given to others.", count=len(moved)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Re-plan Tasks"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class CrmTaskReplanLine(models.TransientModel):
    """One task and who is to take it."""

    _name = "crm.task.replan.line"
    _description = "Re-planned Task"
    _order = "id"

    replan_id = fields.Many2one("crm.task.replan", required=True, index=True, ondelete="cascade")
    task_id = fields.Many2one("project.task", required=True, readonly=True, ondelete="cascade")
    date_deadline = fields.Datetime(related="task_id.date_deadline")
    from_ids = fields.Many2many("res.users", readonly=True)
    to_id = fields.Many2one(
        "res.users", ondelete="cascade", domain="[('share', '=', False), ('employee_ids', '!=', False)]"
    )
    hours = fields.Float(readonly=True)


class CrmTaskReplanLoad(models.TransientModel):
    """How much somebody has to do before and after."""

    _name = "crm.task.replan.load"
    _description = "Load Before and After"
    _order = "after desc, id"

    replan_id = fields.Many2one("crm.task.replan", required=True, index=True, ondelete="cascade")
    employee_id = fields.Many2one("hr.employee.public", required=True, ondelete="cascade")
    capacity = fields.Float(string="Hours Until Then")
    before = fields.Float()
    after = fields.Float()
    is_over = fields.Boolean(compute="_compute_is_over")

    @api.depends("capacity", "after")
    def _compute_is_over(self):
        for load in self:
            load.is_over = load.after > load.capacity
