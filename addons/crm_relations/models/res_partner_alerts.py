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

    def _crm_360_alerts(self):
        """Open alerts as chips, the urgent ones first."""
        alerts = super()._crm_360_alerts()
        places = {"danger": 0, "warning": 1, "info": 2}
        for partner in self:
            alerts[partner.id] += [
                {"text": alert.display_name, "tone": alert.severity, "method": "action_crm_alerts"}
                for alert in partner.crm_alert_ids.sorted(lambda alert: places[alert.severity])
            ]
        return alerts

    def action_crm_alerts(self):
        """Open the alerts of one customer, past ones included."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_alert_action")
        return action | {
            "name": self.env._("Alerts of %(customer)s", customer=self.commercial_partner_id.display_name),
            "domain": [("commercial_partner_id", "=", self.commercial_partner_id.id)],
            "context": {"search_default_open": 1},
        }
