import doctest
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import alert

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@tagged("post_install", "-at_install", "pure")
class TestAlertTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(alert)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 3)

    @unhurried
    @given(DAYS, st.integers(1900, 2100))
    def test_everybody_has_a_birthday_every_year(self, birth, year):
        day = alert.birthday_in(birth, year)
        self.assertEqual((day.year, day.month), (year, birth.month))
        self.assertEqual(day.day, birth.day if (birth.month, birth.day) != (2, 29) else min(29, day.day))

    @unhurried
    @given(DAYS, DAYS, st.integers(0, 300))
    def test_a_near_birthday_is_near(self, birth, today, ahead):
        day = alert.birthday_near(birth, today, ahead)
        if day:
            self.assertTrue(today - timedelta(days=3) <= day <= today + timedelta(days=ahead))
            self.assertGreater(day, birth)

    @unhurried
    @given(DAYS.filter(lambda day: day.year < 2000), st.dates(date(2001, 1, 1), date(2099, 1, 1)))
    def test_no_birthday_is_missed_by_a_job_that_sleeps_two_days(self, birth, start):
        found = {alert.birthday_near(birth, start + timedelta(days=step), 0) for step in range(0, 370, 3)}
        self.assertTrue(found - {None})

    @unhurried
    @given(DAYS, st.integers(0, 60), st.integers(0, 60))
    def test_reminders_keep_their_distance(self, last, passed, every):
        again = alert.fires_again(last, last + timedelta(days=passed), every)
        self.assertEqual(again, 0 < every <= passed)
