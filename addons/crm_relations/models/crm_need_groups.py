from odoo import api, models

VOTING = frozenset({"active", "state", "partner_id", "requirement", "stability"})


class CrmNeed(models.Model):
    """A need votes on its customer's group I to IV as soon as it is written."""

    _inherit = "crm.need"

    @api.model_create_multi
    def create(self, vals_list):
        needs = super().create(vals_list)
        self.env["crm.partner.group"]._refresh(needs.commercial_partner_id)
        return needs

    def write(self, vals):
        if VOTING.isdisjoint(vals):
            return super().write(vals)
        before = self.commercial_partner_id
        result = super().write(vals)
        self.env["crm.partner.group"]._refresh(before | self.commercial_partner_id)
        return result

    def unlink(self):
        customers = self.commercial_partner_id
        result = super().unlink()
        self.env["crm.partner.group"]._refresh(customers)
        return result
