from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.addons.crm_rfm.models.crm_rfm_model_recommend import MAX_BASKET
from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import basket
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL


class RecommendCase(RfmCommon):
    """Six products, four customers, orders of the past."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"].create(
            [{"name": f"Product {number}", "type": "service"} for number in range(6)]
        )
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(4)]
        )
        cls.rfm.write({"source": "order", "pair_min_orders": 2})

    @classmethod
    def _order(cls, customer, days_ago, numbers, confirm=True):
        """An order of some products, by SQL where many are made."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "company_id": cls.company.id,
                "order_line": [
                    Command.create({"product_id": cls.products[number].id, "price_unit": 10, "tax_ids": False})
                    for number in numbers
                ],
            }
        )
        day = AS_OF - timedelta(days=days_ago)
        order.write({"date_order": f"{day} 12:00:00", "state": "sale" if confirm else "draft"})
        return order

    def _run(self):
        self._compute()
        self.rfm.with_user(self.manager).action_compute_recommendations()

    def _pairs(self):
        return {
            (self.products.ids.index(pair.product_id.id), self.products.ids.index(pair.other_id.id)): pair
            for pair in self.env["crm.rfm.pair"].search([("model_id", "=", self.rfm.id)])
        }

    def _recommended(self, customer):
        items = self.env["crm.rfm.recommendation"].search(
            [("model_id", "=", self.rfm.id), ("partner_id", "=", customer.id)]
        )
        return {(item.kind, self.products.ids.index(item.product_id.id)) for item in items}


