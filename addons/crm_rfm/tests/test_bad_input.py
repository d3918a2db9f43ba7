from datetime import timedelta

from odoo import fields
from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.exceptions import UserError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestBadInput(RfmCommon):
    """Data that make scoring hard: a clear result and a sentence, never a traceback."""

    def test_no_invoices(self):
        self._compute()
        self.assertEqual((self.rfm.customer_count, self.rfm.unscored_count), (0, 0))
        self.assertFalse(self._stored())
        self.assertEqual(
            self.rfm.warning_text, "No customer has a purchase of positive net value from 2024-01-01 to 2024-12-31."
        )

    def test_one_customer(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-12-01", 100)
        self._compute()
        score = self._score(customer)
        self.assertEqual((score.code, score.segment_id.code), ("5-1-1", "new"))
        self.assertIn("Only 1 customers have a score", self.rfm.warning_text)

    def test_all_the_same(self):
        customers = self.env["res.partner"].create(
            [{"name": str(number), "is_company": True} for number in range(60)]
        )
        self._insert_documents([self._invoice_row(customer.id, "2024-06-06", 50) for customer in customers])
        self._compute()
        self.assertEqual({self._score(customer).code for customer in customers}, {"5-1-1"})
        self.assertEqual(self.rfm._get_bands("m").mapped("customer_count"), [60, 0, 0, 0, 0])
        self.assertIn(
            "Many customers have the same monetary value: the band M=1 holds 100% of the customers instead of 20%.",
            self.rfm.warning_text,
        )
        self.assertEqual(
            self.rfm._get_bands("f")[1].range_text, "empty: the neighbour below has the same limit"
        )

    def test_only_credit_notes(self):
        customers = [self._create_customer(str(number)) for number in range(3)]
        for customer in customers:
            self._create_rfm_invoice(customer, "2024-06-06", 50, "out_refund")
        self._compute()
        self.assertEqual((self.rfm.customer_count, self.rfm.unscored_count), (0, 3))
        self.assertEqual({self._score(customer).segment_id.code for customer in customers}, {"prospect"})
        self.assertIn("No customer has a purchase", self.rfm.warning_text)

    def test_limits_survive_a_run_without_customers(self):
        for number in range(5):
            self._create_rfm_invoice(self._create_customer(str(number)), "2024-06-06", 10 * number + 1)
        self._compute()
        limits = self.rfm._get_cuts("m")
        self._compute(as_of="2000-01-01")
        self.assertEqual(self.rfm._get_cuts("m"), limits)
        self.assertEqual(self.rfm._get_bands("m").mapped("customer_count"), [0] * 5)

    def test_first_customers_set_the_limits(self):
        """A run without anybody leaves no limits that the next nights would hold on to."""
        today = fields.Date.context_today(self.rfm)
        self._compute(as_of=today - timedelta(days=1))
        self.assertFalse(self.rfm.calibrated_as_of)
        customers = [self._create_customer(str(number)) for number in range(20)]
        self._insert_documents(
            [
                self._invoice_row(customer.id, today - timedelta(days=number), 10 + number)
                for number, customer in enumerate(customers)
            ]
        )
        self.rfm.sudo()._compute_scores_of_the_night()
        self.assertEqual(self.rfm.calibrated_as_of, today)
        for dimension in "rm":
            self.assertEqual(self.rfm._get_bands(dimension).mapped("customer_count"), [4] * 5, dimension)

    def test_documents_dated_in_the_future_wait(self):
        customer = self._create_customer()
        self._insert_documents([self._invoice_row(customer.id, "2999-01-01", 50)])
        self.rfm.with_user(self.manager).action_compute()
        self.assertFalse(self._score(customer))

    def test_invoice_without_a_date_or_customer_is_ignored(self):
        row = self._invoice_row(self._create_customer().id, "2024-06-06", 50)
        self._insert_documents([row | {"invoice_date": None}, row | {"commercial_partner_id": None}])
        self._compute()
        self.assertEqual(self.rfm.customer_count, 0)

    def test_huge_and_tiny_amounts_are_exact(self):
        rich, poor = self._create_customer("rich"), self._create_customer("poor")
        self._insert_documents(
            [
                self._invoice_row(rich.id, "2024-06-06", 999999999999.99),
                self._invoice_row(rich.id, "2024-06-06", 0.01),
                *[self._invoice_row(poor.id, "2024-06-06", 0.01)] * 100,
            ]
        )
        self._compute()
        self.env.cr.execute(
            "SELECT monetary::text FROM crm_rfm_score WHERE model_id = %s ORDER BY monetary", [self.rfm.id]
        )
        self.assertEqual(self.env.cr.fetchall(), [("1.00",), ("1000000000000.00",)])

    def test_order_without_a_rate_counts_at_par(self):
        customer = self._create_customer()
        order = self.env["sale.order"].create({"partner_id": customer.id, "date_order": "2024-06-06 12:00:00"})
        order.state = "sale"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET amount_untaxed = 33.335, currency_rate = NULL WHERE id = %s", [order.id]
        )
        self.env.invalidate_all()
        self.rfm.source = "order"
        self._compute()
        self.assertEqual(self._score(customer).monetary, 33.34)

    def test_documents_that_the_user_may_not_read(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-06-06", 50)
        self._compute()
        with self.assertRaisesRegex(UserError, "not the documents behind it"):
            self._score(customer).with_user(self.reader).action_open_documents()

    def test_currency_without_rates_counts_at_par_as_in_accounting(self):
        currency = self.env["res.currency"].sudo().create({"name": "ZZQ", "symbol": "Q"})
        self.assertFalse(currency.rate_ids)
        customer = self._create_customer()
        invoice = self._create_rfm_invoice(customer, "2024-06-06", 70, currency_id=currency.id)
        self._compute()
        self.assertEqual(self._score(customer).monetary, 70)
        self.assertEqual(self._score(customer).monetary, invoice.amount_untaxed_signed)

    def test_segment_that_is_used_is_not_deleted(self):
        Segment = self.env["crm.rfm.segment"].with_user(self.manager)
        mine = Segment.create({"name": "Mine"})
        cell = self.rfm.cell_ids[0].with_user(self.manager)
        before = cell.segment_id
        cell.segment_id = mine
        with self.assertRaisesRegex(UserError, "Mine"):
            mine.unlink()
        self.assertEqual(cell.segment_id, mine)
        cell.segment_id = before
        mine.unlink()
        self.assertFalse(mine.exists())

    def test_retention_and_breakdown_without_invoices(self):
        self._compute()
        data = self.env["crm.rfm.model"].with_user(self.reader).get_retention(self.rfm.id)
        self.assertEqual((data["cohorts"]["rows"], data["cohorts"]["totals"], data["years"]), ([], [], []))
        overview = self.env["crm.rfm.model"].with_user(self.reader).get_overview(self.rfm.id)
        self.assertEqual(overview["pareto"], {"share": 0.8, "needed": 0, "customers": 0})
        self.assertEqual(overview["salespeople"], [])
        self.rfm.with_user(self.manager).action_compute_values()
        self.assertEqual(set(self.rfm.factor_ids.mapped("kept")), {False})
