"""A year of business with the demo customers, made by the same methods that the screens use."""

from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

TABLE, CHAIR, PARASOL, ASSEMBLY = "table", "chair", "parasol", "assembly"

# customer, wish, [(days ago, {product: quantity}, discount in percent, how far it has come)]
BUSINESS = [
    ("vinotoka", "Tasting room", [
        (262, {TABLE: 12, CHAIR: 24}, 5, "paid"),
        (214, {CHAIR: 24}, 5, "paid"),
    ]),
    ("vinotoka", "Parasols for the terrace", [(3, {PARASOL: 6}, 0, "quotation")]),
    ("tatrapap", "Control room chairs", [
        (318, {CHAIR: 16}, 0, "paid"),
        (40, {CHAIR: 8}, 0, "overdue"),
    ]),
    ("clinica", "Waiting rooms", [
        (190, {CHAIR: 40, TABLE: 6}, 10, "paid"),
        (95, {CHAIR: 20}, 10, "credited"),
        (12, {CHAIR: 12, ASSEMBLY: 8}, 10, "to_invoice"),
    ]),
    ("gradska", "Reading room", [(310, {TABLE: 8, CHAIR: 32}, 0, "paid")]),
    ("nordhaus", "Breakfast terrace", [
        (150, {TABLE: 20, CHAIR: 80, PARASOL: 10}, 12, "paid"),
        (60, {PARASOL: 4}, 0, "paid"),
        (18, {TABLE: 4, CHAIR: 16, ASSEMBLY: 12}, 5, "partly_paid"),
    ]),
    ("pekara", "Shop corner", [(28, {TABLE: 2, CHAIR: 8}, 0, "unpaid"), (5, {PARASOL: 2}, 0, "invoice_draft")]),
    ("stavbar", "Site offices", [(9, {TABLE: 10, CHAIR: 30, ASSEMBLY: 20}, 8, "confirmed")]),
    ("horvat", "Dining set", [(230, {TABLE: 1, CHAIR: 6}, 0, "paid")]),
    ("novak", "Balcony", [(75, {PARASOL: 1, CHAIR: 2}, 0, "paid")]),
]
# customer, wish, title, days until the deadline, finished
WORK = [
    ("vinotoka", "Tasting room", "Measure the tasting room", -280, True),
    ("vinotoka", "Parasols for the terrace", "Measure the terrace for six parasols", 4, False),
    ("clinica", "Waiting rooms", "Assemble twelve chairs on the second floor", -6, True),
    ("stavbar", "Site offices", "Plan the delivery with the site manager", 2, False),
    ("nordhaus", "Breakfast terrace", "Check the loose parasol bases", -1, False),
]
INVOICED = {"paid", "partly_paid", "unpaid", "overdue", "credited", "invoice_draft"}


