from odoo import models
from odoo.fields import Domain


class Base(models.AbstractModel):
    """Customers' fields that must not be used are not used from other models either, whatever way leads to them."""

    _inherit = "base"

    def _search(self, domain, *args, **kwargs):
        unused = self.env["crm.privacy.field"]._names() if "crm.privacy.field" in self.env else ()
        if unused:
            self._crm_check_domain(Domain(domain), unused)
        return super()._search(domain, *args, **kwargs)

    def _crm_check_domain(self, domain, unused):
        """:raises AccessError: when a condition, on whichever model it ends, rests on a field that must not be used"""
        for condition in domain.iter_conditions():
            last = self._crm_check_path(condition.field_expr.split("."), unused)
            if last is not None and isinstance(condition.value, Domain):
                last._crm_check_domain(condition.value, unused)

    def _crm_check_path(self, names, unused):
        """Follow a path of fields, and the paths that they themselves stand for.

        :return: the model at its end; None when it ends in a value
        """
        model = self
        for name in names:
            field = model._fields.get(name)
            if field is None:
                return None
            if model._name == "res.partner":
                model._crm_check_used([name])
            if field.related and not field.store:
                model._crm_check_path(field.related.split("."), unused)
            if not field.relational:
                return None
            model = self.env[field.comodel_name]
        return model

    def _traverse_related_sql(self, alias, field, query):
        """Grouping and sorting by a field that follows a customer's."""
        model, last, alias = super()._traverse_related_sql(alias, field, query)
        if model._name == "res.partner":
            model._crm_check_used([last.name])
        return model, last, alias
