"""Contracts with the demo customers: one invoiced each quarter, one with deliverables, one about to end."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Command


class CrmContract(models.Model):
    _inherit = "crm.contract"

    @api.model
    def _load_demo(self):
        """Called by the demo data."""
        company = self.env.ref("base.main_company")
        contracts = self.with_company(company).with_context(tracking_disable=True)
        for customer, values in self._demo_contracts().items():
            partner = self.env.ref(f"crm_relations.partner_{customer}", raise_if_not_found=False)
            if partner:
                user = self.env.ref("crm_erp_bridge.user_demo_sales")
                contract = contracts.create({"partner_id": partner.id, "user_id": user.id} | values)
                contract.action_start()
                contract.date_signed = contract.date_start
                contract._create_due()
                contract.milestone_ids[:1].action_done()

    @api.model
    def _demo_contracts(self):
        today = fields.Date.today()
        month = today.replace(day=1)
        assembly = self.env.ref("crm_erp_bridge.product_demo_assembly")
        parasol = self.env.ref("crm_erp_bridge.product_demo_parasol")
        return {
            "nordhaus": {
                "name": "Care of the terrace furniture",
                "date_start": month - relativedelta(months=14),
                "date_end": month + relativedelta(months=10, days=-1),
                "renewal": "auto",
                "notice_months": 3,
                "amount": 8000,
                "interval_months": 3,
                "indexation_percent": 3,
                "line_ids": [Command.create({"product_id": assembly.id, "quantity": 14, "price_unit": 55})],
            },
            "clinica": {
                "name": "Furnishing of the new wing",
                "date_start": month - relativedelta(months=2),
                "date_end": month + relativedelta(months=5),
                "amount": 48500,
                "milestone_ids": [
                    Command.create(
                        {"name": name, "date_due": today + relativedelta(days=days), "amount": amount,
                         "product_id": assembly.id}
                    )
                    for name, days, amount in (
                        ("Measuring and plan", -40, 2400), ("Ground floor", -6, 21000), ("First floor", 50, 18000),
                    )
                ],
            },
            "vinotoka": {
                "name": "Parasols for the season",
                "date_start": month - relativedelta(months=9),
                "date_end": today + relativedelta(days=40),
                "renewal": "manual",
                "notice_months": 1,
                "amount": 2600,
                "interval_months": 6,
                "line_ids": [Command.create({"product_id": parasol.id, "quantity": 6, "price_unit": 198})],
            },
        }
