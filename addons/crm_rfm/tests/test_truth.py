import math
from datetime import timedelta

from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import calibration, demo
from odoo.tests import tagged

CUSTOMERS = 300


@tagged("post_install", "-at_install")
class TestTruth(RfmCommon):
    """Three years drawn from a known process: forecasts are compared with what the process itself would bring."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        orders, cls.natures = demo.draw(CUSTOMERS)
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Known {number}", "is_company": True} for number in range(CUSTOMERS)]
        )
        first = AS_OF - timedelta(days=demo.DAYS - 1)
        cls.orders = orders
        cls._insert_documents(
            [
                cls._invoice_row(cls.customers[order.customer].id, first + timedelta(days=order.day), order.amount)
                for order in orders
            ]
        )
        cls.rfm.window_value = 36
        cls.rfm.with_user(cls.manager).action_compute(AS_OF)
        cls.rfm.with_user(cls.manager).action_compute_values()
        cls.values = cls.env["crm.rfm.value"].search([("model_id", "=", cls.rfm.id)])

    def test_expected_orders_are_those_of_the_process(self):
        """The forecast of all customers together is within a fifth of what nobody can know better."""
        truth = demo.expected(self.natures, 365)
        self.assertEqual(len(self.values), CUSTOMERS)
        self.assertAlmostEqual(sum(self.values.mapped("expected_orders")) / truth, 1, delta=0.2)

    def test_chance_follows_the_truth(self):
        """Ordered as the true chances are, and their mean is near the true share of buyers."""
        self.assertEqual(self.rfm.forecast_state, "on")
        chances = dict(
            zip(
                self.customers,
                (item.alive * (1 - math.exp(-item.rate * self.rfm.forecast_days)) for item in self.natures),
                strict=True,
            )
        )
        groups = [(value.p_order, 1, chances[value.partner_id]) for value in self.values]
        self.assertGreater(calibration.auc(groups), 0.75)
        mean = sum(group[0] for group in groups) / CUSTOMERS
        self.assertAlmostEqual(mean, sum(chances.values()) / CUSTOMERS, delta=0.06)

    def test_money_is_what_was_drawn(self):
        self.assertAlmostEqual(sum(self.values.mapped("monetary")), sum(order.amount for order in self.orders), 2)
        self.assertEqual(self.rfm.customer_count, CUSTOMERS)

    def test_the_same_is_drawn_again(self):
        orders, natures = demo.draw(CUSTOMERS)
        self.assertEqual((orders, natures), (self.orders, self.natures))
        self.assertNotEqual(demo.draw(CUSTOMERS, seed=20)[0], orders)
        self.assertTrue(all(0 <= order.day < demo.DAYS and order.amount > 0 for order in orders))
