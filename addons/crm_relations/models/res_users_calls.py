from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        """Who cannot sign in any more leaves no call behind: nobody else could go on with it."""
        result = super().write(vals)
        if "active" in vals and not vals["active"]:
            # sudo: who archives users need not see operators
            operators = self.env["crm.call.operator"].sudo().search([("user_id", "in", self.ids)])
            if operators:
                operators._leave()
        return result
