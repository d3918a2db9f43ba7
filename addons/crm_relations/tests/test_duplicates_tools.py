import doctest

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import duplicates
from ..tools.duplicates import Party

FORMS = frozenset(map(duplicates.compact, ["GmbH & Co. KG", "GmbH", "spol. s r.o.", "s.r.o.", "a.s.", "d.o.o.", "SA"]))
WORDS = st.text(alphabet="abcčdđeéłßøxyz. -,as", max_size=20)
PARTIES = st.builds(
    Party,
    name=WORDS.map(duplicates.normalise),
    email=st.sampled_from(["", "a@x.example", "b@x.example", "info@x.example"]),
    phone=st.sampled_from(["", "123456789", "993456789", "123456"]),
    vat=st.sampled_from(["", "SK123456"]),
    city=st.sampled_from(["", "brno"]),
    zip=st.sampled_from(["", "60200"]),
)


@tagged("post_install", "-at_install", "pure")
class TestDuplicatesTools(BaseCase):
    def test_doctests(self):
        self.assertEqual(doctest.testmod(duplicates).failed, 0)

    def test_legal_forms(self):
        cases = {
            "Muster GmbH & Co. KG": "muster",
            "MUSTER GmbH": "muster",
            "Novák spol. s r.o.": "novak",
            "Novák, s. r. o.": "novak",
            "Vinograd d.o.o.": "vinograd",
            "Vinograd D O O": "vinograd",
            "AS": "as",
            "SA": "sa",
            "SA GmbH": "sa",
            "GmbH GmbH GmbH": "gmbh",
            "Asen Novak": "asen novak",
        }
        for name, expected in cases.items():
            self.assertEqual(duplicates.strip_legal_forms(duplicates.normalise(name), FORMS), expected, name)

    @given(st.text(max_size=40))
    def test_normalise_is_stable(self, text):
        key = duplicates.normalise(text)
        self.assertEqual(duplicates.normalise(key), key)
        self.assertEqual(key, " ".join(key.split()))
        if any(char.isascii() and char.isalnum() for char in text):
            self.assertTrue(key)

    @given(WORDS)
    def test_stripping_leaves_something(self, text):
        key = duplicates.normalise(text)
        stripped = duplicates.strip_legal_forms(key, FORMS)
        self.assertEqual(bool(stripped), bool(key))
        self.assertTrue(key.startswith(stripped))

    @given(WORDS, WORDS)
    def test_score_is_symmetric_and_bounded(self, left, right):
        left, right = duplicates.normalise(left), duplicates.normalise(right)
        score = duplicates.name_score(left, right, FORMS)
        self.assertEqual(score, duplicates.name_score(right, left, FORMS))
        self.assertTrue(score == 0.0 or duplicates.THRESHOLD_SUPPORTED - 1e-9 <= score <= 1.0)
        if left:
            self.assertEqual(duplicates.name_score(left, left, FORMS), 1.0)

    @given(WORDS, WORDS, st.integers(0, 6))
    def test_limit_only_cuts(self, left, right, limit):
        full = duplicates.osa_distance(left, right, 100)
        self.assertEqual(duplicates.osa_distance(left, right, limit), min(full, limit + 1))

    @given(PARTIES, PARTIES, st.booleans())
    @settings(max_examples=300)
    def test_verdict_is_symmetric(self, left, right, related):
        verdict = duplicates.judge(left, right, FORMS, related=related)
        self.assertEqual(verdict, duplicates.judge(right, left, FORMS, related=related))
        if verdict:
            self.assertIn(verdict.level, duplicates.LEVELS)
            self.assertTrue(verdict.reasons)
            self.assertTrue(0 <= verdict.score <= 1)

    def test_levels(self):
        jan = Party("jan novak", email="jan@x.example", phone="125550133", city="brno")
        cases = [
            (Party("eva mala", email="jan@x.example"), "red", ("email",)),
            (Party("eva mala", phone="125550133"), "red", ("phone",)),
            (Party("novak jan"), "red", ("name",)),
            (Party("jan novka", city="brno"), "amber", ("similar", "city")),
            (Party("jan novakk"), "grey", ("similar",)),
            (Party("jan nowaq"), None, None),
            (Party("eva mala", city="brno"), None, None),
        ]
        for other, level, reasons in cases:
            verdict = duplicates.judge(jan, other, FORMS)
            self.assertEqual((verdict and verdict.level, verdict and verdict.reasons), (level, reasons), other)
        info = Party("alfa", email="info@x.example")
        self.assertIsNone(duplicates.judge(info, info._replace(name="omega"), FORMS))
        # colleagues share the number of their company
        self.assertIsNone(duplicates.judge(jan, Party("eva mala", phone="125550133"), FORMS, related=True))
