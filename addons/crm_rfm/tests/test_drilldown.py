from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged


@tagged("post_install", "-at_install")
class TestDrilldown(RfmCommon):
    """The documents opened from a number make that number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env(su=True),
            login="rfm_accountant",
            groups="crm_rfm.group_user_all,account.group_account_readonly",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )

    def test_documents_sum_up_to_the_net_value(self):
        customer = self._create_customer()
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": customer.id})
        invoice = self._create_rfm_invoice(customer, "2024-02-02", 100.10)
        reversed_invoice = self._create_rfm_invoice(contact, "2024-02-03", 70)
        part = self._credit(invoice, "2024-03-03", 20)
        whole = self._credit(reversed_invoice, "2024-03-04")
        self._create_rfm_invoice(customer, "2023-02-02", 1)
        self._create_rfm_invoice(customer, "2025-02-02", 1)
        self._create_rfm_invoice(customer, "2024-02-02", 1, post=False)
        self._create_rfm_invoice(self._create_customer("Other"), "2024-02-02", 1)
        self._compute()
        score = self._score(customer).with_user(self.accountant)
        action = score.action_open_documents()
        documents = self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])
        self.assertEqual(documents, (invoice + reversed_invoice + part + whole).with_user(self.accountant).sorted())
        self.assertEqual(sum(documents.mapped("amount_untaxed_signed")), score.monetary)
        self.assertEqual(score.monetary, 80.10)
        action = score.action_open_purchases()
        purchases = self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])
        self.assertEqual(purchases.ids, invoice.ids)
        self.assertEqual(score.frequency, 1)

    def test_orders(self):
        customer = self._create_customer()
        order = self.env["sale.order"].create({"partner_id": customer.id, "date_order": "2024-06-06 12:00:00"})
        order.state = "sale"
        self.rfm.source = "order"
        self._compute()
        action = self._score(customer).action_open_documents()
        self.assertEqual((action["res_model"], action["domain"]), ("sale.order", [("id", "in", order.ids)]))

    def _assert_documents_make(self, rows, field_name, count):
        """The documents behind each row sum up to its figure."""
        self.assertEqual(len(rows), count, rows._name)
        for row in rows.with_user(self.accountant):
            action = row.action_open_documents()
            documents = self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])
            self.assertTrue(documents, row)
            self.assertAlmostEqual(
                sum(documents.mapped("amount_untaxed_signed")), row[field_name], 2, f"{row._name} {row.id}"
            )
        self.assertEqual(rows[0].action_open_partner()["res_id"], rows[0].partner_id.id)

    def test_rows_of_every_report(self):
        """Two customers, one of them with a credit note before the first purchase of its own."""
        one, two = self._create_customer("one"), self._create_customer("two")
        row = self._invoice_row
        self._insert_documents(
            [
                row(one.id, "2023-09-09", 400), row(one.id, "2024-05-05", 30), row(one.id, "2024-11-11", 7),
                row(two.id, "2023-12-12", -20, "out_refund"), row(two.id, "2024-02-02", 90),
                row(two.id, "2024-02-29", 5), row(two.id, "2024-12-31", 11), row(two.id, "2025-01-01", 999),
            ]
        )  # fmt: skip
        self._compute()
        manager = self.rfm.with_user(self.manager)
        manager.action_compute_values()
        manager.action_take_snapshot("2024-06-30")
        manager.action_take_snapshot("2024-12-31")
        own = [("model_id", "=", self.rfm.id)]
        self._assert_documents_make(self.env["crm.rfm.value"].search(own), "monetary", 2)
        self._assert_documents_make(self.env["crm.rfm.snapshot.line"].search(own), "monetary", 4)
        self._assert_documents_make(self.env["crm.rfm.migration"].search(own), "monetary_to", 2)
        cohorts = self.env["crm.rfm.cohort"].with_context(rfm_model=self.rfm.id).search(own)
        self._assert_documents_make(cohorts, "amount", 5)
        self.assertEqual(
            cohorts.filtered(lambda item: item.partner_id == two and item.age_months == 0).amount, 90 + 5 - 20
        )

    def test_cell_opens_its_customers(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-06-06", 5)
        self._compute()
        score = self._score(customer)
        cell = self.rfm.cell_ids.filtered(lambda c: (c.r, c.fm) == (score.r_score, score.fm_score))
        self.assertEqual(self.env["crm.rfm.score"].search(cell.action_open_scores()["domain"]), score)
        self.assertEqual((cell.customer_count, cell.monetary), (1, 5))
        self.assertEqual(sum(self.rfm.cell_ids.mapped("customer_count")), 1)

    def test_averages_and_sums_of_reports(self):
        first, second = self._create_customer("first"), self._create_customer("second")
        self._create_rfm_invoice(first, "2024-12-30", 5)
        self._create_rfm_invoice(second, "2024-12-28", 7)
        self._compute()
        Score = self.env["crm.rfm.score"].with_user(self.reader)
        domain = [("model_id", "=", self.rfm.id)]
        self.assertEqual(
            Score._read_group(domain, [], ["monetary:sum", "recency_days:avg", "__count"]), [(12.0, 2.0, 2)]
        )
        self.assertEqual(Score.search([*domain, ("recency_days", ">", 2)]).partner_id, second)
        self.assertEqual(Score.search([*domain, ("recency_days", "=", 1)]).partner_id, first)
        self.assertEqual(Score.search([*domain, ("recency_days", "!=", 1)]).partner_id, second)
        self.assertFalse(Score.search([*domain, ("recency_days", "=", False)]))
        self.assertEqual(len(Score.search([*domain, ("recency_days", "!=", False)])), 2)
        with self.assertRaisesRegex(UserError, "a number of days"):
            Score.search([("recency_days", ">", "soon")])
        self.assertEqual(Score.search(domain, order="recency_days").partner_id.ids, (first + second).ids)
        salespeople = Score._read_group(domain, ["user_id"], ["__count"])
        self.assertEqual(salespeople, [(self.env["res.users"], 2)])
