from odoo import api, models


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["crm.audit.rule"]._set_actor()
        return super().create(vals_list)

    def write(self, vals):
        """Who is in which group and company is a row of two numbers: the audit log is told who wrote it."""
        if not {"group_ids", "company_ids"}.isdisjoint(vals):
            self.env["crm.audit.rule"]._set_actor()
        return super().write(vals)
