from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """No menu leads to a list that is not to be used."""
        hidden = super()._load_menus_blacklist()
        if self.env["crm.company.fact"]._crm_unused_field():
            menu = self.env.ref("crm_relations.menu_reporting_facts", raise_if_not_found=False)
            hidden += menu.ids if menu else []
        return hidden
