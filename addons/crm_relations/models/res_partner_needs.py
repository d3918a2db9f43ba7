from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import OF_CUSTOMER


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_need_ids = fields.One2many(
        "crm.need",
        "partner_id",
        string="Needs",
        domain=OF_CUSTOMER,
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )
    crm_need_count = fields.Integer(
        string="Open Needs",
        compute="_compute_crm_need_count",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )

    @api.depends("crm_need_ids.state")
    def _compute_crm_need_count(self):
        """Open needs: of a customer with all contacts, of a contact person the own ones."""
        open_needs = [("state", "=", "open")]
        need = self.env["crm.need"]
        whole = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        counts = {}
        for partners, column in ((whole, "commercial_partner_id"), (self - whole, "partner_id")):
            if partners:
                found = need._read_group([(column, "in", partners.ids), *open_needs], [column], ["__count"])
                counts |= {(column, partner.id): count for partner, count in found}
        for partner in self:
            column = "commercial_partner_id" if partner in whole else "partner_id"
            partner.crm_need_count = counts.get((column, partner._origin.id), 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_crm_needs(self):
        # sudo: needs that the user may not see keep the customer as well
        needs = self.env["crm.need"].sudo().with_context(active_test=False)
        need = needs.search([("partner_id", "in", self.ids)], limit=1)
        if need:
            raise UserError(
                self.env._(
                    "%(customer)s has needs on record and cannot be deleted: archive the contact instead.",
                    customer=need.partner_id.display_name,
                )
            )

    def _crm_360_items(self):
        items = super()._crm_360_items()
        if not self.env["crm.need"].has_access("read"):
            return items
        for partner in self:
            if partner.crm_need_count:
                items[partner.id].append(
                    {
                        "key": "needs",
                        "sequence": 15,
                        "label": self.env._("Open needs"),
                        "icon": "fa-lightbulb-o",
                        "count": partner.crm_need_count,
                        "amount": False,
                        "tone": False,
                        "method": "action_crm_needs",
                    }
                )
        return items

    def action_crm_needs(self):
        """Open the needs of one customer, ready to note another."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_need_action")
        return action | {
            "name": self.env._("Needs of %(customer)s", customer=self.display_name),
            "domain": self._crm_timeline_domain(),
            "context": {"default_partner_id": self.id, "search_default_open": 1, "hide_customer": True},
        }
