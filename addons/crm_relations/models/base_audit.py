from odoo import models


class Base(models.AbstractModel):
    _inherit = "base"

    def unlink(self):
        """A deleted row does not say who deleted it: the audit log is told."""
        if self and not self._transient:
            self.env["crm.audit.rule"]._set_actor()
        return super().unlink()
