from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestTimeline(BridgeCommon):
    KINDS = ("quotation", "order", "invoice", "credit_note", "payment", "refund", "task", "task_done")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        relations = cls.env.ref("crm_relations.group_user")
        for user in (cls.seller, cls.boss, cls.accountant, cls.worker):
            user.group_ids |= relations
        cls.project = cls.env["project.project"].create({"name": "Field work", "privacy_visibility": "employees"})

    def _entries(self, user, kind=None):
        self.env.invalidate_all()
        self.env.flush_all()
        domain = [("commercial_partner_id", "=", self.customer.id)]
        domain += [("kind", "=", kind)] if kind else [("kind", "in", self.KINDS)]
        return self.env["crm.timeline"].with_user(user).search(domain)

    def test_page_of_a_person_alone(self):
        """A contact person's page asks by person, a company's by customer: every source has to serve both."""
        person = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        order = self._create_order(confirm=False, partner_id=person.id)
        page = self.env["crm.timeline"].with_user(self.boss).timeline_page(person.id, kinds=list(self.KINDS))
        self.assertEqual([(entry["kind"], entry["res_id"]) for entry in page["entries"]], [("quotation", order.id)])

    def test_documents_appear_with_their_amounts(self):
        order = self._create_order(confirm=False)
        [entry] = self._entries(self.boss)
        self.assertEqual((entry.kind, entry.amount, entry.state), ("quotation", 115, "planned"))
        self.assertEqual(entry.summary, order.name)
        self.assertEqual((entry.res_model, entry.res_id), ("sale.order", order.id))
        order.action_confirm()
        invoice = self._invoice(order)
        payment = self._pay(invoice)
        refund = self._credit(invoice)
        self._pay(refund)
        entries = {entry.kind: entry for entry in self._entries(self.accountant)}
        self.assertEqual(set(entries), {"order", "invoice", "payment", "credit_note", "refund"})
        self.assertEqual(
            {kind: entry.amount for kind, entry in entries.items()},
            {"order": 115, "invoice": 115, "payment": 115, "credit_note": -115, "refund": -115},
        )
        self.assertEqual({entry.state for entry in entries.values()}, {"done"})
        self.assertEqual(entries["invoice"].date.date(), invoice.invoice_date)
        self.assertEqual(entries["payment"].date.date(), payment.date)
        self.assertEqual(entries["invoice"].currency_id, invoice.currency_id)

    def test_each_entry_opens_its_source(self):
        order = self._create_order()
        invoice = self._invoice(order)
        payment = self._pay(invoice)
        for kind, record in (("order", order), ("invoice", invoice), ("payment", payment)):
            action = self._entries(self.accountant, kind).action_open_source()
            self.assertEqual((action["res_model"], action["res_id"]), (record._name, record.id))

    def test_cancelled_and_draft_documents_say_so(self):
        order = self._create_order()
        self._invoice(order, post=False)
        self.assertEqual(self._entries(self.boss, "invoice").state, "planned")
        order._action_cancel()
        self.assertEqual(self._entries(self.boss, "quotation").state, "cancelled")

    def test_each_role_sees_what_it_may_read(self):
        order = self._create_order(user_id=self.colleague.id)
        invoice = self._invoice(order)
        self._pay(invoice)
        self.assertFalse(self._entries(self.seller))
        self.assertEqual(set(self._entries(self.boss).mapped("kind")), {"order", "invoice"})
        self.assertEqual(set(self._entries(self.accountant).mapped("kind")), {"order", "invoice", "payment"})
        # Odoo lets project users read orders (sale_project), and nothing of what becomes of them
        self.assertEqual(set(self._entries(self.worker).mapped("kind")), {"order"})

    def test_task_asked_for_and_done(self):
        task, _new = self.lead.with_user(self.seller)._create_task(
            self.project.with_user(self.seller), "Measure the rooms", users=self.worker
        )
        for user in (self.seller, self.worker):
            [entry] = self._entries(user)
            self.assertEqual((entry.kind, entry.state, entry.summary), ("task", "planned", "Measure the rooms"))
        task.with_user(self.worker).state = "1_done"
        self.assertEqual(set(self._entries(self.seller).mapped("kind")), {"task", "task_done"})
        self.assertEqual(self._entries(self.seller, "task").state, "done")
        self.assertEqual(self._entries(self.seller, "task_done").action_open_source()["res_id"], task.id)

    def test_vendor_documents_are_no_customer_history(self):
        self.init_invoice("in_invoice", partner=self.customer, amounts=[100], post=True)
        self.assertFalse(self._entries(self.accountant))

    def test_who_may_not_read_the_source_opens_nothing(self):
        order = self._create_order(user_id=self.colleague.id)
        entry = self._entries(self.boss, "order")
        with self.assertRaises(UserError):
            entry.with_user(self.seller).action_open_source()
        self.assertEqual(order.state, "sale")

    def _items(self, user, partner=None):
        self.env.flush_all()
        self.env.invalidate_all()
        partner = partner or self.customer
        return {item["key"]: item for item in partner.with_user(user)._crm_360_items()[partner.id]}

    def test_customer_at_a_glance(self):
        order = self._create_order((100, 2, 0))
        person = self.env["res.partner"].create({"name": "Ana", "parent_id": self.customer.id})
        self.env["project.task"].create(
            [{"name": f"Task {state}", "project_id": self.project.id, "partner_id": person.id, "state": state}
             for state in ("01_in_progress", "1_done")]
        )
        self.assertEqual(set(self._items(self.boss)) & {"orders", "overdue"}, set(), "nothing is owed yet")
        invoice = order._create_invoices()
        invoice.invoice_date = invoice.invoice_date_due = "2026-01-01"
        invoice.action_post()
        items = self._items(self.accountant)
        self.assertEqual(items["orders"]["amount"], 230)
        overdue = items["overdue"]
        self.assertEqual((overdue["count"], overdue["amount"], overdue["tone"]), (1, 230, "danger"))
        action = self.customer.with_user(self.accountant).action_crm_360_overdue()
        self.assertEqual(self.env["account.move"].search(action["domain"]), invoice)
        for partner in (self.customer, person):
            self.assertEqual(self._items(self.worker, partner)["tasks"]["count"], 1)
        self.assertEqual(set(self._items(self.worker)) & {"orders", "overdue"}, set())
