from odoo import models


class Base(models.AbstractModel):
    _inherit = "base"

    def _traverse_related_sql(self, alias, field, query):
        """Grouping and sorting by a field that follows a customer's: not by one that must not be used."""
        model, last, alias = super()._traverse_related_sql(alias, field, query)
        if model._name == "res.partner":
            model._crm_check_used([last.name])
        return model, last, alias