@tagged("post_install", "-at_install")
class TestRecommend(RecommendCase):
    def test_pairs(self):
        for days in (10, 20, 30):
            self._order(self.customers[0], days, (0, 1))
        self._order(self.customers[1], 40, (0, 2))
        self._order(self.customers[1], 50, (3,))
        self._order(self.customers[1], 60, (0, 3), confirm=False)
        self._run()
        pairs = self._pairs()
        self.assertEqual(set(pairs), {(0, 1), (1, 0)})
        pair = pairs[0, 1]
        self.assertEqual((pair.both_orders, pair.product_orders), (3, 4))
        self.assertEqual((pair.support, pair.confidence, pair.lift), (0.6, 0.75, 1.25))
        self.assertEqual(pair.summary, "3 of 4 orders with the product have the other too, 1.2 times chance.")

    def test_notes_down_payments_and_returns_do_not_count(self):
        for days in (10, 20):
            order = self._order(self.customers[0], days, (0, 1, 2, 3))
            order.order_line[1].is_downpayment = True
            order.order_line[2].product_uom_qty = -1
            order.write({"order_line": [Command.create({"display_type": "line_note", "name": "Note"})]})
        self._run()
        self.assertEqual(set(self._pairs()), {(0, 3), (3, 0)})

    def test_new_product_with_its_reason(self):
        for days in (10, 20):
            self._order(self.customers[0], days, (0, 1))
        self._order(self.customers[1], 15, (0,))
        self._order(self.customers[2], 15, (4,))
        self._run()
        self.assertEqual(self._recommended(self.customers[1]), {("new", 1)})
        self.assertEqual(self._recommended(self.customers[0]), set())
        self.assertEqual(self._recommended(self.customers[2]), set())
        item = self.env["crm.rfm.recommendation"].search([("partner_id", "=", self.customers[1].id)])
        self.assertEqual(
            item.with_user(self.reader).reason,
            "Buys Product 0: 2 of 3 orders with the product have the other too, 1.3 times chance.",
        )

    def test_archived_and_unsellable_products_are_not_recommended(self):
        for days in (10, 20):
            self._order(self.customers[0], days, (0, 1, 2))
        self._order(self.customers[1], 15, (0,))
        self.products[1].active = False
        self.products[2].sale_ok = False
        self._run()
        self.assertEqual(self._recommended(self.customers[1]), set())

    def test_due_again(self):
        for days in (100, 70, 40, 12):
            self._order(self.customers[0], days, (0,))  # every 30 days: due in 18 days, not yet
            self._order(self.customers[1], days + 18, (0,))  # due on the day
            self._order(self.customers[2], days + 120, (0,))  # stopped long ago
        for days in (40, 10):
            self._order(self.customers[3], days, (0,))  # twice is no habit
        self._run()
        found = [self._recommended(customer) for customer in self.customers]
        self.assertEqual(found, [set(), {("again", 0)}, set(), set()])
        item = self.env["crm.rfm.recommendation"].search([("partner_id", "=", self.customers[1].id)])
        self.assertEqual((item.times, item.gap_days, item.due_on), (4, 30, AS_OF))
        self.assertIn("Bought on 4 days, usually every 30 days", item.reason)

    def test_opted_out_customer(self):
        for days in (100, 70, 40, 12):
            self._order(self.customers[1], days + 18, (0,))
        self._run()
        self.customers[1].with_user(self.env.ref("base.user_admin")).rfm_opt_out = True
        self.assertEqual(self._recommended(self.customers[1]), set())
        self._run()
        self.assertEqual(self._recommended(self.customers[1]), set())

    def test_erased_at_night_for_who_left_unnoticed(self):
        """As if somebody had objected in another transaction while recommendations were being made."""
        for days in (100, 70, 40, 12):
            self._order(self.customers[1], days + 18, (0,))
            self._order(self.customers[2], days + 18, (0,))
        self._run()
        self.env.cr.execute("UPDATE res_partner SET rfm_opt_out = TRUE WHERE id = %s", [self.customers[1].id])
        self.env.invalidate_all()
        self.env["res.partner"]._erase_rfm_left_over()
        self.assertEqual(self._recommended(self.customers[1]), set())
        self.assertEqual(self._recommended(self.customers[2]), {("again", 0)})

    def test_switched_off(self):
        for days in (10, 20):
            self._order(self.customers[0], days, (0, 1))
        self._run()
        self.rfm.recommend = False
        self._run()
        self.assertFalse(self._pairs())

    def test_merge_drops_what_the_merged_customer_was_recommended(self):
        for days in (10, 20):
            self._order(self.customers[0], days, (0, 1))
        for customer in self.customers[1:3]:
            self._order(customer, 15, (0,))
        self._order(self.customers[3], 15, (4,))
        self._run()
        source, target = self.customers[1:3]
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((source + target).ids, target)
        self.assertEqual(self._recommended(target), {("new", 1)})

    def test_who_may_do_what(self):
        for days in (10, 20):
            self._order(self.customers[0], days, (0, 1))
        self._order(self.customers[1], 15, (0,))
        self._order(self.customers[3], 15, (4,))
        self.customers[1].user_id = self.reader
        self._run()
        domain = [("model_id", "=", self.rfm.id)]
        Item = self.env["crm.rfm.recommendation"]
        self.assertEqual([Item.with_user(user).search_count(domain) for user in (self.seller, self.auditor)], [0, 1])
        self.assertEqual(self.env["crm.rfm.pair"].with_user(self.seller).search_count(domain), 2)
        for user in (self.seller, self.reader, self.auditor):
            with self.assertRaises(AccessError):
                self.rfm.with_user(user).action_compute_recommendations()
        portal = new_test_user(self.env, "rfm_portal", groups="base.group_portal")
        for user in (self.nobody, portal):
            for name in ("crm.rfm.recommendation", "crm.rfm.pair"):
                with self.assertRaises(AccessError):
                    self.env[name].with_user(user).search([])

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=12), st.integers(1, 3))
    def test_sql_equals_pure_function(self, baskets, min_both):
        with self.env.cr.savepoint() as savepoint:
            template = self._order(self.customers[0], 5, ())
            lines = self._order(self.customers[0], 500, (0,)).order_line
            self.env.flush_all()
            ids = []
            for numbers in baskets:
                self._insert_documents([{"name": "basket"}], template, "sale_order")
                [[order_id]] = self.env.execute_query(SQL("SELECT max(id) FROM sale_order"))
                ids.append(order_id)
                self._insert_documents(
                    [{"order_id": order_id, "product_id": self.products[number].id} for number in numbers],
                    lines,
                    "sale_order_line",
                )
            self.rfm.pair_min_orders = min_both
            self.rfm.scored_as_of = AS_OF
            self.rfm._compute_recommendations()
            found = {
                key: (pair.both_orders, pair.product_orders, round(pair.lift, 9)) for key, pair in self._pairs().items()
            }
            expected = {
                key: (both, own, round(basket.measures(both, own, other, total)[2], 9))
                for key, (both, own, other, total) in basket.pairs(baskets, MAX_BASKET, min_both).items()
            }
            self.assertEqual(found, expected)
            savepoint.rollback()
        self.env.invalidate_all()
