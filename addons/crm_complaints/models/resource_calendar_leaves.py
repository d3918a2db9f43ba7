from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """Common holidays are kept in memory for the deadlines, until they change; those of one person are not."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        if leaves._has_common():
            self.env.registry.clear_cache()
        return leaves

    def write(self, vals):
        common = self._has_common()
        result = super().write(vals)
        if common or self._has_common():
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        common = self._has_common()
        result = super().unlink()
        if common:
            self.env.registry.clear_cache()
        return result

    def _has_common(self):
        return not all(leave.resource_id for leave in self)
