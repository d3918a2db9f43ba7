from datetime import date

from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from ..tools import commission
from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestCommission(BridgeCommon):
    """Rates: 2 % from 0, 10 % of what is above 1,000. Invoices of January and February 2026, reckoned in March."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("invoiced")

    @classmethod
    def _rule(cls, base, **values):
        return cls.env["crm.commission.rule"].create(
            {
                "name": f"Field sales {base}",
                "base": base,
                "date_from": "2026-01-01",
                "user_ids": [Command.set(cls.seller.ids)],
                "tier_ids": [
                    Command.create({"amount_from": 0, "rate": 2}), Command.create({"amount_from": 1000, "rate": 10})
                ],
            }
            | values
        )  # fmt: skip

    def _sold(self, amount, day, user=None):
        order = self._create_order((amount, 1, 0), user_id=(user or self.seller).id)
        invoice = self._invoice(order, post=False)
        invoice.invoice_date = day
        invoice.action_post()
        return invoice

    def _credited(self, invoice, day):
        refund = self._credit(invoice, post=False)
        refund.invoice_date = day
        refund.action_post()
        return refund

    def _reckon(self, day="2026-03-05", rule=None):
        with freeze_time(day):
            (rule or self.rule).with_user(self.boss).action_compute()
        return self._statements(rule)

    def _statements(self, rule=None):
        """(first day, base, earned, taken back, commission, state) of each statement, oldest first."""
        self.env.invalidate_all()
        found = (rule or self.rule).statement_ids.sorted(lambda one: (one.date_from, one.user_id.id))
        return [
            (one.date_from.month, one.base_amount, one.earned_amount, one.claw_amount, one.amount, one.state)
            for one in found
        ]

    def _confirm(self, month, day="2026-03-05", rule=None):
        with freeze_time(day):
            (rule or self.rule).statement_ids.filtered(lambda one: one.date_from.month == month).with_user(
                self.boss
            ).action_confirm()

    def test_tiers_by_month_and_twice_is_once(self):
        self._sold(700, "2026-01-10")
        self._sold(800, "2026-01-31")
        self._sold(100, "2026-02-01")
        self._sold(5000, "2026-02-02", user=self.colleague)
        expected = [(1, 1500, 70, 0, 70, "draft"), (2, 100, 2, 0, 2, "draft")]
        self.assertEqual(self._reckon(), expected)
        ids = self.rule.statement_ids.ids
        self.assertEqual(self._reckon(), expected)
        self.assertEqual(self.rule.statement_ids.ids, ids)
        self.assertEqual(len(self.rule.statement_ids.line_ids), 3)

    def test_everybody_and_the_whole_at_the_highest_rate(self):
        rule = self._rule("invoiced", user_ids=[Command.clear()], progressive=False)
        self._sold(1500, "2026-01-10")
        self._sold(300, "2026-01-10", user=self.colleague)
        self.assertEqual(
            self._reckon(rule=rule),
            [(1, 1500, 150, 0, 150, "draft"), (1, 300, 6, 0, 6, "draft")]
            if self.seller.id < self.colleague.id
            else [(1, 300, 6, 0, 6, "draft"), (1, 1500, 150, 0, 150, "draft")],
        )

    def test_a_rule_for_one_who_left_is_none_for_everybody(self):
        """What the one sold before is still reckoned; nobody else gets a commission by it."""
        self._sold(1500, "2026-01-10")
        self._sold(300, "2026-01-10", user=self.colleague)
        self.seller.sudo().active = False
        self.env.invalidate_all()
        self.assertEqual(self._reckon(), [(1, 1500, 70, 0, 70, "draft")])

    def test_a_credit_note_of_the_same_month_lowers_the_base(self):
        invoice = self._sold(1500, "2026-01-10")
        self._credited(invoice, "2026-01-20")
        self._sold(200, "2026-01-21")
        self.assertEqual(self._reckon(), [(1, 200, 4, 0, 4, "draft")])

    def test_a_later_credit_note_takes_back_what_was_paid(self):
        """1,500 earned 70, that is 4.6667 %; 1,500 credited in February take back these 70, not 2 %."""
        invoice = self._sold(1500, "2026-01-10")
        self._reckon("2026-02-01")
        self._confirm(1, "2026-02-01")
        self._credited(invoice, "2026-02-20")
        self._sold(500, "2026-02-21")
        self.assertEqual(
            self._reckon(), [(1, 1500, 70, 0, 70, "confirmed"), (2, 500, 10, -70, -60, "draft")]
        )
        claw = self.rule.statement_ids.line_ids.filtered("is_claw")
        self.assertEqual((claw.amount, claw.date, claw.move_id.move_type), (-1500, date(2026, 2, 20), "out_refund"))

    def test_a_confirmed_statement_stays_and_the_next_one_corrects(self):
        first = self._sold(1000, "2026-01-10")
        self._reckon("2026-02-01")
        self._confirm(1, "2026-02-01")
        self._sold(400, "2026-01-30")  # posted late, with an earlier date
        first.button_draft()  # and the confirmed one withdrawn
        self.assertEqual(
            self._reckon(), [(1, 1000, 20, 0, 20, "confirmed"), (2, 400, 8, -20, -12, "draft")]
        )
        self.assertEqual(self._reckon()[1], (2, 400, 8, -20, -12, "draft"))

    def test_paid_counts_when_the_money_comes(self):
        rule = self._rule("collected")
        invoice = self._sold(1000, "2026-01-10")
        self._pay(invoice, 575, payment_date="2026-01-15")
        self._pay(invoice, 575, payment_date="2026-02-15")
        self.assertEqual(
            self._reckon(rule=rule), [(1, 500, 10, 0, 10, "draft"), (2, 500, 10, 0, 10, "draft")]
        )
        unpaid = self._sold(300, "2026-02-16")
        self._credited(unpaid, "2026-02-17")
        self.assertEqual(self._reckon(rule=rule)[1], (2, 500, 10, 0, 10, "draft"))

    def test_margin_at_cost_and_frozen_once_confirmed(self):
        self.service.standard_price = 30
        rule = self._rule("margin")
        self._sold(100, "2026-01-10")
        self.assertEqual(self._reckon("2026-02-01", rule), [(1, 70, 1.4, 0, 1.4, "draft")])
        self._confirm(1, "2026-02-01", rule)
        self.service.standard_price = 50
        self.assertEqual(self._reckon(rule=rule), [(1, 70, 1.4, 0, 1.4, "confirmed")])

    def test_only_the_products_of_a_category(self):
        category = self.env["product.category"].create({"name": "Trees"})
        rule = self._rule("invoiced", categ_id=category.id)
        self._sold(100, "2026-01-10")
        self.assertEqual(self._reckon(rule=rule), [])
        self.service.categ_id = category
        self.assertEqual(self._reckon(rule=rule), [(1, 100, 2, 0, 2, "draft")])

    def test_what_is_taken_back_in_the_same_run(self):
        """January and February are reckoned at once: the rate of January counts, as when it was reckoned before."""
        self._credited(self._sold(1500, "2026-01-10"), "2026-02-20")
        expected = [(1, 1500, 70, 0, 70, "draft"), (2, 0, 0, -70, -70, "draft")]
        self.assertEqual(self._reckon(), expected)
        self.assertEqual(self._reckon(), expected)

    def test_a_rule_for_somebody_who_left_is_not_for_everybody(self):
        self._sold(1000, "2026-01-10", user=self.colleague)
        self._sold(500, "2026-01-10")
        self.seller.sudo().active = False
        self.assertEqual(self._reckon(), [(1, 500, 10, 0, 10, "draft")])
        copied = self.rule.copy().with_context(active_test=False)
        self.assertEqual(copied.user_ids, self.seller)

    def test_drafts_of_other_periods_go(self):
        self._sold(100, "2026-01-10")
        self._sold(100, "2026-02-10")
        self._reckon()
        self.rule.with_user(self.boss).period = "quarter"
        self.assertEqual(self._reckon(), [(1, 200, 4, 0, 4, "draft")])
        self.assertEqual(self.rule.statement_ids.date_to, date(2026, 3, 31))

    def test_a_rule_that_begins_earlier_is_reckoned_from_there(self):
        self.rule.date_from = "2026-02-01"
        self._sold(700, "2026-01-10")
        self._sold(700, "2026-02-10")
        self.assertEqual(self._reckon(), [(2, 700, 14, 0, 14, "draft")])
        self.rule.with_user(self.boss).date_from = "2026-01-01"
        self.assertEqual(self._reckon(), [(1, 700, 14, 0, 14, "draft"), (2, 700, 14, 0, 14, "draft")])

    def test_what_may_not_be_confirmed(self):
        self._sold(100, "2026-01-10")
        self._sold(100, "2026-02-10")
        self._reckon("2026-02-20")
        with self.assertRaises(UserError):
            self._confirm(2, "2026-02-20")
        self._reckon()
        with self.assertRaises(UserError):
            self._confirm(2)
        self._confirm(1)
        self._confirm(2)
        with self.assertRaises(UserError):
            self.rule.statement_ids[-1:].with_user(self.boss).action_reopen()
        with self.assertRaises(UserError):
            self.rule.with_user(self.boss).base = "margin"
        self.assertEqual([row[5] for row in self._statements()], ["confirmed", "confirmed"])
        self.rule.statement_ids.with_user(self.boss).action_paid()
        self.assertEqual([row[5] for row in self._statements()], ["paid", "paid"])

    def test_everybody_sees_the_own_statements_only(self):
        self._sold(100, "2026-01-10")
        self._reckon()
        statements = self.env["crm.commission.statement"]
        seen = {
            user: statements.with_user(user).search_count([("rule_id", "=", self.rule.id)])
            for user in (self.seller, self.colleague, self.boss, self.accountant, self.auditor)
        }
        self.assertEqual(list(seen.values()), [1, 0, 1, 1, 1])
        own = self.rule.statement_ids.with_user(self.seller)
        self.assertEqual((own.amount, own.line_ids.amount), (2, 100))
        for method in ("action_confirm", "action_paid", "action_reopen"):
            with self.assertRaises(AccessError):
                getattr(own, method)()
        with self.assertRaises(AccessError):
            own.write({"state": "paid"})
        with self.assertRaises(AccessError):
            self.rule.with_user(self.seller).action_compute()
        with self.assertRaises(AccessError):
            self.rule.statement_ids.with_user(self.worker).read(["amount"])
        self.assertEqual(own.state, "draft")

    def test_a_rule_without_rates_and_two_rates_from_one_amount(self):
        with self.assertRaises(ValidationError):
            self._rule("invoiced", tier_ids=[])

    def test_queries_do_not_grow_with_the_documents(self):
        counts = []
        for size in (3, 30):
            orders = self._create_order(confirm=False)
            for _number in range(size - 1):
                orders |= orders[0].copy()
            orders.action_confirm()
            invoices = orders._create_invoices(grouped=True)
            invoices.write({"invoice_date": "2026-01-05", "invoice_user_id": self.seller.id})
            invoices.action_post()
            self._reckon("2026-01-20")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            with freeze_time("2026-01-20"):
                self.rule.sudo()._reckon(date(2026, 1, 20))
                self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


tiers = st.lists(
    st.tuples(st.integers(0, 100_000), st.integers(0, 10_000).map(lambda rate: rate / 100)), min_size=1, max_size=5,
    unique_by=lambda tier: tier[0],
)  # fmt: skip


@tagged("post_install", "-at_install", "pure")
class TestTiers(BaseCase):
    @settings(max_examples=200, deadline=None)
    @given(st.floats(0, 1e6), st.floats(0, 1e6), tiers)
    def test_more_never_earns_less_when_rates_count_for_their_part(self, one, other, rates):
        low, high = sorted((one, other))
        self.assertLessEqual(
            commission.earned(low, rates, True), commission.earned(high, rates, True) + 1e-6
        )

    @settings(max_examples=200, deadline=None)
    @given(st.floats(0, 1e6), st.floats(0, 100))
    def test_one_rate_is_the_same_either_way(self, base, rate):
        self.assertAlmostEqual(
            commission.earned(base, [(0, rate)], True), commission.earned(base, [(0, rate)], False), places=6
        )

    @settings(max_examples=200, deadline=None)
    @given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(sorted(commission.MONTHS)))
    def test_every_day_lies_in_one_period(self, day, period):
        self.assertLessEqual(commission.first_day(day, period), day)
        self.assertLessEqual(day, commission.last_day(day, period))
        self.assertEqual(commission.first_day(commission.last_day(day, period), period),
                         commission.first_day(day, period))  # fmt: skip
