from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLeadCreateTask(models.TransientModel):
    """Asks a colleague for work from an opportunity; see ``crm.lead._create_task`` for "exactly once"."""

    _name = "crm.lead.create.task"
    _description = "Task from an Opportunity"

    lead_id = fields.Many2one("crm.lead", string="Opportunity", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="lead_id.partner_id")
    lead_company_id = fields.Many2one(related="lead_id.company_id")
    name = fields.Char(string="What is to be done?", required=True)
    project_id = fields.Many2one(
        "project.project",
        required=True,
        ondelete="cascade",
        default=lambda self: self._default_project_id(),
        domain="[('is_template', '=', False), '|', ('company_id', '=', False), ('company_id', '=?', lead_company_id)]",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Employee",
        ondelete="cascade",
        domain="[('share', '=', False), ('company_ids', 'in', lead_company_id or allowed_company_ids)]",
    )
    date_deadline = fields.Datetime("Deadline")
    description = fields.Html()

    @api.model
    def _default_project_id(self):
        """The project of the user's last request: most work goes to the same people."""
        last = self.env["project.task"].search(
            [("lead_id", "!=", False), ("create_uid", "=", self.env.uid), ("project_id.active", "=", True)],
            order="id desc",
            limit=1,
        )
        return last.project_id

    def action_create_task(self):
        """Create the task, or point to the one that exists already.

        :raises UserError: when the opportunity has no customer yet
        """
        self.ensure_one()
        if not self.partner_id:
            raise UserError(self.env._("Choose the customer of the opportunity first: the work is done for somebody."))
        task, is_new = self.lead_id._create_task(
            self.project_id,
            self.name,
            users=self.user_id,
            deadline=self.date_deadline,
            description=self.description,
        )
        message = (
            self.env._("Task created: %(task)s", task=task.display_name)
            if is_new
            else self.env._("This has been asked for already: %(task)s", task=task.display_name)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if is_new else "warning",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
