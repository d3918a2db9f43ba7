from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestOrderFlowAccess(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._create_order((100, 1, 0))
        cls.other = cls._create_order((200, 1, 0), user_id=cls.colleague.id)
        cls.nobody = cls._create_order((300, 1, 0), user_id=False)
        cls.orders = cls.own | cls.other | cls.nobody

    def _seen(self, user):
        return self.env["crm.order.flow"].with_user(user).search([("order_id", "in", self.orders.ids)]).order_id

    def test_rows_are_the_orders_that_the_user_may_read(self):
        self.assertEqual(self._seen(self.seller), self.own | self.nobody)
        self.assertEqual(self._seen(self.colleague), self.other | self.nobody)
        for user in (self.boss, self.accountant, self.auditor):
            self.assertEqual(self._seen(user), self.orders, user.login)

    def test_rule_added_to_orders_counts_for_the_flow(self):
        self.env["ir.rule"].sudo().create(
            {
                "name": "No big orders",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "domain_force": "[('amount_total', '<', 300)]",
            }
        )
        self.assertEqual(self._seen(self.accountant), self.own | self.other)

    def test_group_without_orders_sees_no_row(self):
        """Our own group alone gives the screen, not the orders."""
        user = self._create_user("bridge_only", "crm_erp_bridge.group_user_all")
        self.assertFalse(self.env["sale.order"].with_user(user).has_access("read"))
        self.assertFalse(self._seen(user))

    def test_worker_and_portal_have_no_access(self):
        portal = new_test_user(self.env, login="bridge_portal", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        for user in (self.worker, portal):
            with self.assertRaises(AccessError):
                self._seen(user)

    def test_nobody_writes(self):
        flow = self._flow(self.own)
        for user in (self.seller, self.boss, self.accountant, self.auditor):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(flow.with_user(user).has_access(operation), (user.login, operation))

    def test_lead_is_for_sales_only(self):
        for user in (self.accountant, self.auditor):
            flow = self._flow(self.own, user)
            self.assertEqual(flow.amount_ordered, 115)
            self.assertNotIn("lead_id", flow.fields_get())
            with self.assertRaises(AccessError):
                flow.read(["lead_id"])
            with self.assertRaises(AccessError):
                self.env["crm.order.flow"].with_user(user).search([("lead_id", "=", self.lead.id)])
            self.assertFalse(self.env["crm.lead"].with_user(user).has_access("read"))

    def test_auditor_reads_and_changes_nothing(self):
        invoice = self._invoice(self.own)
        self.assertEqual(invoice.with_user(self.auditor).amount_total, 115)
        self.assertEqual(self._flow(self.own, self.auditor).amount_due, 115)
        for record in (self.own, self.own.order_line, invoice, invoice.line_ids):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(record.with_user(self.auditor).has_access(operation), (record._name, operation))
        with self.assertRaises(AccessError):
            self.own.with_user(self.auditor).write({"client_order_ref": "x"})
        self.assertFalse(self.own.client_order_ref)

    def test_companies_are_apart(self):
        other_company = self.setup_other_company(name="Second company")["company"]
        foreign = self.env["sale.order"].with_company(other_company).create(
            {"partner_id": self.customer.id, "company_id": other_company.id, "user_id": self.seller.id}
        )
        flows = self.env["crm.order.flow"]
        for user in (self.seller, self.boss, self.accountant, self.auditor):
            self.assertFalse(flows.with_user(user).search([("order_id", "=", foreign.id)]), user.login)
        self.boss.company_ids |= other_company
        flows = flows.with_user(self.boss)
        self.assertFalse(
            flows.with_context(allowed_company_ids=self.env.company.ids).search([("order_id", "=", foreign.id)])
        )
        self.assertEqual(
            flows.with_context(allowed_company_ids=[self.env.company.id, other_company.id])
            .search([("order_id", "=", foreign.id)])
            .company_id,
            other_company,
        )

    def test_screens_open_for_each_role(self):
        for user in (self.seller, self.boss, self.accountant, self.auditor):
            flows = self.env["crm.order.flow"].with_user(user)
            views = flows.get_views([(False, kind) for kind in ("list", "kanban", "pivot", "graph", "search")])
            self.assertEqual(set(views["views"]), {"list", "kanban", "pivot", "graph", "search"})
            specification = {name: {} for name in views["models"]["crm.order.flow"]["fields"]}
            found = flows.web_search_read([("order_id", "=", self.own.id)], specification)
            self.assertEqual(found["length"], 1)
            action = flows.browse(self.own.id).action_open_order()
            self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", self.own.id))
            flows.formatted_read_group(
                [("blocked_reason", "!=", False)], ["user_id", "date:month"], ["company_amount_ordered:sum"]
            )
