import doctest
from math import comb, isclose

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..const_learning import CHART_RULES
from ..tools import control_chart, pareto, rates, remedy, similar
from ..tools.control_chart import Baseline, Point, Signal
from .test_transitions import unhurried

counts = st.integers(0, 60)
exposures = st.floats(0.5, 5000)


@tagged("post_install", "-at_install", "pure")
class TestLearningTools(BaseCase):
    """The pure rules: known values from the books, and what must hold for any input."""

    def test_examples_in_the_documentation(self):
        for module in (control_chart, pareto, rates, remedy, similar):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted, module.__name__)
            self.assertFalse(result.failed, module.__name__)

    # === RATES === #

    @given(st.integers(0, 40), st.integers(0, 40), st.floats(0.01, 0.99))
    @unhurried
    def test_binomial_against_the_definition(self, count, trials, chance):
        exact = sum(comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(min(count, trials) + 1))
        self.assertTrue(isclose(rates.binomial_at_most(count, trials, chance), min(exact, 1.0), abs_tol=1e-9))

    def test_known_p_values(self):
        # two-sided 0.0386 for 10 against 2 in equal times (conditional test), so half of it one-sided
        self.assertAlmostEqual(rates.chance_if_not_lower(10, 1, 2, 1), 79 / 4096, places=12)
        # 5 before in 1 unit, none after in 2 units: (1/3) ** 5
        self.assertAlmostEqual(rates.chance_if_not_lower(5, 1, 0, 2), (1 / 3) ** 5, places=12)
        self.assertAlmostEqual(rates.chance_if_not_higher(0, 1, 3, 1), 1 / 8, places=12)

    @given(counts, exposures, counts, exposures)
    @unhurried
    def test_one_of_the_two_sides_is_never_surprising(self, before, before_of, after, after_of):
        lower = rates.chance_if_not_lower(before, before_of, after, after_of)
        higher = rates.chance_if_not_higher(before, before_of, after, after_of)
        self.assertTrue(0 <= lower <= 1 and 0 <= higher <= 1)
        self.assertGreaterEqual(lower + higher, 1 - 1e-9)  # what was seen counts on both sides

    @given(counts, st.integers(1, 60), exposures)
    @unhurried
    def test_fewer_complaints_are_never_weaker_proof(self, before, after, exposure):
        self.assertLessEqual(
            rates.chance_if_not_lower(before, exposure, after - 1, exposure),
            rates.chance_if_not_lower(before, exposure, after, exposure) + 1e-12,
        )

    def test_nothing_to_count_against_is_refused(self):
        for before_of, after_of in ((0, 1), (1, 0), (-1, 1)):
            with self.assertRaises(ValueError):
                rates.chance_if_not_lower(1, before_of, 1, after_of)
        with self.assertRaises(ValueError):
            rates.chance_if_not_lower(-1, 1, 1, 1)

    # === CONTROL CHART === #

    def test_laney_limits_of_a_known_series(self):
        """Worked by hand: center 0.05; z = -1, 1, -1, 1, -1, 1, so ranges of 2 and a scatter of 2 / 1.128."""
        exposure = 20 / 0.05  # sqrt(center / exposure) = 0.05 / sqrt(20)
        points = [Point(count, exposure) for count in (20, 20, 20, 20, 20, 20)]
        self.assertEqual(control_chart.baseline(points).scatter, 0.0)
        exposure = 400
        points = [Point(count, exposure) for count in (12, 20, 12, 20, 12, 20)]
        usual = control_chart.baseline(points)
        self.assertAlmostEqual(usual.center, 0.04)
        z = (12 / 400 - 0.04) / (0.04 / 400) ** 0.5  # -1
        self.assertAlmostEqual(z, -1)
        self.assertAlmostEqual(usual.scatter, 2 / 1.128)
        low, high = usual.limits(400)
        self.assertAlmostEqual(high, 0.04 + 3 * 0.01 * 2 / 1.128)
        self.assertEqual(low, 0.0)

    def test_each_rule(self):
        usual = Baseline(9.0, 1.0)  # sigma 3 for an exposure of 1
        for series, expected in (
            ([9, 9, 18], []),  # exactly at the limit is inside
            ([9, 9, 19], [Signal(2, "beyond", True)]),
            ([9, 9, 0], []),
            ([10] * 7, []),
            ([10] * 8, [Signal(7, "run", True)]),
            ([8] * 8, [Signal(7, "run", False)]),
            ([16, 9, 16], [Signal(2, "two_of_three", True)]),
            ([16, 9, 9], []),
            ([13, 13, 9, 13, 13], [Signal(4, "four_of_five", True)]),
            ([4, 6, 8, 9, 11, 12], [Signal(5, "trend", True)]),
            ([12, 11, 9, 8, 7, 6], [Signal(5, "trend", False)]),
            ([9, 9, 9, 9, 9, 9], []),
        ):
            with self.subTest(series=series):
                self.assertEqual(control_chart.signals([Point(count, 1) for count in series], usual), expected)

    def test_every_rule_has_a_label(self):
        self.assertEqual([rule for rule, _test in control_chart.RULES], [code for code, _label in CHART_RULES])

    def test_a_baseline_of_five_months_is_refused(self):
        with self.assertRaises(ValueError):
            control_chart.baseline([Point(1, 1)] * 5)

    def test_a_first_complaint_after_months_without_one_is_a_signal(self):
        usual = control_chart.baseline([Point(0, 1)] * 6)
        self.assertEqual(control_chart.signals([Point(1, 1)], usual)[0], Signal(0, "beyond", True))

    @given(st.lists(st.tuples(st.integers(0, 50), st.floats(0.1, 20)), min_size=6, max_size=30))
    @unhurried
    def test_the_center_lies_between_the_limits(self, pairs):
        usual = control_chart.baseline([Point(*pair) for pair in pairs])
        for _count, exposure in pairs:
            low, high = usual.limits(exposure)
            self.assertTrue(0 <= low <= usual.center <= high)

    # === PARETO === #

    @given(st.dictionaries(st.text(max_size=3), st.integers(-3, 50), max_size=30))
    @unhurried
    def test_pareto_adds_up(self, values):
        rows = pareto.pareto(values)
        self.assertEqual(sum(row.value for row in rows), sum(value for value in values.values() if value > 0))
        self.assertEqual([row.value for row in rows], sorted((row.value for row in rows), reverse=True))
        self.assertEqual([row.rank for row in rows], sorted(row.rank for row in rows))
        if rows:
            self.assertAlmostEqual(rows[-1].cumulative, 1.0)
            self.assertEqual(rows[0].rank, "A")

    # === SIMILAR === #

    @given(st.text(max_size=200))
    @unhurried
    def test_normal_text_is_stable_and_safe(self, text):
        normal = similar.normal_text(text)
        self.assertEqual(similar.normal_text(normal), normal)
        self.assertNotIn("'", normal)
        self.assertNotIn("\x00", normal)
        for word in similar.search_words(normal, {}):
            self.assertIn(word, normal)

    # === REMEDIES === #

    @given(st.floats(0, 1e6), st.floats(0, 100), st.none() | st.floats(0.01, 1e6), st.none() | st.floats(0, 1e6))
    @unhurried
    def test_a_proposal_never_exceeds_the_order_nor_the_policy(self, amount, percent, most, value):
        policy = remedy.Policy(1, amount=amount, percent=percent, most=most)
        proposed = remedy.proposed_amount(policy, remedy.Facts(frozenset(), None, 0, value))
        self.assertGreaterEqual(proposed, 0)
        for limit in (most, value):
            if limit is not None:
                self.assertLessEqual(proposed, limit + 0.005 + 1e-9)

    def test_policy_rows(self):
        facts = remedy.Facts(frozenset({1, 5}), "2_moderate", 12, 80.0)
        for policy, fits in (
            (remedy.Policy(1), True),
            (remedy.Policy(1, cause=5), True),
            (remedy.Policy(1, cause=6), False),
            (remedy.Policy(1, least_severity="2_moderate"), True),
            (remedy.Policy(1, least_severity="3_major"), False),
            (remedy.Policy(1, least_delay=12), True),
            (remedy.Policy(1, least_delay=13), False),
            (remedy.Policy(1, least_value=80.0, most_value=80.0), True),
            (remedy.Policy(1, least_value=80.01), False),
            (remedy.Policy(1, most_value=79.99), False),
        ):
            with self.subTest(policy=policy):
                self.assertEqual(remedy.fits(policy, facts), fits)
        unknown = remedy.Facts(frozenset(), None, 0, None)
        self.assertFalse(remedy.fits(remedy.Policy(1, most_value=10.0), unknown))
        self.assertEqual(remedy.first_fit([remedy.Policy(1, cause=9), remedy.Policy(2)], facts).id, 2)

    def test_refusals(self):
        limits = [remedy.Limit(100, 300), remedy.Limit(500, 250)]
        for request, codes in (
            (remedy.Request(100, 0, 0, None, 1, 2), ()),
            (remedy.Request(100.01, 0, 0, None, 1, 2), ()),  # the second role covers it
            (remedy.Request(500.01, 0, 0, None, 1, 2), ("case", "year")[:1]),
            (remedy.Request(40, 480, 0, None, 1, 2), ("case",)),  # split into small ones
            (remedy.Request(100, 0, 201, None, 1, 2), ("year",)),
            (remedy.Request(100, 0, 200, None, 1, 2), ()),
            (remedy.Request(60, 50, 0, 110, 1, 2), ()),
            (remedy.Request(60, 50, 0, 109.99, 1, 2), ("order",)),
            (remedy.Request(1, 0, 0, None, 2, 2), ("self",)),
        ):
            with self.subTest(request=request):
                self.assertEqual(remedy.refusals(request, limits), codes)
