from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo import Command
from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import demand
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged

SERIES = st.lists(st.integers(0, 1000), min_size=1, max_size=60)


@tagged("post_install", "-at_install", "pure")
class TestDemandRules(BaseCase):
    @given(SERIES)
    def test_forecast_lies_within_the_past(self, series):
        for method in (*demand.METHODS.values(), demand.naive):
            self.assertLessEqual(method(series), max(series) + 1e-6)
            self.assertGreaterEqual(method(series), -1e-6)

    @given(SERIES)
    def test_shown_only_when_better_than_the_last_week(self, series):
        found = demand.forecast(series)
        if found["method"]:
            self.assertLess(found["error"], found["naive_error"])
            self.assertEqual(found["level"], demand.METHODS[found["method"]](series))
        else:
            self.assertIsNone(found["level"])

    @given(st.lists(st.integers(0, 1000), min_size=demand.MIN_WEEKS, max_size=60), st.integers(1, 50))
    def test_error_does_not_depend_on_the_unit(self, series, factor):
        one = demand.mase(demand.last_quarter, series)
        other = demand.mase(demand.last_quarter, [factor * value for value in series])
        if one is not None and other is not None:
            self.assertAlmostEqual(one, other, delta=1e-6 * max(1, one))

    def test_tsb_falls_in_weeks_without_a_sale(self):
        # chance 0.5, after a week with a sale 0.55, after one without 0.495; size 4
        self.assertAlmostEqual(demand.tsb([4, 0]), 4 * 0.495)

    def test_alternating_series(self):
        # 1, 3, 1, 3, ...: the mean is 2; each week is missed by 1, and by 2 from week to week
        found = demand.forecast([1, 3] * 30)
        self.assertEqual(found["naive_error"], 0.5)
        self.assertAlmostEqual(found["error"], 0.5)

    def test_short_flat_and_empty(self):
        for series in ([5] * 10, [5] * 60, [0] * 60):
            self.assertIsNone(demand.forecast(series)["method"])


@tagged("post_install", "-at_install")
class TestDemand(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rfm.write({"source": "order", "shown_on_partner": True, "forecast_days": 70})
        cls.customer = cls._create_customer()
        cls.product = cls.env["product.product"].create({"name": "Weekly", "type": "service"})
        cls.dozen = cls.env.ref("uom.product_uom_dozen")

    def _order(self, days_ago, quantity, uom=None, customer=None, price=1):
        order = self.env["sale.order"].create(
            {
                "partner_id": (customer or self.customer).id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "product_uom_id": (uom or self.product.uom_id).id,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        order.write({"date_order": f"{AS_OF - timedelta(days=days_ago)} 12:00:00", "state": "sale"})
        return order

    def test_weeks_end_on_the_as_of_date_and_units_are_converted(self):
        self._order(0, 1)
        self._order(6, 2)
        self._order(7, 1, uom=self.dozen)
        self._order(21, 5).order_line.is_downpayment = True
        self._order(28, 3)
        self._compute()
        self.assertEqual(self.rfm._get_weekly_sales(), {self.product.id: [3.0, 0.0, 0.0, 12.0, 3.0]})

    def test_product_forecast(self):
        # 40 weeks: noise around 10 that a mean beats
        quantities = [10, 4, 15, 9, 12, 3, 17, 10, 6, 14] * 4
        for week, quantity in enumerate(reversed(quantities)):
            self._order(7 * week, quantity)
        self._compute()
        self.rfm.with_user(self.manager).action_compute_demand()
        row = self.env["crm.rfm.demand"].with_user(self.reader).search([("product_id", "=", self.product.id)])
        found = demand.forecast([float(value) for value in quantities])
        self.assertTrue(row.is_shown)
        self.assertEqual((row.method, row.history, row.selling), (found["method"], 40, 40))
        self.assertAlmostEqual(row.expected, 10 * found["level"], places=6)
        self.assertIn("was best on the last 13 origins", row.explanation)

    def test_run_twice_gives_one_row(self):
        self._order(10, 1)
        self._compute()
        for _time in range(2):
            self.rfm.with_user(self.manager).action_compute_demand()
        rows = self.env["crm.rfm.demand"].search([("product_id", "=", self.product.id)])
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows.explanation, "Not shown: too few data to judge a forecast by.")

    def test_segment_is_learned_from_who_was_in_it(self):
        """Thirty equal customers who order every 35 days: each horizon of 70 days has two orders of 10."""
        for number in range(30):
            customer = self._create_customer(f"Regular {number}")
            for days in range(5, 350, 35):
                self._order(days, 1, customer=customer, price=10)
        self._compute()
        learned = self.rfm._get_segment_sales(AS_OF - timedelta(days=70))
        self.assertEqual(list(learned.values()), [(30, 600.0, 600.0)])
        self.rfm.with_user(self.manager).action_compute_demand()
        row = self.env["crm.rfm.demand"].search([("model_id", "=", self.rfm.id), ("kind", "=", "segment")])
        # nothing changes, so "as before" cannot be beaten
        self.assertEqual((row.expected, row.error, row.naive_error, row.is_shown), (600.0, 0, 0, False))

    def test_managers_only(self):
        self._compute()
        with self.assertRaises(AccessError):
            self.rfm.with_user(self.reader).action_compute_demand()
