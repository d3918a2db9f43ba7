"""Tenders of the demo customers: one to hand in, one waiting for the decision, one won."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

# customer, opportunity, revenue, reference, deadline in days, bond, documents ready, lots, how far it has come
TENDERS = [
    ("gradska", "Study room", 14200, "JN-118/26", 5, 420, 2, [("Desks", 8600), ("Chairs", 5600)], "preparing"),
    ("clinica", "Furniture for the new wing", 48500, "CN-2044", -16, 1450, 5,
     [("Waiting rooms", 31000), ("Offices", 17500)], "submitted"),
    ("gradska", "Reading room", 0, "JN-031/26", -325, 0, 5, [("Tables and chairs", 7996.8)], "won"),
]


class CrmTender(models.Model):
    _inherit = "crm.tender"

    @api.model
    def _load_demo(self):
        """Called by the demo data."""
        leads = self.env["crm.lead"].with_context(active_test=False, tracking_disable=True)
        for customer, name, revenue, reference, days, bond, ready, lots, state in TENDERS:
            partner = self.env.ref(f"crm_relations.partner_{customer}", raise_if_not_found=False)
            if not partner:
                continue
            lead = leads.search([("name", "=", name), ("partner_id", "=", partner.id)], limit=1) or leads.create(
                {
                    "name": name,
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "expected_revenue": revenue,
                    "user_id": self.env.ref("crm_erp_bridge.user_demo_sales").id,
                    "date_deadline": fields.Date.today() + timedelta(days=max(days, 0) + 30),
                }
            )
            self._load_demo_tender(lead, reference, days, bond, ready, lots, state)

    @api.model
    def _load_demo_tender(self, lead, reference, days, bond, ready, lots, state):
        given = bond and state != "preparing"
        today = fields.Date.today()
        tender = self.create(
            {
                "name": lead.name,
                "lead_id": lead.id,
                "reference": reference,
                "deadline": fields.Datetime.now().replace(hour=11, minute=0, second=0) + timedelta(days=days),
                "date_decision": today + timedelta(days=days + 30),
                "bond_amount": bond,
                "bond_date": today + timedelta(days=days - 3) if given else False,
                "bond_valid_until": today + timedelta(days=days + 90) if given else False,
                "lot_ids": [Command.create({"name": lot, "amount": amount}) for lot, amount in lots],
            }
        )
        tender.document_ids[:ready].is_done = True
        if state != "preparing":
            tender.action_submit()
            tender.date_submitted = tender.deadline - timedelta(hours=5)
        if state == "won":
            tender.action_won()
