from odoo import api, models


class ResUsers(models.Model):
    """A user has the fields of the user's contact: what must not be used there is not used from here either."""

    _inherit = "res.users"

    def _read_group_groupby(self, alias, groupby_spec, query):
        self.env["res.partner"]._crm_check_used([groupby_spec.partition(":")[0].partition(".")[0]])
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _export_rows(self, fields, *args, **kwargs):
        self.env["res.partner"]._crm_check_used(path[0].partition(".")[0] for path in fields if path)
        return super()._export_rows(fields, *args, **kwargs)

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """The web client does not offer them."""
        result = super().fields_get(allfields, attributes)
        declared = self.env["crm.privacy.field"]
        declared._withhold(result, attributes, declared._names().intersection(result))
        return result
