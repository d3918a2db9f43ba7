import doctest
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import interaction as rules

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))


@tagged("post_install", "-at_install", "pure")
class TestInteractionTools(BaseCase):
    def test_examples(self):
        self.assertEqual(doctest.testmod(rules).failed, 0)

    @settings(deadline=None)
    @given(st.text(max_size=300))
    def test_a_clean_number_stays_clean(self, text):
        once = rules.clean_number(text)
        self.assertEqual(rules.clean_number(once), once)
        self.assertLessEqual(len(once), 200)

    @settings(deadline=None)
    @given(
        st.text("0123456789", min_size=6, max_size=12), st.sampled_from(["{}", " {} ", "tel:{}", "callto:{}", "{}\t"])
    )
    def test_what_is_around_a_number_does_not_matter(self, digits, shape):
        self.assertEqual(rules.clean_number(shape.format(digits)), digits)

    @settings(deadline=None)
    @given(st.text(max_size=40), MOMENTS)
    def test_a_moment_is_named_to_the_minute(self, objective, moment):
        start = moment.replace(second=0, microsecond=0)
        key = rules.bulk_key("event", "out", objective, start)
        self.assertEqual(rules.bulk_key("event", "out", f" {objective} ", start + timedelta(seconds=59)), key)
        self.assertNotEqual(rules.bulk_key("event", "out", objective, start + timedelta(minutes=1)), key)
        self.assertEqual(len(key), 24)
