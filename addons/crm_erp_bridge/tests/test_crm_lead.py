from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestCrmLead(BridgeCommon):
    def test_sums_over_orders(self):
        first = self._create_order((100, 1, 0))
        self._create_order((50, 1, 0))
        self._create_order((1000, 1, 0), confirm=False)
        invoice = self._invoice(first)
        self._pay(invoice, 15)
        self.env.invalidate_all()
        lead = self.lead.with_user(self.seller)
        self.assertEqual(lead.order_flow_count, 3)
        self.assertEqual(len(lead.order_flow_ids), 3)
        self.assertEqual(lead.flow_amount_ordered, 172.5)
        self.assertEqual(lead.flow_amount_invoiced, 115)
        self.assertEqual(lead.flow_amount_paid, 15)
        self.assertEqual(lead.flow_amount_due, 100)
        self.assertEqual(lead.flow_amount_credited, 0)

    def test_sum_in_company_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 1.0), ("2016-01-01", 0.8)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        self._create_order((100, 1, 0), pricelist_id=pricelist.id)
        self._create_order((100, 1, 0))
        self.assertEqual(self.lead.flow_amount_ordered, 143.75 + 115)

    def test_search_by_amount(self):
        paid, unpaid, empty = self.lead, self._create_lead(name="Unpaid"), self._create_lead(name="Empty")
        self._pay(self._invoice(self._create_order()))
        self._invoice(self._create_order(opportunity_id=unpaid.id))
        leads = self.env["crm.lead"].with_user(self.seller)
        ours = [("id", "in", (paid | unpaid | empty).ids)]
        for domain, expected in (
            ([("flow_amount_due", ">", 0)], unpaid),
            ([("flow_amount_due", "=", 0)], paid | empty),
            ([("flow_amount_due", "!=", 0)], unpaid),
            ([("flow_amount_paid", ">=", 115)], paid),
            ([("flow_amount_invoiced", "<", 115)], empty),
            ([("flow_amount_ordered", "=", 115)], paid | unpaid),
            ([("flow_amount_credited", "<=", 0)], paid | unpaid | empty),
        ):
            self.assertEqual(leads.search(ours + domain), expected, domain)

    def test_number_of_queries_does_not_depend_on_the_number_of_leads(self):
        """The screens' lists read the mirror of 10 or 1,000 opportunities with the same queries."""
        values = {"type": "opportunity", "partner_id": self.customer.id}
        leads = self.env["crm.lead"].create([values | {"name": f"Lead {number}"} for number in range(1000)])
        orders = self.env["sale.order"].create(
            [{"partner_id": self.customer.id, "opportunity_id": lead.id} for lead in leads[:20]]
        )
        self.env.flush_all()
        names = ["order_flow_count", "flow_amount_ordered", "flow_amount_due", "task_count", "order_flow_chain"]

        def queries(some_leads):
            self.env.invalidate_all()
            some_leads = some_leads.with_user(self.boss)
            some_leads.mapped("company_currency")
            before = self.env.cr.sql_log_count
            for name in names:
                some_leads.mapped(name)
            return self.env.cr.sql_log_count - before

        queries(leads[:1])
        self.assertEqual(queries(leads[:10]), queries(leads))
        self.assertEqual(len(orders), 20)

    def test_form_opens_for_the_salesperson(self):
        self._create_order()
        view = self.lead.with_user(self.seller).get_views([(False, "form"), (False, "search")])
        arch = view["views"]["form"]["arch"]
        for name in ("order_flow_chain", "action_open_order_flow", "action_open_tasks", "action_create_task"):
            self.assertIn(name, arch)
        action = self.lead.with_user(self.seller).action_open_order_flow()
        self.assertEqual(self.env["crm.order.flow"].search_count(action["domain"]), 1)

    def test_accountant_has_no_lead(self):
        with self.assertRaises(AccessError):
            self.lead.with_user(self.accountant).read(["name"])
