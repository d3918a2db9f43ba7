import doctest
import re
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import privacy

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@tagged("post_install", "-at_install", "pure")
class TestPrivacyTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(privacy)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 5)

    def test_the_month(self):
        """Vectors: 3 September to 3 October; the last day of a shorter month, then the next working day."""
        for received, months, holidays, due in (
            (date(2025, 9, 3), 1, (), date(2025, 10, 3)),
            (date(2026, 1, 31), 1, (), date(2026, 3, 2)),
            (date(2028, 1, 31), 1, (), date(2028, 2, 29)),
            (date(2026, 11, 25), 1, (date(2026, 12, 25),), date(2026, 12, 28)),
            (date(2026, 12, 15), 1, (), date(2027, 1, 15)),
            (date(2026, 1, 31), 3, (), date(2026, 4, 30)),
        ):
            self.assertEqual(privacy.deadline(received, months, frozenset(holidays)), due)

    @SLOW
    @given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 3))
    def test_a_deadline_is_a_working_day_and_never_early(self, received, months):
        due = privacy.deadline(received, months)
        self.assertLess(due.weekday(), 5)
        self.assertGreaterEqual((due - received).days, 28 * months)
        self.assertLessEqual((due - received).days, 31 * months + 2)

    @SLOW
    @given(
        st.text(st.characters(categories=("L",)), min_size=2, max_size=12),
        st.text(st.characters(categories=("L",)), min_size=2, max_size=12),
        st.sampled_from(["Saw {} today", "{}", "<b>{}</b>", "({})", "to:{};"]),
    )
    def test_a_name_goes_from_any_text(self, first, last, text):
        pattern = privacy.Person((f"{first} {last}",)).pattern()
        for name in (f"{first} {last}", f"{last} {first}", f"{first}  {last}"):
            self.assertEqual(privacy.redact(text.format(name), pattern, "*"), text.format("*"))

    @SLOW
    @given(st.text("0123456789", min_size=6, max_size=6), st.sampled_from(["", " ", "-", "/", "."]))
    def test_a_number_goes_however_it_is_written(self, tail, gap):
        pattern = privacy.Person(phones=(f"+40 21 555{tail[:4]}",)).pattern()
        digits = f"555{tail[:4]}"
        for front in ("+40", "0040", "0", ""):
            written = f"{front}{gap}21{gap}{digits[:3]}{gap}{digits[3:]}"
            self.assertNotIn(
                digits[3:], re.sub(r"\+?\b0*\b", "", privacy.redact(f"x {written} y", pattern, "*")), written
            )

    def test_other_words_stay(self):
        pattern = privacy.Person(("Ion Pop", "Al"), ("ion@x.com",), ("123",)).pattern()
        for text in ("Marion Popescu", "Al dente", "marion@x.com", "ion@x.community", "123", ""):
            self.assertEqual(privacy.redact(text, pattern, "*"), text)

    def test_html_of_a_name(self):
        pattern = privacy.Person(("Sean O'Brien & Co",)).pattern()
        for text in ("Sean O'Brien & Co", "Sean O&#x27;Brien &amp; Co", "Sean O'Brien &amp; Co"):
            self.assertEqual(privacy.redact(f"<p>{text}</p>", pattern, "*"), "<p>*</p>")
