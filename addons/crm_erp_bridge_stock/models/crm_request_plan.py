from odoo import fields, models


class CrmRequestPlan(models.Model):
    _inherit = "crm.request.plan"

    kind = fields.Selection(
        selection_add=[("deliver", "Wait for the delivery")], ondelete={"deliver": "cascade"}
    )
