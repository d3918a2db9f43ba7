import doctest

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import need_match

TEXT = st.text(st.sampled_from("abcdefgšžčáőو 12,.-_%"), max_size=60)
SHARES = st.floats(0, 1)


@tagged("post_install", "-at_install", "pure")
class TestNeedMatchTools(BaseCase):
    def test_examples(self):
        self.assertEqual(doctest.testmod(need_match).failed, 0)

    @settings(deadline=None)
    @given(SHARES, SHARES, st.integers(0, 50))
    def test_a_score_is_a_share_and_never_falls_when_more_speaks_for_it(self, name, category, orders):
        value = need_match.score(name, category, orders)
        self.assertTrue(0 <= value <= 1)
        self.assertGreaterEqual(need_match.score(name, category, orders + 1), value)
        self.assertGreaterEqual(need_match.score(1, category, orders), value)
        self.assertEqual(need_match.score(1, category, orders), 1)

    @settings(deadline=None)
    @given(TEXT, TEXT)
    def test_a_name_that_is_said_is_covered(self, before, name):
        said = need_match.words(f"{before} {name}")
        expected = 1 if need_match.words(name) else 0
        self.assertAlmostEqual(need_match.coverage(said, name), expected)
        self.assertTrue(0 <= need_match.coverage(need_match.words(before), name) <= 1)

    @settings(deadline=None)
    @given(st.text(max_size=300))
    def test_patterns_look_for_letters_only(self, text):
        for pattern in need_match.patterns(text):
            self.assertTrue(pattern[1:-1].isalpha(), pattern)
            self.assertEqual((pattern[0], pattern[-1]), ("%", "%"))
