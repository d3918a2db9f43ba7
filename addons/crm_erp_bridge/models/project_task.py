from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.addons.crm_relations.tools.timeline import index_expression
from odoo.addons.project.models.project_task import CLOSED_STATES

from .. import const
from ..tools.request_link import refuse_request


class ProjectTask(models.Model):
    _inherit = "project.task"

    # only who sells sees where the work came from; the worker has the customer and the description
    lead_id = fields.Many2one(
        "crm.lead",
        string="Opportunity",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        groups="sales_team.group_sale_salesman",
    )
    crm_request_id = fields.Many2one(
        "crm.request",
        string="Customer Request",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        groups="crm_erp_bridge.group_user,crm_erp_bridge.group_auditor",
    )
    crm_key = fields.Char(
        string="Request Key",
        copy=False,
        readonly=True,
        groups="base.group_no_one",
        export_string_translation=False,
        help="Identifies the request that the task was created for: one request makes one task.",
    )

    is_for_customer = fields.Boolean(
        compute="_compute_is_for_customer",
        compute_sudo=True,
        export_string_translation=False,
        help="Asked for from an opportunity: its customer is shown even where the project is not billable.",
    )

    # the guarantee behind crm.lead._create_task: a second task for one request cannot exist
    _crm_key_uniq = models.UniqueIndex(
        "(crm_key) WHERE crm_key IS NOT NULL",
        "This task has been created already.",
    )
    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_TASK))
    _crm_timeline_done_id_idx = models.Index(f"{index_expression(const.SLOT_TASK_DONE)} WHERE state = '1_done'")
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, create_date DESC, id DESC) WHERE partner_id IS NOT NULL")
    _crm_timeline_done_idx = models.Index(
        "(partner_id, (COALESCE(date_last_stage_update, date_end, write_date)) DESC, id DESC)"
        " WHERE state = '1_done' AND partner_id IS NOT NULL"
    )

    @api.depends("lead_id", "crm_request_id")
    def _compute_is_for_customer(self):
        for task in self:
            task.is_for_customer = bool(task.lead_id or task.crm_request_id)

    @api.depends("lead_id", "crm_request_id")
    def _compute_partner_id(self):
        """Work for an opportunity or a request is work for its customer, billable or not.

        Odoo clears the customer of tasks in projects that are not billable.
        """
        # sudo: the field is hidden from who may not see leads, the customer is not
        for_customer = self.filtered(lambda task: task.sudo().lead_id or task.sudo().crm_request_id)
        for task in for_customer:
            origin = task.sudo().crm_request_id or task.sudo().lead_id
            task.partner_id = task.partner_id or origin.partner_id
        return super(ProjectTask, self - for_customer)._compute_partner_id()

    @api.model
    def default_get(self, fields):
        return own_defaults(self, super().default_get(fields), {"crm_request_id"})

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_request(self, vals)
        return super().create(vals_list)

    def write(self, vals):
        """Tell the opportunity and the request when their work is done or dropped."""
        refuse_request(self, vals)
        watched = steps = self.browse()
        if vals.get("state") in CLOSED_STATES:
            # sudo: the worker may not see the opportunity; only a note of this task is added to it
            watched = self.filtered(lambda task: task.state not in CLOSED_STATES and task.sudo().lead_id)
            steps = self._crm_steps_ended(vals["state"])
        result = super().write(vals)
        watched._notify_lead_of_end()
        if steps:
            steps._task_ended(vals["state"])
        return result

    def _crm_steps_ended(self, state):
        """The steps of requests that end with these tasks, in superuser mode."""
        # sudo: the worker may not see the request; only the step of this task is marked
        steps = self.env["crm.request.step"].sudo()
        if self.env.context.get("crm_request_running"):
            return steps
        return steps.search(
            [("res_model", "=", "project.task"), ("res_id", "in", self.ids), ("state", "=", "started")]
        )

    def _notify_lead_of_end(self):
        """Note on the opportunity that the task has come to its end."""
        for task in self:
            link = task._get_html_link()
            if task.state == "1_done":
                body = self.env._("Task done: %(task)s", task=link)
            else:
                body = self.env._("Task cancelled: %(task)s", task=link)
            task.sudo().lead_id.message_post(  # sudo: employees need not see opportunities
                body=body,
                subtype_xmlid="mail.mt_note",
                author_id=self.env.user.partner_id.id,
            )

    def action_open_lead(self):
        """Open the opportunity that the work is for."""
        self.ensure_one()
        return self.lead_id.get_formview_action()