class CrmOrderFlow(models.Model):
    _inherit = "crm.order.flow"

    @api.model
    def _load_demo(self):
        """Called by the demo data. Without customers of crm_relations' demo there is nothing to do; without a sales
        journal orders are made, but no invoices."""
        company = self.env.ref("base.main_company")
        self._load_demo_greeted()
        self.with_company(company).with_context(tracking_disable=True)._load_demo_business()

    @api.model
    def _load_demo_greeted(self):
        """The welcome chat covers the whole screen of a phone, at each login of a new demo user."""
        if "odoobot_state" in self.env["res.users"]._fields:
            for role in ("sales", "accountant", "worker", "service"):
                self.env.ref(f"crm_erp_bridge.user_demo_{role}").odoobot_state = "disabled"

    @api.model
    def _load_demo_business(self):
        self._load_demo_accounts()
        leads = {}
        for customer, wish, orders in BUSINESS:
            partner = self.env.ref(f"crm_relations.partner_{customer}", raise_if_not_found=False)
            if partner:
                leads[customer, wish] = lead = self._load_demo_lead(partner, wish, orders[0][0])
                for order in orders:
                    self._load_demo_order(lead, *order)
                if any(order[3] != "quotation" for order in orders):
                    lead.action_set_won()
        self._load_demo_pipeline()
        self._load_demo_work(leads)
        self._load_demo_conversations([customer for customer, _wish in leads])

    @api.model
    def _load_demo_conversations(self, customers):
        """What was said with these customers and what they need is the salesperson's, who is shown own ones only."""
        domain = [
            ("partner_id.commercial_partner_id", "in", [self.env.ref(f"crm_relations.partner_{name}").id
                                                        for name in customers]),
        ]
        for model in ("crm.interaction", "crm.need"):
            self.env[model].search(domain).user_id = self.env.ref("crm_erp_bridge.user_demo_sales")

    @api.model
    def _load_demo_accounts(self):
        """Odoo loads the accounts at the end of an installation, after the demo data: ask for them now."""
        load = getattr(self.env.registry, "_auto_install_template", None)
        if load and not self.env.company.chart_template:
            load(self.env)
            del self.env.registry._auto_install_template

    @api.model
    def _load_demo_lead(self, partner, wish, days_ago):
        lead = self.env["crm.lead"].create(
            {
                "name": wish,
                "type": "opportunity",
                "partner_id": partner.id,
                "user_id": self.env.ref("crm_erp_bridge.user_demo_sales").id,
            }
        )
        self._load_demo_date(lead, days_ago + 14)
        return lead

    @api.model
    def _load_demo_pipeline(self):
        """The open opportunities of the customers' demo belong to the salesperson, so that the board is not empty."""
        refs = self.env["ir.model.data"].search([("module", "=", "crm_relations"), ("model", "=", "crm.lead")])
        leads = self.env["crm.lead"].browse(refs.mapped("res_id")).exists().sorted("id")
        leads.user_id = self.env.ref("crm_erp_bridge.user_demo_sales")
        for days, lead in enumerate(leads, start=1):
            lead.date_deadline = fields.Date.today() + timedelta(days=6 * days - 12)

    @api.model
    def _load_demo_date(self, record, days_ago):
        """Back-date a record; Odoo sets this column itself."""
        record.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET create_date = %s WHERE id = %s",
                SQL.identifier(record._table),
                datetime.now() - timedelta(days=days_ago),
                record.id,
            )
        )
        record.invalidate_recordset(["create_date"])

    @api.model
    def _load_demo_order(self, lead, days_ago, products, discount, reached):
        day = fields.Date.today() - timedelta(days=days_ago)
        order = self.env["sale.order"].create(
            {
                "partner_id": lead.partner_id.id,
                "opportunity_id": lead.id,
                "user_id": lead.user_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.env.ref(f"crm_erp_bridge.product_demo_{product}").id,
                            "product_uom_qty": quantity,
                            "discount": discount,
                        }
                    )
                    for product, quantity in products.items()
                ],
            }
        )
        if reached == "quotation":
            return
        order.action_confirm()
        order.date_order = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
        if reached != "confirmed":
            for line in order.order_line:
                line.qty_delivered = line.product_uom_qty
        if reached in INVOICED and self.env["account.journal"].search_count([("type", "=", "sale")], limit=1):
            self._load_demo_invoice(order, day, reached)

    @api.model
    def _load_demo_invoice(self, order, day, reached):
        invoice = order._create_invoices()
        invoice.invoice_date = day + timedelta(days=1)
        if reached == "invoice_draft":
            return
        if reached != "overdue":
            invoice.invoice_payment_term_id = self.env.ref("account.account_payment_term_30days")
        invoice.action_post()
        amounts = {"paid": invoice.amount_total, "credited": invoice.amount_total, "partly_paid": 2000}
        if reached in amounts:
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({"amount": amounts[reached], "payment_date": day + timedelta(days=9)})._create_payments()
        if reached == "credited":
            self._load_demo_credit(invoice, day + timedelta(days=20))

    @api.model
    def _load_demo_credit(self, invoice, day):
        """Two of the pieces came back; the money was returned."""
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        result = wizard.create(
            {"journal_id": invoice.journal_id.id, "reason": "Two pieces returned", "date": day}
        ).reverse_moves()
        refund = self.env["account.move"].browse(result["res_id"])
        refund.invoice_line_ids.quantity = 2
        refund.action_post()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=refund.ids).create(
            {"payment_date": day + timedelta(days=3)}
        )._create_payments()

    @api.model
    def _load_demo_work(self, leads):
        project = self.env.ref("crm_erp_bridge.project_demo_field")
        worker = self.env.ref("crm_erp_bridge.user_demo_worker")
        for customer, wish, title, days, finished in WORK:
            if lead := leads.get((customer, wish)):
                task, _new = lead._create_task(
                    project, title, users=worker, deadline=fields.Datetime.now() + timedelta(days=days)
                )
                if finished:
                    task.write({"state": "1_done", "stage_id": project.type_ids[-1].id})
