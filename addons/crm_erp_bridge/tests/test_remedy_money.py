from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import remedy_money as rules

# on a busy machine values take longer to draw than hypothesis likes
unhurried = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
cents = st.integers(0, 10**9).map(lambda value: value / 100)


@tagged("post_install", "-at_install", "pure")
class TestRemedyMoney(BaseCase):
    @unhurried
    @given(cents, st.lists(st.integers(-10**6, 10**6).map(lambda value: value / 100), max_size=8))
    def test_parts_add_up_and_are_within_a_cent_of_their_share(self, amount, weights):
        parts = rules.share_out(amount, weights)
        positive = [max(Decimal(str(weight)), Decimal(0)) for weight in weights]
        total = sum(positive)
        self.assertEqual(len(parts), len(weights))
        if not total:
            self.assertFalse(any(parts))
            return
        self.assertEqual(sum(Decimal(str(part)) for part in parts), Decimal(str(amount)))
        for part, weight in zip(parts, positive, strict=True):
            self.assertLess(abs(Decimal(str(part)) - Decimal(str(amount)) * weight / total), Decimal("0.01"))

    @unhurried
    @given(st.sampled_from(rules.GOODWILL), cents, cents, cents, cents)
    def test_money_costs_no_more_than_it_is_worth(self, kind, amount, net, tax, goods_sold):
        cost = rules.cost(kind, amount, net=net, gross=net + tax, goods_sold=goods_sold)
        self.assertTrue(0 <= cost.tax <= amount + 0.01)
        self.assertAlmostEqual(cost.own + cost.tax, amount, places=2)
        self.assertAlmostEqual(cost.margin_before - cost.margin_after, cost.own, delta=0.011)
