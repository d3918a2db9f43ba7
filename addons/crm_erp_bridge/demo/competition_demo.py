"""Who else wanted the business of the demo customers."""

from datetime import timedelta

from odoo import api, fields, models

# opportunity, [(competitor, their price against ours, reason)]
RUNNING_AND_WON = [
    ("Tasting room", [("hrast", 1.08, "Dearer, and eight weeks to deliver"), ("swiftseat", 0.93, "Plastic, not oak")]),
    ("Waiting rooms", [("swiftseat", 0.9, "No assembly on site")]),
    ("Breakfast terrace", [("hrast", 1.02, "No parasols")]),
    ("Parasols for the terrace", [("sonne", 0.97, "")]),
]
# customer, opportunity, revenue, days ago, winner, their price against ours, reason lost, the others
LOST = [
    ("tatrapap", "Canteen tables", 18400, 120, "swiftseat", 0.82, "crm.lost_reason_1", ["hrast"]),
    ("gradska", "Children's corner", 5200, 64, "hrast", 0.98, "crm.lost_reason_2", []),
    ("nordhaus", "Lobby", 26500, 30, "sonne", 0.91, "crm.lost_reason_1", ["swiftseat"]),
]


class CrmCompetitor(models.Model):
    _inherit = "crm.competitor"

    @api.model
    def _load_demo(self):
        """Called by the demo data: bids on its opportunities, and a few that were lost."""
        rivals = {
            name: self.env.ref(f"crm_erp_bridge.competitor_demo_{name}") for name in ("hrast", "swiftseat", "sonne")
        }
        self = self.with_context(tracking_disable=True)
        leads = self.env["crm.lead"].with_context(active_test=False, tracking_disable=True)
        for name, bids in RUNNING_AND_WON:
            lead = leads.search([("name", "=", name)], limit=1)
            ours = lead.expected_revenue or sum(lead.order_ids.mapped("amount_untaxed"))
            if lead:
                for rival, factor, reason in bids:
                    self._load_demo_bid(lead, rivals[rival], ours * factor, reason)
                lead._settle_bids()
        for customer, name, revenue, days, winner, factor, reason, others in LOST:
            partner = self.env.ref(f"crm_relations.partner_{customer}", raise_if_not_found=False)
            if not partner:
                continue
            lead = leads.create(
                {
                    "name": name,
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "expected_revenue": revenue,
                    "user_id": self.env.ref("crm_erp_bridge.user_demo_sales").id,
                }
            )
            for other in others:
                self._load_demo_bid(lead, rivals[other], revenue * 1.05, "")
            self._load_demo_bid(lead, rivals[winner], revenue * factor, "")
            lost = self.env.ref(reason, raise_if_not_found=False)
            lead.action_set_lost(lost_reason_id=lost.id if lost else False, lost_to_id=rivals[winner].id)
            self.env["crm.order.flow"]._load_demo_date(lead, days + 30)
            lead.date_closed = fields.Datetime.now() - timedelta(days=days)

    @api.model
    def _load_demo_bid(self, lead, rival, amount, reason):
        self.env["crm.competitor.bid"].create(
            {
                "lead_id": lead.id,
                "competitor_id": rival.id,
                "amount": round(amount, -1),
                "currency_id": (lead.company_currency or self.env.company.currency_id).id,
                "reason": reason,
            }
        )
