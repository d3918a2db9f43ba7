"""From the customer's wish to the money, the finished work and the score: each role with its own groups only."""

from datetime import timedelta

from odoo import fields
from odoo.addons.crm_erp_bridge.tests.common import BridgeCommon
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged


class MainFlowCommon(BridgeCommon):
    """Salesperson, accountant and project worker; a customer, a product, a project and a scoring model.

    The groups are those of the demo users of the same roles.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.group_ids |= (
            cls.quick_ref("crm_relations.group_user")
            | cls.quick_ref("crm_complaints.group_user")
            | cls.quick_ref("crm_rfm.group_user")
        )
        cls.accountant.group_ids |= cls.quick_ref("crm_relations.group_user")
        cls.service.list_price = 411.5
        cls.project = cls.env["project.project"].create({"name": "Field work", "privacy_visibility": "employees"})
        models = cls.env["crm.rfm.model"].sudo()
        models.search([("company_id", "=", cls.env.company.id)]).active = False
        cls.scoring = models.create({"name": "Main flow", "company_id": cls.env.company.id})
        cls.scoring.action_compute()

    def _score(self):
        """(purchases, net value, days since) of the customer as the salesperson reads it, after the nightly run."""
        self.scoring.action_compute()
        self.env.invalidate_all()
        score = self.env["crm.rfm.score"].with_user(self.seller).search(
            [("model_id", "=", self.scoring.id), ("partner_id", "=", self.customer.id)]
        )
        return (score.frequency, score.monetary, score.recency_days) if score.r_score else None

    def _timeline(self, user):
        """dict: kind -> sum of amounts on the customer's timeline as one user sees it."""
        self.env.invalidate_all()
        found = self.env["crm.timeline"].with_user(user)._read_group(
            [("commercial_partner_id", "=", self.customer.id)], ["kind"], ["amount:sum"]
        )
        return {kind: round(amount or 0, 2) for kind, amount in found}


@tagged("post_install", "-at_install")
class TestMainFlow(MainFlowCommon):
    def test_from_wish_to_payment(self):
        self.assertIsNone(self._score())

        # --- salesperson: the wish, won, quotation, order, draft invoice, work, complaint
        lead = self._salesperson_wins()
        order = self._salesperson_sells(lead)
        invoice = self._salesperson_invoices(order)
        task = self._salesperson_asks_for_work(lead)
        # --- the other two
        self._accountant_posts_and_is_paid(order, invoice)
        self._worker_finishes(lead, task)
        # --- salesperson again
        complaint = self.env["crm.complaint"].with_user(self.seller).create(
            {"name": "One row was left out", "partner_id": self.customer.id, "channel": "phone"}
        )
        self.assertTrue(complaint.code)

        # --- what everybody sees at the end
        self.assertEqual(self._score(), (1, 2345.55, 0))
        self.env.invalidate_all()
        lead = lead.with_user(self.seller)
        self.assertEqual(lead.won_status, "won")
        self.assertEqual((lead.task_done_count, lead.task_count), (1, 1))
        self.assertEqual(
            (lead.flow_amount_ordered, lead.flow_amount_invoiced, lead.flow_amount_paid, lead.flow_amount_due),
            (2697.38, 2697.38, 2697.38, 0),
        )
        seen = self._timeline(self.seller)
        self.assertLessEqual(
            {"order": 2697.38, "invoice": 2697.38, "task": 0, "task_done": 0, "complaint": 0}.items(), seen.items()
        )
        self.assertIn("lead", seen)
        self.assertNotIn("payment", seen)
        seen = self._timeline(self.accountant)
        self.assertLessEqual(
            {"order": 2697.38, "invoice": 2697.38, "payment": 2697.38, "task_done": 0}.items(), seen.items()
        )
        self.assertFalse({"lead", "complaint"} & set(seen))

    def _salesperson_wins(self):
        form = Form(self.env["crm.lead"].with_user(self.seller).with_context(default_type="opportunity"))
        form.name = "Pruning of six vineyards"
        form.partner_id = self.customer
        lead = form.save()
        self.assertEqual(lead.user_id, self.seller)
        lead.action_set_won_rainbowman()
        self.assertEqual(lead.won_status, "won")
        return lead

    def _salesperson_sells(self, lead):
        action = lead.action_sale_quotations_new()
        form = Form(self.env["sale.order"].with_user(self.seller).with_context(**action["context"]))
        with form.order_line.new() as line:
            line.product_id = self.service
            line.product_uom_qty = 6
        order = form.save()
        # 5 % off, as Sales lets a manager allow: 6 x 411.50 x 0.95 = 2345.55, with 15 % tax 2697.38
        order.order_line.discount = 5
        self.assertEqual(order.opportunity_id, lead)
        self.assertEqual((order.amount_untaxed, order.amount_total), (2345.55, 2697.38))
        self.assertFlow(order, self.seller, state="draft", amount_total=2697.38)
        order.action_confirm()
        self.assertFlow(order, self.seller, ordered=2697.38, state="to_invoice")
        return order

    def _salesperson_invoices(self, order):
        wizard = self.env["sale.advance.payment.inv"].with_user(self.seller).with_context(
            active_model="sale.order", active_ids=order.ids
        )
        wizard.create({"advance_payment_method": "delivered"}).create_invoices()
        invoice = order.invoice_ids
        self.assertEqual((invoice.state, invoice.amount_total), ("draft", 2697.38))
        self.assertFlow(order, self.seller, ordered=2697.38, state="invoice_draft", blocked_reason="invoice_draft")
        self.assertFalse(invoice.has_access("write"))
        return invoice

    def _salesperson_asks_for_work(self, lead):
        wizards = self.env["crm.lead.create.task"].with_user(self.seller).with_context(default_lead_id=lead.id)
        with Form(wizards) as form:
            form.name = "Prune the six vineyards"
            form.project_id = self.project
            form.user_id = self.worker
            form.date_deadline = fields.Datetime.now() + timedelta(days=7)
        for _click in range(2):
            form.record.action_create_task()
        self.assertEqual(len(lead.task_ids), 1)
        return lead.task_ids

    def _accountant_posts_and_is_paid(self, order, invoice):
        flows = self.env["crm.order.flow"].with_user(self.accountant)
        self.env.invalidate_all()
        flow = flows.search([("order_id", "=", order.id), ("blocked_reason", "=", "invoice_draft")])
        self.assertEqual(flow.action_open_order()["res_id"], order.id)
        invoice = invoice.with_user(self.accountant)
        invoice.action_post()
        self.assertFlow(order, self.accountant, ordered=2697.38, invoiced=2697.38, due=2697.38, state="unpaid")
        for amount, paid in ((1000, 1000), (1697.38, 2697.38)):
            register = self.env["account.payment.register"].with_user(self.accountant).with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            register.create({"amount": amount}).action_create_payments()
            self.assertFlow(
                order, self.accountant, ordered=2697.38, invoiced=2697.38, paid=paid,
                due=round(2697.38 - paid, 2), state="paid" if paid == 2697.38 else "unpaid",
            )
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("paid", 0))
        self.assertFalse(self.env["crm.lead"].with_user(self.accountant).has_access("read"))

    def _worker_finishes(self, lead, task):
        self.env.invalidate_all()
        # a new user has a private to-do of Odoo's own besides
        mine = self.env["project.task"].with_user(self.worker).search(
            [("user_ids", "in", self.worker.ids), ("project_id", "!=", False)]
        )
        self.assertEqual(mine.ids, task.ids)
        self.assertEqual(mine.partner_id, self.customer)
        self.assertNotIn("lead_id", mine.fields_get())
        self.assertFalse(lead.with_user(self.worker).has_access("read"))
        mine.state = "1_done"


