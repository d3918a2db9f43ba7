from odoo import fields, models
from odoo.exceptions import UserError


class CrmPrivacyRequestStep(models.TransientModel):
    """Asks for the reason that the person is told."""

    _name = "crm.privacy.request.step"
    _description = "Extend or Refuse a Privacy Request"

    request_id = fields.Many2one("crm.privacy.request", required=True, ondelete="cascade")
    step = fields.Selection(selection=[("extend", "Extend"), ("refuse", "Refuse")], required=True, default="refuse")
    reason = fields.Text(required=True)

    def action_confirm(self):
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Please give the reason: the person is told of it."))
        if self.step == "extend":
            self.request_id._extend(reason)
        else:
            self.request_id._refuse(reason)
        return {"type": "ir.actions.act_window_close"}
