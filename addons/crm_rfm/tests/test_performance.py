from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestPerformance(RfmCommon):
    """The number of queries does not depend on the number of customers."""

    def _add_customers(self, count):
        values = [{"name": f"C{number}", "is_company": True} for number in range(count)]
        customers = self.env["res.partner"].create(values)
        self._insert_documents(
            [
                self._invoice_row(partner_id, f"2024-{1 + partner_id % 12:02}-11", 1 + partner_id % 97)
                for partner_id in customers.ids
                for _repeat in range(1 + partner_id % 3)
            ]
        )
        return customers

    def _queries(self, function):
        """Number of queries of a second call: the first one fills caches of rights and names."""
        function()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_run(self):
        model = self.rfm.with_user(self.manager)
        self._add_customers(10)
        model.action_compute("2024-12-30")
        small = self._queries(lambda: model.action_compute(AS_OF))
        self._add_customers(1000)
        model.action_compute("2024-12-30")
        large = self._queries(lambda: model.action_compute(AS_OF))
        self.assertEqual(self.rfm.customer_count, 1010)
        self.assertEqual(large, small)

    def test_refresh_of_some(self):
        customers = self._add_customers(1000)
        self._compute()
        self._queries(lambda: self.rfm._refresh_partners(customers[:1]))
        small = self._queries(lambda: self.rfm._refresh_partners(customers[:10]))
        self.assertEqual(self._queries(lambda: self.rfm._refresh_partners(customers)), small)

    def test_customers_in_a_list(self):
        customers = self._add_customers(1000).with_user(self.reader)
        self._compute()
        customers[:1].mapped("rfm_code")
        small = self._queries(lambda: customers[:10].mapped("rfm_code"))
        self.assertEqual(self._queries(lambda: customers.mapped("rfm_code")), small)

    def test_index_answers_the_transaction_query(self):
        """A single customer is found through the index of this addon."""
        customers = self._add_customers(1000)
        self.env.cr.execute("ANALYZE account_move")
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        query = self.rfm._get_transaction_query(AS_OF, customers[:1].ids)
        plan = "\n".join(
            row
            for [row] in self.env.execute_query(
                type(query)("EXPLAIN SELECT * FROM (%s) tx WHERE partner_id = %s", query, customers[0].id)
            )
        )
        self.assertIn("account_move_crm_rfm_purchase_idx", plan)
