from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import contract as rules

# on a busy machine values take longer to draw than hypothesis likes
unhurried = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@tagged("post_install", "-at_install", "pure")
class TestContractTools(BaseCase):
    starts = st.dates(date(2000, 1, 1), date(2100, 1, 1))

    @unhurried
    @given(starts, st.integers(1, 24), st.dates(date(2000, 1, 1), date(2110, 1, 1)), st.integers(0, 5))
    def test_periods_follow_each_other_without_gap(self, start, months, upto, left_out):
        days = rules.periods(start, None, months, upto)
        self.assertEqual(days, sorted(set(days)))
        self.assertTrue(all(start <= day <= upto for day in days))
        self.assertEqual(rules.next_period(start, None, months, set(days)),
                         rules.period_start(start, months, len(days)))
        if days:
            missing = days[left_out % len(days)]
            self.assertEqual(rules.next_period(start, None, months, set(days) - {missing}), missing)
            self.assertEqual(rules.periods(start, days[-1], months, upto), days)

    @unhurried
    @given(starts, st.integers(1, 24), st.integers(0, 20))
    def test_nothing_after_the_end(self, start, months, number):
        end = rules.period_start(start, months, number)
        days = rules.periods(start, end, months, date(2999, 1, 1))
        self.assertEqual((len(days), days[-1]), (number + 1, end))
        self.assertIsNone(rules.next_period(start, end, months, set(days)))

    @unhurried
    @given(st.integers(1, 10**6), st.integers(1, 20), st.integers(1, 24), starts, st.integers(0, 200))
    def test_indexation_rises_by_steps(self, price, percent, months, start, steps):
        before = rules.indexed(price, percent, months, start, rules.period_start(start, months, steps))
        self.assertAlmostEqual(before, price * (1 + percent / 100) ** steps, delta=before * 1e-9)
        self.assertEqual(rules.indexed(price, 0, months, start, date(2999, 1, 1)), price)

    @unhurried
    @given(starts, st.integers(1, 60), starts)
    def test_renewed_until_today(self, end, months, today):
        new = rules.renewed(end, months, today)
        self.assertGreaterEqual(new, min(max(today, end), new))
        self.assertGreaterEqual(new, end)
        self.assertTrue(new >= today)

    @unhurried
    @given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
    def test_what_ends_with_the_month_goes_on_doing_so(self, day, months):
        end = day.replace(day=1) - timedelta(days=1)
        renewed = rules.renewed(end, months, end + timedelta(days=1))
        self.assertEqual((renewed + timedelta(days=1)).day, 1)
        self.assertEqual(renewed, rules.term_end(end, months, 1))

    @unhurried
    @given(starts, st.integers(1, 12), st.integers(0, 30), st.integers(0, 27))
    def test_the_days_of_all_periods_are_those_of_the_contract(self, start, months, number, days):
        """Whatever the calendar: what is paid by days adds up to the term, and only the ends are partial."""
        for calendar in (False, True):
            end = rules.period_start(start, months, number, calendar) + timedelta(days=days)
            begun = rules.periods(start, end, months, date(2999, 1, 1), calendar)
            shares = [rules.share(start, end, months, place, calendar) for place in range(len(begun))]
            if calendar or start.day <= 28:
                self.assertEqual(sum(covered for covered, _all in shares), (end - start).days + 1)
            self.assertTrue(all(covered == whole for covered, whole in shares[1:-1]))
            self.assertTrue(all(0 < covered <= whole for covered, whole in shares))

    @unhurried
    @given(st.integers(1, 10**6), st.dictionaries(starts, st.integers(1, 500), min_size=1), starts, starts)
    def test_a_series_that_stands_still_changes_nothing(self, price, values, start, day):
        flat = dict.fromkeys(values, 7)
        found = rules.indexed_by(price, flat, 12, start, day)
        self.assertEqual(found, None if min(values) > start else price)
