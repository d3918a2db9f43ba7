from odoo import fields, models

READERS = "crm_relations.group_user,crm_relations.group_auditor"


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_alert_ids = fields.Many2many(
        "crm.alert",
        string="Alerts",
        compute="_compute_crm_alert_ids",
        groups=READERS,
        help="What should be known or done now, of a customer with all contacts.",
    )
    crm_alert_count = fields.Integer(string="Open Alerts", compute="_compute_crm_alert_ids", groups=READERS)

    def _compute_crm_alert_ids(self):
        whole = self.commercial_partner_id
        alerts = self.env["crm.alert"].search([("commercial_partner_id", "in", whole.ids), ("state", "=", "open")])
        by_customer = alerts.grouped("commercial_partner_id")
        none = self.env["crm.alert"]
        for partner in self:
            partner.crm_alert_ids = by_customer.get(partner.commercial_partner_id._origin, none)
            partner.crm_alert_count = len(partner.crm_alert_ids)

    def action_crm_alerts(self):
        """Open the alerts of one customer, past ones included."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_alert_action")
        return action | {
            "name": self.env._("Alerts of %(customer)s", customer=self.commercial_partner_id.display_name),
            "domain": [("commercial_partner_id", "=", self.commercial_partner_id.id)],
            "context": {"search_default_open": 1},
        }
