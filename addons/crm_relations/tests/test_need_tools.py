import doctest
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import need

DAYS = st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))


@tagged("post_install", "-at_install", "pure")
class TestNeedTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(need)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 3)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(DAYS, DAYS, DAYS)
    def test_the_last_day_named_counts(self, wanted, end, review):
        due = need.due_until(wanted, end, review)
        named = [day for day in (wanted, end, review) if day]
        self.assertEqual(due is None, not named)
        if named:
            self.assertIn(due, named)
            self.assertTrue(all(day <= due for day in named))

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-10, 400))
    def test_the_limit_never_lies_ahead(self, today, grace):
        limit = need.lapse_limit(today, grace)
        self.assertLessEqual(limit, today)
        self.assertEqual(today - limit, timedelta(days=max(grace, 0)))

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(sorted(need.TRANSITIONS)), st.sampled_from(sorted(need.TRANSITIONS)))
    def test_every_state_leads_back_to_open(self, state, target):
        self.assertFalse(need.may_move(state, state))
        self.assertTrue(state == "open" or need.may_move(state, "open"))
        if state in ("met", "lost"):
            self.assertEqual(need.may_move(state, target), target == "open")

    def test_scores_of_matches(self):
        self.assertEqual(need.NeedMatch("product.product", 1, 0.5).score, 0.5)
        for score in (-0.1, 1.1):
            with self.assertRaises(ValueError):
                need.NeedMatch("product.product", 1, score)
