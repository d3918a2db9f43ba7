from odoo import api, fields, models


class CrmLead(models.Model):
    """Tenders of the opportunity."""

    _inherit = "crm.lead"

    tender_ids = fields.One2many("crm.tender", "lead_id", string="Tenders")
    tender_count = fields.Integer(string="Number of Tenders", compute="_compute_tenders")
    tender_deadline = fields.Datetime(
        compute="_compute_tenders", help="The next deadline among the tenders in preparation."
    )

    @api.depends("tender_ids.state", "tender_ids.deadline")
    def _compute_tenders(self):
        for lead in self:
            deadlines = lead.tender_ids.filtered(lambda tender: tender.state == "preparing").mapped("deadline")
            lead.tender_count = len(lead.tender_ids)
            lead.tender_deadline = min(filter(None, deadlines), default=False)

    def action_open_tenders(self):
        """The tender of the opportunity; the list when there are several, a new one when there is none."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_tender_action")
        action |= {
            "domain": [("lead_id", "=", self.id)],
            "context": {"default_lead_id": self.id, "default_name": self.name},
        }
        if len(self.tender_ids) <= 1:
            action |= {"res_id": self.tender_ids.id, "views": [(False, "form")], "view_mode": "form"}
        return action

    def _merge_dependences(self, opportunities):
        """Tenders go with the opportunity when leads are merged."""
        result = super()._merge_dependences(opportunities)
        # sudo: like Odoo for messages and meetings, whatever the rights of who merges
        opportunities.sudo().tender_ids.lead_id = self
        return result