class MainFlowBrowser(MainFlowCommon, HttpCase):
    """What the tours have in common: they leave the documents behind which the test then checks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # tours log in: the password of new_test_user is made longer than the login
        for user in (cls.seller, cls.accountant, cls.worker):
            user.password = user.login
        cls.service.name = "Pruning by the hectare"

    def _tour(self, path, name, user):
        self.env.flush_all()
        self.start_tour(f"/odoo/{path}", f"crm_erp_bridge_main_flow_{name}", login=user.login)
        self.env.invalidate_all()


@tagged("post_install", "-at_install", "is_tour")
class TestMainFlowDesktop(MainFlowBrowser):
    browser_size = "1400x900"

    def test_tour(self):
        self._tour(f"crm/{self.lead.id}", "sales", self.seller)
        order = self.lead.order_ids
        self.assertEqual((order.state, order.amount_total), ("sale", 473.23))
        self.assertEqual(order.invoice_ids.state, "draft")
        self.assertEqual(self.lead.task_ids.user_ids, self.worker)
        self.assertEqual(self.lead.won_status, "won")

        self._tour("order-flow", "accountant", self.accountant)
        self.assertEqual(order.invoice_ids.payment_state, "paid")
        self.assertFlow(order, ordered=473.23, invoiced=473.23, paid=473.23, state="paid")

        self._tour(f"project.task/{self.lead.task_ids.id}", "worker", self.worker)
        self.assertEqual(self.lead.task_ids.state, "1_done")

        self.env["crm.complaint"].with_user(self.seller).create(
            {"name": "One row was left out", "partner_id": self.customer.id, "channel": "phone"}
        )
        self.assertEqual(self._score(), (1, 411.5, 0))
        self._tour(f"crm/{self.lead.id}", "sales_end", self.seller)
        self._tour(f"res.partner/{self.customer.id}", "customer", self.seller)


@tagged("post_install", "-at_install", "is_tour")
class TestMainFlowPhone(MainFlowBrowser):
    """The salesperson's part on a phone; the quotation was written at the desk."""

    browser_size = "390x844"
    touch_enabled = True

    def test_tour(self):
        order = self.env["sale.order"].with_user(self.seller).create(
            {
                "partner_id": self.customer.id,
                "opportunity_id": self.lead.id,
                "order_line": [Command.create({"product_id": self.service.id})],
            }
        )
        self._tour(f"crm/{self.lead.id}", "sales_phone", self.seller)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.invoice_ids.state, "draft")
        self.assertEqual(self.lead.task_ids.name, "Prune the lower field")
