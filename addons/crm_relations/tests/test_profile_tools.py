from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import industry, profile

days = st.dates(date(1880, 1, 1), date(2100, 12, 31))


@tagged("post_install", "-at_install", "pure")
class TestProfileTools(BaseCase):
    @given(days, days)
    @example(date(2000, 2, 29), date(2025, 2, 28))
    @example(date(2000, 2, 29), date(2025, 3, 1))
    @settings(max_examples=300, deadline=None)
    def test_age_and_birth_range_agree(self, birth, today):
        """A birth date lies in the range of an age exactly when it gives that age."""
        if birth > today:
            birth, today = today, birth
        years = profile.age(birth, today)
        self.assertGreaterEqual(years, 0)
        for asked in (years - 1, years, years + 1):
            limits = profile.birth_range(asked, asked, today)
            inside = limits is not None and (limits[0] is None or limits[0] <= birth) and birth <= limits[1]
            self.assertEqual(inside, asked == years, (birth, today, asked))

    @given(days, st.integers(0, 150))
    @settings(max_examples=200, deadline=None)
    def test_latest_birth_is_the_latest(self, today, years):
        latest = profile.latest_birth(years, today)
        self.assertGreaterEqual(profile.age(latest, today), years)
        self.assertLess(profile.age(latest + timedelta(days=1), today), max(years, 1))

    def test_birth_range_without_anybody(self):
        self.assertIsNone(profile.birth_range(5000, None, date(2026, 1, 1)))
        self.assertIsNone(profile.birth_range(40, 30, date(2026, 1, 1)))

    @given(st.integers(0, 130))
    def test_every_age_has_one_band(self, years):
        low, high = profile.band_limits(profile.age_band(years))
        self.assertTrue(low <= years and (high is None or years <= high))
        self.assertEqual(
            sum(low <= years and (high is None or years <= high) for _code, low, high in profile.AGE_BANDS), 1
        )

    def test_code_variants(self):
        self.assertEqual(industry.code_variants("6201"), ["6201", "62.01"])
        self.assertEqual(industry.code_variants("J62.01"), ["J62.01", "6201", "62.01"])
        self.assertEqual(industry.code_variants("62"), ["62"])
        self.assertEqual(industry.code_variants("a"), ["A"])
        self.assertEqual(industry.code_variants("software"), [])
        self.assertEqual(industry.code_variants("62%"), [])

    @given(st.text(max_size=12))
    def test_code_variants_hold_no_wildcards(self, text):
        for variant in industry.code_variants(text):
            self.assertNotRegex(variant, r"[%_\\]")

    def test_by_level(self):
        rows = industry.read_rows(["scheme,code,parent,title", "x,01.1,01,b", 'x,A,,"a, top"', "x,01,A,c"])
        layers = industry.by_level(rows)
        self.assertEqual([[row["code"] for row in layer] for layer in layers], [["A"], ["01"], ["01.1"]])
        self.assertEqual(layers[0][0]["title"], "a, top")
        with self.assertRaises(ValueError):
            industry.by_level(industry.read_rows(["scheme,code,parent,title", "x,01,A,c"]))
