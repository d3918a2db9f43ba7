from odoo import api, models


class ResGroups(models.Model):
    _inherit = "res.groups"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["crm.audit.rule"]._set_actor()
        return super().create(vals_list)

    def write(self, vals):
        """As for users: links of groups do not say who made them."""
        self.env["crm.audit.rule"]._set_actor()
        return super().write(vals)
