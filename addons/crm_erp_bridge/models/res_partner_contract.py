from odoo import api, fields, models


class ResPartner(models.Model):
    """Running contracts on the customer."""

    _inherit = "res.partner"

    contract_count = fields.Integer(
        string="Running Contracts", compute="_compute_contract_count",
        groups="crm_erp_bridge.group_user,crm_erp_bridge.group_auditor,account.group_account_invoice",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contract_count(self):
        """Those that the user may see; a company counts those of all its contacts."""
        counts = self._crm_contract_counts()
        for partner in self:
            partner.contract_count = counts.get(partner._origin.id, 0)

    def _crm_contract_counts(self):
        counts = {}
        contracts = self.env["crm.contract"]
        if contracts.has_access("read"):
            for column in ("commercial_partner_id", "partner_id"):
                for partner, count in contracts._read_group(
                    [(column, "in", self._origin.ids), ("state", "=", "running")], [column], ["__count"]
                ):
                    counts[partner.id] = max(count, counts.get(partner.id, 0))
        return counts

    def _crm_360_items(self):
        items = super()._crm_360_items()
        counts = self._crm_contract_counts()
        for partner in self:
            if count := counts.get(partner.id):
                items[partner.id].append(
                    {
                        "key": "contracts",
                        "sequence": 25,
                        "label": self.env._("Running contracts"),
                        "icon": "fa-handshake-o",
                        "count": count,
                        "amount": False,
                        "tone": False,
                        "method": "action_open_contracts",
                    }
                )
        return items

    def action_open_contracts(self):
        """The contracts of the customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_contract_action")
        column = "commercial_partner_id" if self.commercial_partner_id == self else "partner_id"
        return action | {"domain": [(column, "=", self.id)], "context": {"default_partner_id": self.id}}
