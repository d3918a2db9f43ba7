from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_need_ids = fields.One2many("crm.need", "lead_id", string="Needs")
    crm_need_id = fields.Many2one(
        "crm.need",
        string="Made from Need",
        copy=False,
        readonly=True,
        ondelete="set null",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )

    _crm_need_uniq = models.UniqueIndex("(crm_need_id) WHERE crm_need_id IS NOT NULL")

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """A won opportunity meets its open needs; a lost one leaves them open, they may be met otherwise."""
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        won = self.filtered(
            lambda lead: new_status_by_lead.get(lead.id, {}).get("is_won")
            and not old_status_by_lead.get(lead.id, {}).get("is_won")
        )
        if won:
            # sudo: who wins the opportunity need not see the needs behind it
            needs = self.env["crm.need"].sudo().search([("lead_id", "in", won.ids), ("state", "=", "open")])
            for lead, lead_needs in needs.grouped("lead_id").items():
                lead_needs._set_state("met", reason=self.env._("Won: %(opportunity)s", opportunity=lead.name))
        return result

    def _merge_dependences(self, opportunities):
        """Needs of merged opportunities go on in the one that is kept."""
        super()._merge_dependences(opportunities)
        # sudo: who merges opportunities need not see the needs behind them
        opportunities.sudo().with_context(active_test=False).crm_need_ids.write({"lead_id": self.id})
