from odoo import api, fields, models


class ResPartner(models.Model):
    """The time that people spent for a customer."""

    _inherit = "res.partner"

    crm_hours_spent = fields.Float(
        string="Hours Spent", compute="_compute_crm_hours_spent",
        groups="crm_erp_bridge.group_user_all,crm_erp_bridge.group_auditor",
    )  # fmt: skip

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_crm_hours_spent(self):
        """As in the report, for the company with all its contacts."""
        customers = self.commercial_partner_id
        hours = dict(
            self.env["crm.work.report"]._read_group(
                [("partner_id", "in", customers.ids)], ["partner_id"], ["hours_spent:sum"]
            )
        )
        for partner in self:
            partner.crm_hours_spent = hours.get(partner.commercial_partner_id, 0.0)

    def action_open_work(self):
        """Who worked for the customer, and how long."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_work_report_action")
        views = [(False, "list"), (False, "pivot"), (False, "kanban")]
        return action | {
            "domain": [("partner_id", "=", self.commercial_partner_id.id)], "context": {}, "view_mode": "list",
            "views": views,
        }  # fmt: skip
