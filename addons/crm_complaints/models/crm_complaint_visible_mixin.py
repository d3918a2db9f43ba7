from functools import partial

from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class CrmComplaintVisibleMixin(models.AbstractModel):
    """For records about one complaint (``complaint_id``): seen by whoever sees the complaint, by nobody else.

    Instead of the complaint's record rules written down a second time for each such model, where the next rule
    added to the complaint would be forgotten.
    """

    _name = "crm.complaint.visible.mixin"
    _description = "Record of a Complaint"

    def _search(self, domain, offset=0, limit=None, order=None, *, active_test=True, bypass_access=False):
        if not (self.env.su or bypass_access):
            visible = self.env["crm.complaint"].with_context(active_test=False)._search([])
            domain = Domain(domain) & Domain("complaint_id", "in", visible)
        return super()._search(domain, offset, limit, order, active_test=active_test, bypass_access=bypass_access)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if result or self.env.su or not any(self._ids):
            return result
        # sudo: whose complaint it is, to ask whether the user may see that one
        complaints = self.sudo().complaint_id.with_env(self.env)
        allowed = complaints._filtered_access("read" if operation == "read" else "write")
        forbidden = self.filtered(lambda record: record.sudo().complaint_id not in allowed)
        if not forbidden:
            return None
        return forbidden, partial(self._complaint_access_error, len(forbidden))

    def _complaint_access_error(self, count):
        return AccessError(
            self.env._(
                "%(model)s: %(count)s of these belong to complaints that you may not open or change.",
                model=self.env["ir.model"]._get(self._name).name,
                count=count,
            )
        )
