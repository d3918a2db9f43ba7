from odoo.fields import Command
from odoo.tests import tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestRevenue(BridgeCommon):
    """The expected revenue after the sale; stock Odoo only raises it to the largest order."""

    def _confirm(self, order, user=None):
        order.with_user(user or self.seller).action_confirm()

    def test_sum_of_the_orders(self):
        self.lead.expected_revenue = 100
        first, second = self._create_order((600, 1, 0), confirm=False), self._create_order((600, 1, 0), confirm=False)
        self._confirm(first)
        self.assertEqual(self.lead.expected_revenue, 600)
        self._confirm(second)
        self.assertEqual(self.lead.expected_revenue, 1200)
        self.assertEqual((self.lead.estimated_revenue, self.lead.revenue_from_orders), (100, True))

    def test_less_sold_than_expected(self):
        self.lead.expected_revenue = 1000
        self._confirm(self._create_order((600, 1, 0), confirm=False))
        self.assertEqual(self.lead.expected_revenue, 600)

    def test_lowered_on_cancellation_down_to_the_estimate(self):
        self.lead.expected_revenue = 100
        first, second = self._create_order((600, 1, 0)), self._create_order((50, 1, 0))
        self.assertEqual(self.lead.expected_revenue, 650)
        first.with_user(self.seller)._action_cancel()
        self.assertEqual(self.lead.expected_revenue, 50)
        second.with_user(self.seller)._action_cancel()
        self.assertEqual(self.lead.expected_revenue, 100)
        self.assertEqual((self.lead.estimated_revenue, self.lead.revenue_from_orders), (0, False))

    def test_quotation_says_nothing(self):
        self.lead.expected_revenue = 100
        self._create_order((600, 1, 0), confirm=False)._action_cancel()
        self.assertEqual(self.lead.expected_revenue, 100)

    def test_foreign_currency_and_opportunity_without_company(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.5)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        self.lead.company_id = False
        self._confirm(self._create_order((100, 1, 0), pricelist_id=pricelist.id, confirm=False))
        self._confirm(self._create_order((100, 1, 0), confirm=False))
        self.assertEqual(self.lead.expected_revenue, 300)

    def test_follows_changed_lines_and_another_opportunity(self):
        other = self._create_lead(name="Other", expected_revenue=5)
        self.lead.expected_revenue = 100
        order = self._create_order((600, 1, 0))
        order.order_line = [Command.update(order.order_line.id, {"price_unit": 700})]
        self.assertEqual(self.lead.expected_revenue, 700)
        order.opportunity_id = other
        self.assertEqual((self.lead.expected_revenue, other.expected_revenue), (100, 700))

    def test_orders_that_the_user_does_not_see_count(self):
        self._create_order((600, 1, 0), user_id=self.boss.id)
        self._confirm(self._create_order((50, 1, 0), confirm=False))
        self.assertEqual(self.lead.expected_revenue, 650)

    def test_merged_opportunities_add_their_orders(self):
        other = self._create_lead(name="Double", probability=1)
        self.lead.probability = 90
        self._create_order((600, 1, 0))
        self._create_order((50, 1, 0), opportunity_id=other.id)
        merged = (self.lead | other).with_user(self.seller).merge_opportunity()
        self.assertEqual(merged, self.lead)
        self.assertEqual(merged.expected_revenue, 650)

    def test_won_on_confirmation_is_an_option(self):
        self._confirm(self._create_order(confirm=False))
        self.assertEqual(self.lead.won_status, "pending")
        self.env.company.crm_won_on_confirmation = True
        self._confirm(self._create_order(confirm=False))
        self.assertEqual(self.lead.won_status, "won")

    def test_won_on_confirmation_of_a_colleagues_opportunity(self):
        self.env.company.crm_won_on_confirmation = True
        self.lead.user_id = self.colleague
        self._confirm(self._create_order(confirm=False), self.seller)
        self.assertEqual(self.lead.won_status, "won")

    def test_lost_opportunity_stays_lost(self):
        self.env.company.crm_won_on_confirmation = True
        order = self._create_order(confirm=False)
        self.lead.action_set_lost()
        self._confirm(order)
        self.assertEqual(self.lead.won_status, "lost")

    def test_setting(self):
        settings = self.env["res.config.settings"].sudo().create({"crm_won_on_confirmation": True})
        settings.execute()
        self.assertTrue(self.env.company.crm_won_on_confirmation)
