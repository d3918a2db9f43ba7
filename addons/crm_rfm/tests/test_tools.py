import doctest
import itertools
import random
import statistics
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.crm_relations.tools import duplicates
from odoo.addons.crm_rfm.tools import basket, btyd, calibration, demo, grid, migration, outlook, scoring, uplift
from odoo.tests import BaseCase, tagged

numbers = st.lists(st.integers(-50, 50), min_size=1, max_size=60)
bands = st.integers(grid.MIN_BANDS, grid.MAX_BANDS)


@tagged("post_install", "-at_install", "pure")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (basket, btyd, calibration, demo, grid, migration, outlook, scoring, uplift):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertGreater(result.attempted, 0)
                self.assertEqual(result.failed, 0)

    def test_names_of_the_demo_company_are_no_possible_duplicates(self):
        names = [duplicates.normalise(name) for name in demo.names(250)]
        self.assertEqual(len(set(names)), 250)
        # 0 below the lowest threshold, that of customers in the same city
        alike = [pair for pair in itertools.combinations(names, 2) if duplicates.name_score(*pair, ())]
        self.assertEqual(alike, [])

    # === SCORES === #

    @settings(deadline=None)
    @given(numbers, bands)
    def test_equal_values_get_equal_scores_and_order_is_kept(self, values, band_count):
        cuts = scoring.percentile_disc(values, band_count)
        scored = sorted(zip(values, scoring.scores(cuts, values), strict=True))
        for (low, low_score), (high, high_score) in zip(scored, scored[1:], strict=False):
            self.assertLessEqual(low_score, high_score)
            if low == high:
                self.assertEqual(low_score, high_score)

    @settings(deadline=None)
    @given(numbers, bands)
    def test_scores_stay_in_range_and_recency_is_the_mirror(self, values, band_count):
        cuts = scoring.percentile_disc(values, band_count)
        self.assertEqual(len(cuts), band_count - 1)
        for value in values:
            rising = scoring.rising_score(value, cuts)
            self.assertIn(rising, range(1, band_count + 1))
            self.assertEqual(scoring.falling_score(value, cuts), band_count + 1 - rising)

    @settings(deadline=None)
    @given(st.lists(st.integers(), min_size=5, max_size=60, unique=True))
    def test_bands_of_distinct_values_differ_by_one_at_most(self, values):
        scores = scoring.scores(scoring.percentile_disc(values, 5), values)
        sizes = [scores.count(score) for score in range(1, 6)]
        self.assertLessEqual(max(sizes) - min(sizes), 1)

    @settings(deadline=None)
    @given(numbers, st.randoms())
    def test_order_of_rows_does_not_matter(self, values, random):
        shuffled = list(values)
        random.shuffle(shuffled)
        self.assertEqual(scoring.percentile_disc(values, 5), scoring.percentile_disc(shuffled, 5))

    def test_no_customer_has_no_cuts(self):
        self.assertEqual(scoring.percentile_disc([], 5), [])

    # === WINDOW === #

    @settings(deadline=None)
    @given(st.dates(date(1999, 1, 1), date(2030, 1, 1)), st.sampled_from(["day", "month"]), st.integers(1, 1200))
    def test_window_start_lies_before_the_as_of_date(self, as_of, unit, value):
        self.assertLess(scoring.window_start(as_of, value, unit), as_of)

    def test_window_out_of_range(self):
        for value, unit in ((0, "day"), (-1, "month"), (36526, "day"), (1201, "month"), (1, "year")):
            with self.subTest(value=value, unit=unit), self.assertRaises(ValueError):
                scoring.window_start(date(2024, 12, 31), value, unit)

    def test_window_of_fifty_years(self):
        self.assertEqual(scoring.window_start(date(2024, 2, 29), 600, "month"), date(1974, 2, 28))

    # === GRID === #

    @given(bands)
    def test_grid_is_a_partition(self, band_count):
        cells = grid.default_grid(band_count)
        every = range(1, band_count + 1)
        self.assertEqual(set(cells), {(r, fm) for r in every for fm in every})
        self.assertEqual(cells[band_count, band_count], "champions")
        self.assertEqual(cells[1, 1], "lost")

    def test_default_grid_uses_all_eleven_segments(self):
        self.assertEqual(len(set(grid.default_grid().values())), 11)

    def test_band_count_out_of_range(self):
        for band_count in (0, 1, 11):
            with self.subTest(band_count=band_count), self.assertRaises(ValueError):
                grid.default_grid(band_count)

    def test_lookup_without_a_score(self):
        cells = grid.default_grid()
        nothing = scoring.Score(None, 0, -5, 0, 0, 0, 0, "no_purchase")
        self.assertEqual(grid.lookup(cells, nothing), "prospect")
        self.assertEqual(grid.lookup(cells, nothing._replace(exclusion="no_value")), "excluded")
        self.assertEqual(grid.lookup(cells, scoring.Score(None, 9, 9, 5, 5, 5, 5, None)), "champions")

    # === OUTLOOK === #

    @settings(deadline=None)
    @given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.integers(0, 400))
    def test_drop_date_is_the_first_day_with_a_lower_score(self, population, days):
        cuts = scoring.percentile_disc(population, 5)
        as_of = date(2024, 12, 31)
        last = as_of - timedelta(days=days)
        score = scoring.falling_score(days, cuts)
        drop = outlook.drop_date(last, score, cuts)
        if drop is None:
            self.assertEqual(score, 1)
            return
        self.assertLess(scoring.falling_score((drop - last).days, cuts), score)
        self.assertEqual(scoring.falling_score((drop - last).days - 1, cuts), score)

    @settings(deadline=None)
    @given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(1, 40))
    def test_missing_purchases_raise_the_score_and_one_less_does_not(self, population, frequency):
        cuts = scoring.percentile_disc(population, 5)
        score = scoring.rising_score(frequency, cuts)
        missing = outlook.missing_purchases(frequency, score, cuts)
        if missing is None:
            self.assertEqual(score, 5)
            return
        self.assertGreater(scoring.rising_score(frequency + missing, cuts), score)
        self.assertEqual(scoring.rising_score(frequency + missing - 1, cuts), score)

    # === MOVEMENTS === #

    @settings(deadline=None)
    @given(
        st.dictionaries(
            st.tuples(st.sampled_from([None, *"abcd"]), st.sampled_from([None, *"abcd"])), st.integers(0, 50)
        )
    )
    def test_shares_sum_to_one_and_nobody_is_lost(self, counts):
        chain = migration.shares(counts)
        for shares in chain.values():
            self.assertAlmostEqual(sum(shares.values()), 1)
        now = sum(count for (_old, new), count in counts.items() if new is not None)
        newcomers = sum(count for (old, _new), count in counts.items() if old is None)
        # those who are present now, and as many newcomers again, are somewhere
        result = migration.outlook(counts)
        self.assertEqual(sum(count for count, _expected in result.values()), now)
        leaving = sum(
            count * chain.get(state, {}).get(None, 0.0) for state, (count, _expected) in result.items()
        )
        gone_again = counts.get((None, None), 0)
        expected = sum(expected for _count, expected in result.values())
        self.assertAlmostEqual(expected, now - leaving + newcomers - gone_again)

    # === EFFECT OF ACTIONS === #

    def test_difference_of_shares_equals_published_intervals(self):
        """Newcombe, Statistics in Medicine 17 (1998), table II, method 10."""
        for treated, control, expected in (
            ((56, 70), (48, 80), (0.2000, 0.0524, 0.3339)),
            ((9, 10), (3, 10), (0.6000, 0.1705, 0.8090)),
            ((6, 7), (2, 7), (0.5714, 0.0582, 0.8062)),
            ((5, 56), (0, 29), (0.0893, -0.0381, 0.1926)),
            ((0, 10), (0, 20), (0.0000, -0.1611, 0.2775)),
            ((10, 10), (0, 10), (1.0000, 0.6075, 1.0000)),
        ):
            with self.subTest(treated=treated, control=control):
                difference = uplift.share_difference(treated, control)
                self.assertEqual(tuple(round(number, 4) for number in difference), expected)

    def test_difference_of_means(self):
        difference = uplift.mean_difference((100, 10.0, 5.0), (100, 8.0, 4.0))
        self.assertEqual(tuple(round(number, 4) for number in difference), (2.0, 0.7450, 3.2550))

    def test_interval_covers_the_truth_as_often_as_it_says(self):
        source = random.Random(7)
        covered = 0
        for _trial in range(400):
            groups = [[source.expovariate(1 / mean) for _customer in range(80)] for mean in (30, 20)]
            stats = [(len(group), statistics.fmean(group), statistics.stdev(group)) for group in groups]
            difference = uplift.mean_difference(*stats)
            covered += difference.low <= 10 <= difference.high
        self.assertTrue(0.92 <= covered / 400 <= 0.98, covered / 400)

    @settings(deadline=None)
    @given(st.text(max_size=8), st.integers(1, 90))
    def test_control_group_has_the_share_and_does_not_change(self, salt, percent):
        chosen = [uplift.in_control(salt, partner_id, percent) for partner_id in range(3000)]
        self.assertEqual(chosen, [uplift.in_control(salt, partner_id, percent) for partner_id in range(3000)])
        self.assertLess(abs(sum(chosen) / 3000 - percent / 100), 0.06)
