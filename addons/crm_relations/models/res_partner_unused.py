from odoo import api, models
from odoo.exceptions import AccessError


class ResPartner(models.Model):
    """Fields declared as not to be used: no search, filter, group, order or export goes by them, by any interface.

    For programs too (superuser mode): what nobody may use, no rule may use on anybody's behalf.
    """

    _inherit = "res.partner"

    def _crm_check_used(self, names):
        """:raises AccessError: when one of the names is a field that must not be used"""
        unused = self.env["crm.privacy.field"]._names()
        found = unused and unused.intersection(names)
        if found:
            labels = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in found))
            raise AccessError(
                self.env._("“%(fields)s” is kept but not to be used: no search or export goes by it.", fields=labels)
            )

    # === SEARCH: conditions are looked at in base_unused.py === #

    def _order_field_to_sql(self, alias, field_name, *args, **kwargs):
        self._crm_check_used([field_name.partition(".")[0]])
        return super()._order_field_to_sql(alias, field_name, *args, **kwargs)

    def _read_group_groupby(self, alias, groupby_spec, query):
        self._crm_check_used([groupby_spec.partition(":")[0].partition(".")[0]])
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _read_group_select(self, aggregate_spec, query):
        self._crm_check_used([aggregate_spec.partition(":")[0]])
        return super()._read_group_select(aggregate_spec, query)

    # === EXPORT === #

    def _export_rows(self, fields, *args, **kwargs):
        self._crm_check_used(path[0].partition(".")[0] for path in fields if path)
        return super()._export_rows(fields, *args, **kwargs)

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """The web client offers such a field neither in filters, groups and sorting nor in the export."""
        result = super().fields_get(allfields, attributes)
        declared = self.env["crm.privacy.field"]
        declared._withhold(result, attributes, declared._names().intersection(result))
        return result
