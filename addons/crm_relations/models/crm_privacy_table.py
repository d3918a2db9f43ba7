from collections.abc import Sequence, Set

from odoo import api, models
from odoo.fields import Domain

CUSTOMER = frozenset({"id", "partner_id"})


class CrmPrivacyTable(models.AbstractModel):
    """Details of customers in a table of their own: declared as not to be used with the field that shows them.

    They are still read, corrected and copied with their customer. Nobody lists, filters, groups, counts or exports
    them across customers, by any interface; for programs too (superuser mode), as with customers' own fields.
    """

    _name = "crm.privacy.table"
    _description = "Details of Customers That May Be Declared as Not to Be Used"

    @api.model
    def _crm_unused_field(self):
        """The field of customers that shows this table, when it is declared; else None."""
        return self.env["crm.privacy.field"]._tables().get(self._name)

    @api.model
    def _crm_check_table_used(self):
        """:raises AccessError: when the table must not be used"""
        if name := self._crm_unused_field():
            self.env["res.partner"]._crm_check_used([name])

    # === SEARCH === #

    def _search(self, domain, *args, **kwargs):
        if self._crm_unused_field() and not self._is_of_named_customers(Domain(domain)):
            self._crm_check_table_used()
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _is_of_named_customers(self, domain):
        """Whether a search goes for the details of certain customers, whoever they are, and by nothing else."""
        named = [
            condition
            for condition in (domain.children if getattr(domain, "OPERATOR", "") == "&" else [domain])
            if getattr(condition, "operator", "") in ("=", "in")
            and condition.field_expr in CUSTOMER
            and _is_identifiers(condition.value)
        ]
        return bool(named) and all(condition.field_expr in CUSTOMER for condition in domain.iter_conditions())

    def _read_group_groupby(self, alias, groupby_spec, query):
        self._crm_check_table_used()
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _read_group_select(self, aggregate_spec, query):
        self._crm_check_table_used()
        return super()._read_group_select(aggregate_spec, query)

    # === EXPORT === #

    def _export_rows(self, fields, *args, **kwargs):
        self._crm_check_table_used()
        return super()._export_rows(fields, *args, **kwargs)

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """The web client offers no filters, groups, sorting and export of what must not be used."""
        result = super().fields_get(allfields, attributes)
        if self._crm_unused_field():
            self.env["crm.privacy.field"]._withhold(result, attributes)
        return result


def _is_identifiers(value):
    """Identifiers of records, none of them empty; what has yet to be found in the database is none."""
    values = value if isinstance(value, (Sequence, Set)) and not isinstance(value, str) else [value]
    return all(isinstance(one, int) and not isinstance(one, bool) for one in values)
