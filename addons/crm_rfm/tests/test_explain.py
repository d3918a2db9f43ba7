from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestExplain(RfmCommon):
    """The sentences, word for word; what they foretell is true."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = [cls._create_customer(f"Customer {number}") for number in range(5)]
        rows = []
        for number, customer in enumerate(cls.customers):
            # number + 1 invoices of 100; the last one 60, 50, 40, 30, 20 days before the as-of date
            day = ("2024-11-01", "2024-11-11", "2024-11-21", "2024-12-01", "2024-12-11")[number]
            rows += [cls._invoice_row(customer.id, day, 100)] * (number + 1)
        cls._insert_documents(rows)
        cls.rfm.with_user(cls.manager).action_compute("2024-12-31")

    def test_bands(self):
        self.assertEqual(
            self.rfm._get_bands("r").mapped(lambda band: (band.score, band.range_text)),
            [(5, "0 to 20"), (4, "21 to 30"), (3, "31 to 40"), (2, "41 to 50"), (1, "51 or more")],
        )
        self.assertEqual(
            self.rfm._get_bands("f").mapped("range_text"), ["1", "2", "3", "4", "5 or more"]
        )
        self.assertEqual(self.rfm._get_bands("m").mapped("share"), [0.2] * 5)

    def test_explanation(self):
        score = self._score(self.customers[1]).with_user(self.reader)
        currency = self.company.currency_id
        self.assertEqual(
            score.explain().splitlines(),
            [
                "R=2: last purchase 50 days before 12/31/2024, on 11/11/2024 (days of this band: 41 to 50, the"
                " 60–80% band). Without a new purchase it falls on 01/01/2025.",
                "F=2: number of purchases in the window: 2 (this band: 2, the 20–40% band). 1 more would raise it.",
                f"M=2: net value {currency.format(200)} (this band: more than {currency.format(100)}, up to"
                f" {currency.format(200)}, the 20–40% band). {currency.format(0.01)} more would raise it.",
                "R=2 and FM=2 (mean of F and M, a half rounded up) make “Hibernating”.",
            ],
        )

    def test_top_and_bottom_have_nothing_to_foretell(self):
        lines = self._score(self.customers[4]).explain().splitlines()
        self.assertTrue(lines[1].endswith("(this band: 5 or more, the 80–100% band)."))
        lines = self._score(self.customers[0]).explain().splitlines()
        self.assertNotIn("falls", lines[0])

    def test_foretold_day_is_right(self):
        """With the limits kept, the recency score falls on the day that was named, not before."""
        self.rfm.r_method = "fixed"
        customer = self.customers[1]
        self._compute(as_of="2024-12-31")
        self.assertEqual(self._score(customer).r_score, 2)
        self._compute(as_of="2025-01-01")
        self.assertEqual(self._score(customer).r_score, 1)

    def test_fixed_bands_have_no_percentage(self):
        self.rfm.f_method = "fixed"
        self._compute()
        self.assertIn("(this band: 2).", self._score(self.customers[1]).explain())

    def test_reasons_without_a_score(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 10, "out_refund")
        self._compute()
        self.assertEqual(
            self._score(customer).explain(), "No score: no document in the window counts as a purchase."
        )
        self._create_rfm_invoice(customer, "2024-03-03", 10)
        self._compute()
        self.assertEqual(
            self._score(customer).explain(),
            f"No score: after credit notes the net value is {self.company.currency_id.format(0)}.",
        )
        self.rfm.excluded_partner_ids = customer
        self._compute()
        self.assertIn("list of excluded customers", self._score(customer).explain())
