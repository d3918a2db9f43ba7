from odoo import api, fields, models


class CrmCustomerGroupAdd(models.TransientModel):
    """Put the chosen customers into a static group."""

    _name = "crm.customer.group.add"
    _description = "Add Customers to a Group"

    group_id = fields.Many2one(
        "crm.customer.group", required=True, domain="[('kind', '=', 'static')]", ondelete="cascade"
    )
    partner_ids = fields.Many2many("res.partner", string="Customers", default=lambda self: self._default_partner_ids())

    @api.model
    def _default_partner_ids(self):
        if self.env.context.get("active_model") != "res.partner":
            return self.env["res.partner"]
        return self.env["res.partner"].browse(self.env.context.get("active_ids", []))

    def action_add(self):
        """Add those who are not members yet, and show the group."""
        self.ensure_one()
        members = self.env["crm.customer.group.member"]
        known = members.search([("group_id", "=", self.group_id.id), ("partner_id", "in", self.partner_ids.ids)])
        fresh = self.partner_ids - known.partner_id
        members.create([{"group_id": self.group_id.id, "partner_id": partner.id} for partner in fresh])
        return self.group_id.action_members()
