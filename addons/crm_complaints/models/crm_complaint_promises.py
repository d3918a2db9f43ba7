from odoo import api, fields, models

INTERNAL = "base.group_user"


class CrmComplaint(models.Model):
    _inherit = "crm.complaint"  # a file of its own, see crm_complaint

    promise_ids = fields.One2many(
        "crm.complaint.promise", "complaint_id", string="Promises to the Customer", groups=INTERNAL
    )
    action_ids = fields.Many2many("crm.complaint.action", string="Corrective Actions", groups=INTERNAL, copy=False)
    action_count = fields.Integer(compute="_compute_action_count", groups=INTERNAL)

    @api.depends("action_ids")
    def _compute_action_count(self):
        for complaint in self:
            complaint.action_count = len(complaint.action_ids)

    def action_new_action(self):
        """A blank corrective action about complaints like this one."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Corrective Action"),
            "res_model": "crm.complaint.action",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_cause_id": self.cause_id.id,
                "default_product_id": self.product_id.id,
                "default_category_id": False if self.cause_id else self.category_id.id,
                "default_company_id": self.company_id.id,
                "default_complaint_ids": self.ids,
            },
        }

    def action_view_actions(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Corrective Actions"),
            "res_model": "crm.complaint.action",
            "view_mode": "list,form",
            "domain": [("id", "in", self.action_ids.ids)],
        }
