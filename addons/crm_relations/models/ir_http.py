from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client with the page who may log contacts: it shows messages before it could ask."""
        info = super().session_info()
        if "groups" in info:
            info["groups"]["crm_relations.group_user"] = self.env.user.has_group("crm_relations.group_user")
        return info
