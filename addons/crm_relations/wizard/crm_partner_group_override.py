from odoo import fields, models
from odoo.exceptions import ValidationError

from .. import const


class CrmPartnerGroupOverride(models.TransientModel):
    """Somebody knows better than the needs: the group set by hand, with the reason."""

    _name = "crm.partner.group.override"
    _description = "Set the Group of a Customer"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade")
    crm_group_reason = fields.Char(related="partner_id.crm_group_reason", string="Now")
    crm_group = fields.Selection(
        selection=const.CUSTOMER_GROUPS, string="Group", help="Empty: let the needs decide again."
    )
    reason = fields.Char()

    def action_apply(self):
        """Write the group.

        :raises ValidationError: without a reason
        :raises AccessError: when the user may not change the customer
        """
        self.ensure_one()
        if not (self.reason or "").strip():
            raise ValidationError(self.env._("Please say why: others will want to know."))
        self.partner_id.check_access("write")
        self.env["crm.partner.group"]._override(self.partner_id, self.crm_group, self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
