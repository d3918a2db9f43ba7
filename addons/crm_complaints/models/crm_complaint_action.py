from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError, ValidationError

from ..const_learning import ACTION_KINDS, ACTION_STATES

PROTECTED = frozenset(
    {"state", "count_before", "count_after", "rate_before", "rate_after", "chance", "date_judged", "verdict", "unit"}
)
"""Written by the steps of the action only: an effect is measured, not claimed."""
CHECK_AFTER = 90
"""Days from the change until its effect is judged, unless said otherwise."""


class CrmComplaintAction(models.Model):
    """What is changed so that it does not happen again, and whether it helped (ISO 9001, 10.2.1).

    This file holds what is planned; ``crm_complaint_action_effect`` how the effect is judged.
    """

    _name = "crm.complaint.action"
    _description = "Corrective Action"
    _inherit = ["crm.complaint.scope.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_due, id"

    name = fields.Char(string="What is Changed", required=True, tracking=True)
    kind = fields.Selection(ACTION_KINDS, required=True, default="corrective")
    description = fields.Html()
    state = fields.Selection(
        ACTION_STATES, required=True, default="open", readonly=True, copy=False, tracking=True,
        group_expand=True,
    )  # fmt: skip
    user_id = fields.Many2one(
        "res.users", string="Owner", required=True, default=lambda self: self.env.user, index=True, tracking=True,
        domain="[('share', '=', False)]",
    )  # fmt: skip
    department_id = fields.Many2one(
        "crm.complaint.department", string="Responsible Department", compute="_compute_department_id", store=True,
        readonly=False, index="btree_not_null", ondelete="restrict",
    )  # fmt: skip
    complaint_ids = fields.Many2many("crm.complaint", string="Learned from", check_company=True)
    date_due = fields.Date(string="Due on", required=True, tracking=True)
    date_done = fields.Date(string="In Effect since", copy=False, tracking=True)
    date_check = fields.Date(string="Effect Judged on", copy=False, tracking=True)
    days_before = fields.Integer(
        string="Days Compared before", default=180, help="How long before the change complaints are counted."
    )
    predicted_reduction = fields.Float(
        string="Predicted Effect (%)", help="By how much the complaints are expected to become fewer."
    )
    date_alerted = fields.Date(readonly=True, copy=False, help="The due date of which the owner was reminded.")
    date_recheck = fields.Date(readonly=True, copy=False)
    # --- measured
    count_before = fields.Integer(string="Complaints before", readonly=True, copy=False)
    count_after = fields.Integer(string="Complaints after", readonly=True, copy=False)
    rate_before = fields.Float(readonly=True, copy=False, digits=(16, 3))
    rate_after = fields.Float(readonly=True, copy=False, digits=(16, 3))
    unit = fields.Char(string="Counted", readonly=True, copy=False)
    chance = fields.Float(
        string="Chance (p)", readonly=True, copy=False, digits=(16, 4),
        help="How often so few would be seen if nothing had changed (exact Poisson test, one-sided).",
    )  # fmt: skip
    date_judged = fields.Date(readonly=True, copy=False)
    verdict = fields.Char(readonly=True, copy=False)
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue")

    _days_positive = models.Constraint("CHECK (days_before > 0)", "Compare with one day or more before the change.")
    _prediction_percent = models.Constraint(
        "CHECK (predicted_reduction >= 0 AND predicted_reduction <= 100)",
        "The predicted effect is between 0 and 100 percent.",
    )
    _check_after_done = models.Constraint(
        "CHECK (date_check IS NULL OR date_done IS NULL OR date_check > date_done)",
        "The effect is judged after the change is in effect.",
    )

    # === COMPUTE METHODS === #

    @api.depends("cause_id")
    def _compute_department_id(self):
        for action in self:
            action.department_id = action.cause_id.department_id or action.department_id

    @api.depends("date_due", "state")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for action in self:
            action.is_overdue = (
                action.state in ("open", "reopened") and bool(action.date_due) and action.date_due < today
            )

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        if False in value:
            return fields.Domain.TRUE
        return [("state", "in", ("open", "reopened")), ("date_due", "<", fields.Date.context_today(self))]

    # === CONSTRAINTS === #

    @api.constrains("date_done")
    def _check_date_done(self):
        for action in self:
            if action.date_done and action.date_done > fields.Date.context_today(action):
                raise ValidationError(
                    self.env._("%(action)s: 'In Effect since' lies in the future.", action=action.name)
                )

    @api.constrains("date_done", "date_check", "state")
    def _check_dates_of_effect(self):
        for action in self.filtered(lambda action: action.state in ("done", "effective", "unproven")):
            if not action.date_done or not action.date_check:
                raise ValidationError(
                    self.env._(
                        "%(action)s: say since when it is in effect and when that is judged.", action=action.name
                    )
                )

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """What only the steps write begins as it always does, whatever a context or an own default says."""
        return own_defaults(self, super().default_get(fields), PROTECTED)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_protected(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_protected(vals)
        if "date_due" in vals:
            vals = {**vals, "date_alerted": False}
        return super().write(vals)

    def _refuse_protected(self, vals):
        if not self.env.su and (refused := PROTECTED & set(vals)):
            labels = [self._fields[name].get_description(self.env, ["string"])["string"] for name in sorted(refused)]
            raise UserError(self.env._("These fields are measured, not typed: %(fields)s.", fields=", ".join(labels)))

    def _write_step(self, vals):
        """Write what only the steps may write. Not reachable by RPC, no context key opens it."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    # === ACTIONS === #

    def action_done(self):
        """The change is in effect; from now on complaints count as 'after'."""
        self.check_access("write")
        today = fields.Date.context_today(self)
        for action in self:
            if action.state not in ("open", "reopened"):
                raise UserError(self.env._("%(action)s was done before.", action=action.name))
            done = action.date_done if action.state == "open" and action.date_done else today
            check = action.date_check if action.date_check and action.date_check > done else False
            action._write_step(
                {"state": "done", "date_done": done, "date_check": check or done + timedelta(days=CHECK_AFTER)}
            )
            # sudo: reminders of others end with the work
            action.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        return True

    def action_cancel(self):
        self.check_access("write")
        self._write_step({"state": "cancelled"})
        return True

    def action_reopen(self):
        self.check_access("write")
        self._reopen(self.env._("Reopened by %(user)s.", user=self.env.user.name))
        return True
