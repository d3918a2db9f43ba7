import re
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .. import const

CODE = re.compile(r"[a-z][a-z0-9_]*")


class CrmRequestPlan(models.Model):
    """One step of the plan of a request type; a started request gets a ``crm.request.step`` of each that applies."""

    _name = "crm.request.plan"
    _description = "Planned Step"
    _order = "type_id, sequence, id"

    type_id = fields.Many2one("crm.request.type", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Step", required=True, translate=True)
    code = fields.Char(
        required=True, help="Small letters, digits and underscores; other steps name it in “After”."
    )
    kind = fields.Selection(const.STEP_KINDS, required=True, default="manual")
    after = fields.Char(help="Codes of the steps that must be finished first, with spaces between.")
    condition = fields.Char(
        default="[]", help="Only requests that match get this step, e.g. [('priority', '=', '1')]."
    )
    automatic = fields.Boolean(
        default=True, help="Without it the step waits until somebody presses “Do It”."
    )
    lane = fields.Selection(const.LANES, required=True, default="main")
    customer_label = fields.Char(
        translate=True, help="What the customer reads in the portal. Left empty, the step is not shown there."
    )
    model_name = fields.Char(compute="_compute_model_name")

    # of tasks
    project_id = fields.Many2one("project.project", ondelete="restrict", domain="[('is_template', '=', False)]")
    user_id = fields.Many2one("res.users", string="Employee", domain="[('share', '=', False)]")
    choose_best = fields.Boolean(
        string="Choose Who Can",
        help="The employee is chosen by skill, working time, leaves, load, language and knowledge of the customer.",
    )
    skill_id = fields.Many2one("hr.skill", ondelete="restrict")
    skill_type_id = fields.Many2one(related="skill_id.skill_type_id")
    skill_level_id = fields.Many2one(
        "hr.skill.level", string="At Least", ondelete="restrict", domain="[('skill_type_id', '=', skill_type_id)]"
    )
    days = fields.Integer(help="Deadline in days from the start of the step; 0: the promised day.")
    hours = fields.Float(string="Work", help="How many hours of work the task is.")

    _code_uniq = models.Constraint("UNIQUE (type_id, code)", "Two steps of a plan cannot have the same code.")
    _days_positive = models.Constraint("CHECK (days >= 0 AND hours >= 0)", "Days and hours cannot be negative.")

    def _compute_model_name(self):
        self.model_name = "crm.request"

    @api.constrains("code")
    def _check_code(self):
        for plan in self:
            if not CODE.fullmatch(plan.code):
                raise ValidationError(
                    self.env._(
                        "“%(code)s” cannot be the code of a step: small letters, digits and underscores only.",
                        code=plan.code,
                    )
                )

    @api.constrains("code", "after", "kind", "type_id")
    def _check_type(self):
        self.type_id._check_plan()

    @api.constrains("condition")
    def _check_condition(self):
        requests = self.env["crm.request"]
        for plan in self:
            try:
                Domain(literal_eval(plan.condition or "[]")).validate(requests)
            except (ValueError, SyntaxError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "The condition of “%(step)s” is not a filter on requests: %(error)s",
                        step=plan.name,
                        error=error,
                    )
                ) from error

    @api.constrains("kind", "project_id")
    def _check_project(self):
        for plan in self:
            if plan.kind == "task" and not plan.project_id:
                raise ValidationError(self.env._("Choose the project of the tasks of “%(step)s”.", step=plan.name))

    def _applies_to(self, requests):
        """The requests that get this step."""
        self.ensure_one()
        condition = (self.condition or "[]").strip()
        return requests.filtered_domain(literal_eval(condition)) if condition != "[]" else requests
