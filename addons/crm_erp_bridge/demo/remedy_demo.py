"""A complaint about a demo invoice with three remedies: proposed, approved, carried out; and a commission rule."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Command


class CrmComplaint(models.Model):
    _inherit = "crm.complaint"

    @api.model
    def _load_demo_remedies(self):
        """Called by the demo data; without invoices (no chart of accounts yet) there is nothing to remedy."""
        company = self.env.ref("base.main_company")
        invoice = self.env["account.move"].search(
            [
                ("company_id", "=", company.id), ("move_type", "=", "out_invoice"), ("state", "=", "posted"),
                ("line_ids.sale_line_ids", "!=", False), ("amount_total", ">", 300),
            ],
            order="id desc", limit=1,
        )  # fmt: skip
        if not invoice:
            return
        agent = self.env.ref("crm_erp_bridge.user_demo_service")
        complaint = self.with_company(company).create(
            {
                "name": "Scratches on the table top", "partner_id": invoice.partner_id.id, "channel": "phone",
                "user_id": agent.id, "crm_invoice_id": invoice.id,
                "crm_order_id": invoice.line_ids.sale_line_ids.order_id[:1].id,
            }
        )  # fmt: skip
        remedies = self.env["crm.complaint.remedy"].with_company(company).create(
            [
                {"complaint_id": complaint.id, "kind": kind, "amount": amount, "reason": reason,
                 "proposed_by_id": agent.id}
                for kind, amount, reason in (
                    ("credit_note", 60, "One top has to be sanded down"),
                    ("discount", 25, "Goodwill for the next order"),
                    ("credit_note", 40, "Delivered two days late"),
                )
            ]
        )  # fmt: skip
        remedies[1].discount_on = "next"
        remedies[1:].action_approve()
        remedies[2].action_execute()

    @api.model
    def _load_demo_agent(self):
        """Called by the demo data: every other open complaint belongs to the agent who can log in."""
        agent = self.env.ref("crm_erp_bridge.user_demo_service")
        open_ones = self.search([("user_id", "=", self.env.ref("base.user_admin").id), ("stage_id.fold", "=", False)])
        open_ones[::2].user_id = agent

    @api.model
    def _load_demo_commissions(self):
        """Called by the demo data."""
        start = fields.Date.today().replace(day=1) - relativedelta(months=3)
        rule = self.env["crm.commission.rule"].create(
            {
                "name": "Field sales",
                "base": "invoiced",
                "company_id": self.env.ref("base.main_company").id,
                "date_from": start,
                "tier_ids": [
                    Command.create({"amount_from": 0, "rate": 2}), Command.create({"amount_from": 5000, "rate": 3.5})
                ],
            }
        )  # fmt: skip
        rule._reckon(fields.Date.today())
