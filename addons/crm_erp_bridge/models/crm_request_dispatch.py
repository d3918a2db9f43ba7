from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta

from pytz import UTC

from odoo import api, fields, models
from odoo.addons.project.models.project_task import CLOSED_STATES
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import dispatch

HORIZON_DAYS = 14
"""How far ahead working time and load are looked at when the step has no deadline."""


class CrmRequestStep(models.Model):
    """Chooses the employee of a task whose plan asks for the best one; the rule is ``tools.dispatch``."""

    _inherit = "crm.request.step"

    def _choose_users(self):
        """Who gets the tasks of these steps of one company: ``{step id: (user, explanation)}``.

        What is given away here counts as load for the steps that follow.

        :raises UserError: when nobody can do one of them, with the reason for each employee
        """
        chosen = {}
        for step in self.filtered(lambda step: step.plan_id.choose_best):
            employees = self._dispatch_employees()
            until = step._deadline() or fields.Date.add(fields.Date.context_today(self), days=HORIZON_DAYS)
            candidates = step._dispatch_candidates(employees, until)
            given = Counter()
            for other_id, (user, _text) in chosen.items():
                given[user.employee_id.id] += self.browse(other_id).plan_id.hours
            candidates = [replace(one, load=one.load + given[one.id]) for one in candidates]
            plan = step.plan_id
            wanted = plan.skill_level_id.level_progress if plan.skill_id else None
            best = dispatch.choose(candidates, wanted, plan.hours)
            if best is None:
                raise UserError(step._dispatch_refusals(candidates, employees, wanted))
            employee = employees.browse(best.id)
            chosen[step.id] = (employee.user_id, step._dispatch_explanation(best, employee, until))
        return chosen

    @api.model
    def _dispatch_employees(self):
        # sudo: the choice looks at working time and skills, whoever starts the request
        return (
            self.env["hr.employee"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.env.company.id),
                    # who cannot log in any more does no work
                    ("user_id.active", "=", True),
                    ("user_id.share", "=", False),
                ]
            )
        )

    def _dispatch_candidates(self, employees, until):
        """The employees as the rule sees them, a query for each kind of fact."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        start = datetime.combine(today, time.min, tzinfo=UTC)
        end = datetime.combine(max(until, today), time.min, tzinfo=UTC) + timedelta(days=1)
        capacity = employees._get_work_days_data_batch(start, end) if employees else {}
        load = self._dispatch_load(employees.user_id, until)
        skills = self._dispatch_skills(employees)
        customer = self.request_id.partner_id
        knows = set()
        if customer:
            theirs = [("partner_id", "child_of", customer.commercial_partner_id.id), ("user_ids", "!=", False)]
            # sudo: as above
            knows = set(self.env["project.task"].sudo().search(theirs, limit=200).user_ids.ids)
        return [
            dispatch.Candidate(
                id=employee.id,
                skill=skills.get(employee.id),
                capacity=capacity[employee.id]["hours"],
                load=load.get(employee.user_id.id, 0.0),
                speaks=bool(customer.lang and (employee.user_id.lang or "")[:2] == customer.lang[:2]),
                knows=employee.user_id.id in knows,
            )
            for employee in employees
        ]

    @api.model
    def _dispatch_load(self, users, until, leave_out=None):
        """Hours of open work that is due by a day, by user; shared work is shared out.

        :param leave_out: tasks that do not count
        """
        by_day = Domain("date_deadline", "=", False) | Domain(
            "date_deadline", "<=", self.env.company._crm_moment(until, time(23, 59, 59))
        )
        tasks = (
            self.env["project.task"]
            .sudo()  # sudo: load counts whoever sees the tasks
            .search([("user_ids", "in", users.ids), ("state", "not in", list(CLOSED_STATES)), *by_day])
        )
        load = Counter()
        for task in tasks - (leave_out.sudo() if leave_out else tasks.browse()):
            hours = max(task.allocated_hours - task.effective_hours, 0)
            for user in task.user_ids:
                load[user.id] += hours / len(task.user_ids)
        return load

    def _dispatch_skills(self, employees):
        """Level of the skill that the plan asks for, in percent, of those who have it today."""
        return self._dispatch_skill_levels(employees).get(self.plan_id.skill_id.id, {})

    def _dispatch_skill_levels(self, employees):
        """Levels in percent of the skills that the plans of these steps ask for: ``{skill: {employee: level}}``."""
        skills = self.plan_id.skill_id
        if not skills:
            return {}
        today = fields.Date.context_today(self)
        # sudo: the choice looks at skills, whoever starts the request
        rows = (
            self.env["hr.employee.skill"]
            .sudo()  # sudo: skills decide, they are not shown
            .search(
                [
                    ("employee_id", "in", employees.ids),
                    ("skill_id", "in", skills.ids),
                    ("valid_from", "<=", today),
                    "|", ("valid_to", "=", False), ("valid_to", ">=", today),
                ]
            )
        )  # fmt: skip
        levels = {}
        for row in rows:
            of_skill = levels.setdefault(row.skill_id.id, {})
            of_skill[row.employee_id.id] = max(of_skill.get(row.employee_id.id, 0), row.skill_level_id.level_progress)
        return levels

    def _dispatch_refusals(self, candidates, employees, wanted):
        """Why nobody can do it, a line for each employee."""
        plan = self.plan_id
        texts = {
            "skill": self.env._("does not have the skill %(skill)s", skill=plan.skill_id.name),
            "level": self.env._("has less than %(level)s in %(skill)s",
                                level=plan.skill_level_id.name, skill=plan.skill_id.name),
            "absent": self.env._("does not work until then"),
            "load": self.env._("has no time left until then"),
        }  # fmt: skip
        lines = [
            f"{employees.browse(one.id).name}: {texts[dispatch.refusal(one, wanted, plan.hours)]}" for one in candidates
        ]
        head = self.env._("Nobody can do “%(step)s”:", step=self.name)
        return "\n".join([head, *(lines or [self.env._("the company has no employee with a user")])])

    def _dispatch_explanation(self, best, employee, until):
        """Why this employee, for the history of the task."""
        reasons = [
            self.env._(
                "%(load).1f of %(capacity).1f hours until %(day)s taken",
                load=best.load, capacity=best.capacity, day=until,
            )  # fmt: skip
        ]
        if best.skill is not None:
            reasons.append(self.env._("%(skill)s: %(level)s %%", skill=self.plan_id.skill_id.name, level=best.skill))
        if best.speaks:
            reasons.append(self.env._("speaks the customer's language"))
        if best.knows:
            reasons.append(self.env._("has worked for the customer"))
        return self.env._("%(employee)s was chosen: %(reasons)s.", employee=employee.name, reasons="; ".join(reasons))
