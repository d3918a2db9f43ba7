from odoo import fields, models


class CrmComplaintDepartment(models.Model):
    """Who in the company answers for a cause. A name of our own: no HR application is needed."""

    _name = "crm.complaint.department"
    _description = "Responsible Department"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    user_id = fields.Many2one(
        "res.users", string="Head", domain="[('share', '=', False)]", ondelete="set null", index="btree_not_null"
    )
    active = fields.Boolean(default=True)
