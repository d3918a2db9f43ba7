from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmCustomerGroupMember(models.Model):
    """Since when a customer is in a group."""

    _name = "crm.customer.group.member"
    _description = "Member of a Customer Group"
    _rec_name = "partner_id"
    _order = "date_since desc, id desc"

    group_id = fields.Many2one("crm.customer.group", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")
    date_since = fields.Date(string="Member Since", required=True, default=lambda self: fields.Date.context_today(self))
    kind = fields.Selection(related="group_id.kind")

    _member_uniq = models.Constraint("UNIQUE(group_id, partner_id)", "This customer is in the group already.")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members._check_chosen_by_hand()
        return members

    def write(self, vals):
        self._check_chosen_by_hand()
        result = super().write(vals)
        self._check_chosen_by_hand()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dynamic(self):
        self._check_chosen_by_hand()

    def _check_chosen_by_hand(self):
        if any(member.group_id.kind == "dynamic" for member in self):
            raise UserError(
                self.env._("The members of a dynamic group follow from its condition: change the condition instead.")
            )
