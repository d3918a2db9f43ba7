from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client with the page who may make a complaint of a message that it shows."""
        return super().session_info() | {"crm_may_complain": self.env.user.has_group("crm_complaints.group_user")}
