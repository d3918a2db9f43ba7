"""Requests of the demo customers in every phase, made by the same methods that the screens use."""

from odoo import api, fields, models
from odoo.fields import Command

# customer, type, subject, {product: quantity}, days ago, how far it has come, words of the customer
REQUESTS = [
    ("vinotoka", "quotation", "Six parasols for the terrace", {"parasol": 6, "assembly": 4}, 3, "started",
     "Can you also put them up before the harvest feast?"),
    ("clinica", "service", "Tighten the backrests on the second floor", {}, 6, "started",
     "Four chairs in waiting room B are loose."),
    ("nordhaus", "order", "Eight chairs as last year", {"chair": 8}, 12, "started", ""),
    ("stavbar", "change", "Delivery two weeks later", {}, 2, "started", "The site is not ready before the 15th."),
    ("gradska", "information", "Fire class of the upholstery", {}, 1, "new", "Our insurer wants the certificate."),
    ("pekara", "quotation", "Counter stools", {}, 4, "started", "Something like the chair, but higher."),
    ("tatrapap", "information", "Care of oak surfaces", {}, 20, "done", "What may we clean the tables with?"),
]


class CrmRequest(models.Model):
    _inherit = "crm.request"

    @api.model
    def _load_demo(self):
        """Called by the demo data. Without customers of crm_relations' demo there is nothing to do."""
        company = self.env.ref("base.main_company")
        requests = self.with_company(company).with_context(tracking_disable=True)
        for customer, code, name, products, days_ago, reached, words in REQUESTS:
            partner = self.env.ref(f"crm_relations.partner_{customer}", raise_if_not_found=False)
            request_type = self.env.ref(f"crm_erp_bridge.request_type_{code}", raise_if_not_found=False)
            if partner and request_type:
                values = self._load_demo_values(partner, request_type, name, products, days_ago, words)
                requests.create(values)._load_demo_progress(reached)

    @api.model
    def _load_demo_values(self, partner, request_type, name, products, days_ago, words):
        return {
            "name": name,
            "type_id": request_type.id,
            "partner_id": partner.id,
            "user_id": self.env.ref("crm_erp_bridge.user_demo_sales").id,
            "date_requested": fields.Datetime.subtract(fields.Datetime.now(), days=days_ago),
            "description": words,
            "line_ids": [
                Command.create(
                    {"product_id": self.env.ref(f"crm_erp_bridge.product_demo_{product}").id, "quantity": quantity}
                )
                for product, quantity in products.items()
            ],
        }

    def _load_demo_progress(self, reached):
        if reached == "new":
            return
        self.action_start()
        if reached == "done":
            self.step_ids.action_done()
