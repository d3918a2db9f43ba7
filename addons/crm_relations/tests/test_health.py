import doctest
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import health

START = datetime(2026, 1, 1)
DAYS = st.lists(st.integers(0, 700), max_size=12)


@tagged("post_install", "-at_install", "pure")
class TestHealth(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(health)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 0)

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(DAYS, st.integers(0, 400))
    def test_silence_needs_a_rhythm_and_time(self, days, quiet):
        moments = [START + timedelta(days=day) for day in days]
        now = max(moments, default=START) + timedelta(days=quiet)
        silent = health.silent_days(moments, now)
        if len(moments) < health.MIN_CONTACTS or quiet <= health.MIN_SILENCE_DAYS:
            self.assertEqual(silent, 0)
        else:
            self.assertEqual(silent, quiet if quiet > health.SILENCE_FACTOR * health.usual_gap(moments) else 0)

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(DAYS)
    def test_order_does_not_matter(self, days):
        moments = [START + timedelta(days=day) for day in days]
        self.assertEqual(health.usual_gap(moments), health.usual_gap(moments[::-1]))

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.sampled_from(["danger", "warning", "info", "success", False])), st.integers(0, 3))
    def test_the_worst_tone_decides(self, tones, contacts):
        level = health.level(tones, contacts)
        self.assertIn(level, health.LEVELS)
        self.assertEqual(level == "risk", "danger" in tones)
        self.assertEqual(level in ("good", "new"), not {"danger", "warning"} & set(tones))
