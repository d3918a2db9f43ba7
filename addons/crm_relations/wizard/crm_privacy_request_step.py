from odoo import fields, models
from odoo.exceptions import UserError


class CrmPrivacyRequestStep(models.TransientModel):
    """Asks for a reason: that of an extension or a refusal the person is told, that of a legal hold stays with us."""

    _name = "crm.privacy.request.step"
    _description = "Extend or Refuse a Privacy Request, or Keep the Data"

    request_id = fields.Many2one("crm.privacy.request", required=True, ondelete="cascade")
    step = fields.Selection(
        selection=[("extend", "Extend"), ("refuse", "Refuse"), ("hold", "Legal Hold")], required=True, default="refuse"
    )
    reason = fields.Text(required=True)

    def action_confirm(self):
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(
                self.env._("Please say why the data have to be kept.")
                if self.step == "hold"
                else self.env._("Please give the reason: the person is told of it.")
            )
        if self.step == "hold":
            self.request_id._hold(reason)
        elif self.step == "extend":
            self.request_id._extend(reason)
        else:
            self.request_id._refuse(reason)
        return {"type": "ir.actions.act_window_close"}
