import doctest
import random
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from ..tools import order_votes
from .common import BridgeCommon

ORDERS = st.lists(st.tuples(st.dates(), st.integers(1, 1000), st.sets(st.integers(1, 5), max_size=4)), max_size=8)


@tagged("post_install", "-at_install", "pure")
class TestOrderVoteTools(BaseCase):
    def test_examples(self):
        self.assertEqual(doctest.testmod(order_votes).failed, 0)

    @settings(deadline=None)
    @given(ORDERS)
    def test_order_of_entry_does_not_matter(self, orders):
        self.assertEqual(order_votes.order_vote(orders), order_votes.order_vote(orders[::-1]))

    @settings(deadline=None)
    @given(ORDERS, st.integers(2, 50))
    def test_the_currency_does_not_matter(self, orders, rate):
        scaled = [(day, amount * rate, products) for day, amount, products in orders]
        self.assertEqual(order_votes.order_vote(orders), order_votes.order_vote(scaled))


@tagged("post_install", "-at_install")
class TestOrderVotes(BridgeCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("crm_relations.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"].create(
            [{"name": f"P{i}", "type": "service", "list_price": 1, "taxes_id": False} for i in range(5)]
        )

    def _orders(self, orders_by_customer):
        """Confirmed orders of each customer from (days ago, amount, positions of products)."""
        values, days = [], []
        for customer, orders in orders_by_customer.items():
            for ago, amount, positions in orders:
                price = amount / max(len(positions), 1)
                lines = [
                    Command.create({"product_id": self.products[i].id, "price_unit": price, "tax_ids": False})
                    for i in positions
                ]
                values.append({"partner_id": customer.id, "order_line": lines})
                days.append((ago, amount))
        orders = self.env["sale.order"].create(values)
        self.env.flush_all()
        for order, (ago, amount) in zip(orders, days, strict=True):
            self.env.cr.execute(
                "UPDATE sale_order SET state = 'sale', date_order = %s, amount_untaxed = %s, currency_rate = 1 "
                "WHERE id = %s",
                [datetime.combine(self._today() - timedelta(days=ago), datetime.min.time()), amount, order.id],
            )
        self.env.invalidate_all()
        return orders

    def _today(self):
        return fields.Date.today()

    def _sql_votes(self, partners):
        query = self.env["crm.partner.group"]._vote_of_orders(
            lambda column: SQL("%s IN %s", column, tuple(partners.ids))
        )
        return {partner: (requirement, stability) for partner, requirement, stability in self.env.execute_query(query)}

    def test_sql_and_function_agree_on_random_orders(self):
        rng = random.Random(20260101)
        partners = self.env["res.partner"].create([{"name": f"Buyer {i}"} for i in range(40)])
        history = {}
        for position, partner in enumerate(partners):
            # a quarter buys regularly, so that every kind of vote occurs
            days = [10, 40, 70, 100] if position % 4 == 0 else [5, 30, 60, 90, 95, 300, 700]
            numbers = range(3 + position % 2) if position % 4 == 0 else range(rng.randint(0, 6))
            history[partner] = [
                (
                    days[number] if position % 4 == 0 else rng.choice(days),
                    rng.choice([100, 100, 110, 300 if position % 4 else 90]),
                    rng.sample(range(5), rng.randint(0, 3 if position % 8 else 2)),
                )
                for number in numbers
            ]
        self._orders(history)
        expected = {}
        for partner, orders in history.items():
            vote = order_votes.order_vote(
                [(self._today() - timedelta(days=ago), amount, positions) for ago, amount, positions in orders]
            )
            if len(orders) >= order_votes.LEAST_ORDERS:
                expected[partner.id] = vote
        self.assertEqual(self._sql_votes(partners), expected)
        kinds = {(need, when) for need in ("general", "specific") for when in ("uniform", "variable")}
        self.assertLessEqual(kinds, set(expected.values()), "every kind of vote occurs")

    def test_group_of_a_customer_follows_its_orders(self):
        steady, demanding = self.env["res.partner"].create([{"name": "Steady"}, {"name": "Demanding"}])
        person = self.env["res.partner"].create({"name": "Buyer of it", "parent_id": steady.id})
        self._orders(
            {
                steady: [(90, 100, [0, 1]), (60, 110, [0, 1])],
                person: [(30, 90, [0, 2])],
                demanding: [(200, 100, [0]), (190, 900, [1]), (10, 20, [2])],
            }
        )
        self.env["crm.partner.group"]._refresh(steady | demanding)
        self.assertEqual((steady.crm_group, demanding.crm_group), ("I", "IV"))
        rows = self.env["crm.partner.group"].search([("partner_id", "in", (steady | demanding).ids)])
        self.assertEqual(rows.mapped("votes_general"), [1, 0])
        self.env["crm.need"].create(
            [{"partner_id": steady.id, "statement": "x", "requirement": "specific", "stability": "variable"}] * 2
        )
        self.assertEqual(steady.crm_group, "IV", "two needs outvote the orders")

    def test_old_cancelled_and_draft_orders_say_nothing(self):
        partner = self.env["res.partner"].create({"name": "Former"})
        orders = self._orders({partner: [(10, 100, [0]), (40, 100, [0]), (70, 100, [0]), (800, 100, [0])]})
        self.assertEqual(self._sql_votes(partner), {partner.id: ("general", "uniform")})
        for state in ("draft", "cancel"):
            self.env.cr.execute("UPDATE sale_order SET state = %s WHERE id = %s", [state, orders[0].id])
            self.assertEqual(self._sql_votes(partner), {})
