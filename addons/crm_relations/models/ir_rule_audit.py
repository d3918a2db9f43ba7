from odoo import api, models


class IrRule(models.Model):
    _inherit = "ir.rule"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["crm.audit.rule"]._set_actor()
        return super().create(vals_list)

    def write(self, vals):
        """For which groups a rule holds is a row of two numbers: the audit log is told who wrote it."""
        if "groups" in vals:
            self.env["crm.audit.rule"]._set_actor()
        return super().write(vals)
