from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client with the page who may log contacts: it shows messages before it could ask."""
        return super().session_info() | {"crm_may_log": self.env.user.has_group("crm_relations.group_user")}
