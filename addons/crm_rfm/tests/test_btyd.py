import csv
import math
import random
import unittest
from collections import defaultdict
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.crm_rfm.tools import btyd, calibration
from odoo.tests import BaseCase, tagged

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "cdnow"
PARAMS = btyd.Counting(0.52484, 6.18299, 0.89136, 1.61400)


@tagged("post_install", "-at_install", "pure")
class TestBtyd(BaseCase):
    def test_small_case_by_hand(self):
        """One customer who never came back: the likelihoods reduce to a line each."""
        params = (0.5, 2.0, 1.0, 3.0)
        self.assertAlmostEqual(btyd.bg_log_likelihood(params, [(0, 0, 6, 1)]), 0.5 * math.log(2 / 8))
        left, quiet = 1 / 4, 3 / 4 * (2 / 8) ** 0.5
        self.assertAlmostEqual(btyd.mbg_log_likelihood(params, [(0, 0, 6, 1)]), math.log(left + quiet))

    def test_parameters_are_found_again(self):
        """Drawn from the process itself: 1,500 customers, four years of weeks."""
        source = random.Random(3)
        histories = []
        for _customer in range(1500):
            rate, leave, now, x, last = source.gammavariate(2.0, 1 / 10), source.betavariate(1.0, 4.0), 0.0, 0, 0.0
            length = source.uniform(100, 200)
            while source.random() >= leave:
                now += source.expovariate(rate)
                if now > length:
                    break
                x, last = x + 1, now
            histories.append((x, last, length))
        params, _value = btyd.fit_mbg(btyd.group(histories))
        self.assertAlmostEqual(params.r / params.alpha, 0.2, delta=0.02)
        self.assertAlmostEqual(params.a / (params.a + params.b), 0.2, delta=0.03)

    @settings(deadline=None, max_examples=50)
    @given(st.integers(0, 30), st.floats(0, 50), st.floats(0.1, 50), st.floats(0.5, 100))
    def test_expectation_covers_probability(self, x, t_x, rest, horizon):
        """P(at least one) <= E(number), both grow with the horizon."""
        t_x = t_x if x else 0.0
        any_ = btyd.mbg_probability_any(PARAMS, x, t_x, t_x + rest, horizon)
        expected = btyd.mbg_expected_purchases(PARAMS, x, t_x, t_x + rest, horizon)
        self.assertTrue(0 <= any_ <= 1)
        self.assertGreaterEqual(expected, any_ - 1e-9)
        self.assertGreaterEqual(btyd.mbg_probability_any(PARAMS, x, t_x, t_x + rest, horizon * 2), any_)

    def test_expectation_equals_the_integral_of_the_probability_for_short_times(self):
        small = 1e-4
        self.assertAlmostEqual(
            btyd.mbg_expected_purchases(PARAMS, 3, 20.0, 30.0, small) / small,
            btyd.mbg_probability_any(PARAMS, 3, 20.0, 30.0, small) / small,
            places=4,
        )

    def test_spending_lies_between_own_mean_and_that_of_all(self):
        params = btyd.Spending(6.25, 3.74, 15.44)
        overall = btyd.expected_spending(params, 0, 0.0)
        self.assertAlmostEqual(overall, 6.25 * 15.44 / 2.74)
        once, often = (btyd.expected_spending(params, x, 100.0) for x in (1, 9))
        self.assertTrue(overall < once < often < 100)


@tagged("post_install", "-at_install")
@unittest.skipUnless(DATA.exists(), "needs shared/data/cdnow beside the project")
class TestCdnow(BaseCase):
    """The published values of the CDNOW sample: 2,357 customers, 39 weeks of calibration."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        days = defaultdict(dict)
        for line in (DATA / "CDNOW_sample.txt").read_text().splitlines():
            _master, customer, day, _count, value = line.split()
            day = date(int(day[:4]), int(day[4:6]), int(day[6:]))
            if day <= date(1997, 9, 30):
                days[customer][day] = days[customer].get(day, 0.0) + float(value)
        cls.histories, cls.spendings = [], []
        for bought in days.values():
            dates = sorted(bought)
            x = len(dates) - 1
            cls.histories.append(
                (x, (dates[-1] - dates[0]).days / 7, (date(1997, 9, 30) - dates[0]).days / 7)
            )
            mean = sum(bought[day] for day in dates[1:]) / x if x else 0
            if mean > 0:
                cls.spendings.append((x, mean))
        cls.grouped = btyd.group(cls.histories)

    def test_summary(self):
        with (DATA / "cdnow_customers_summary.csv").open() as file:
            rows = list(csv.DictReader(file))
        published = [(int(row["frequency"]), float(row["recency"]), float(row["T"])) for row in rows]
        self.assertEqual(len(self.histories), len(published))
        for own, other in zip(self.histories, published, strict=True):
            self.assertEqual(own[0], other[0])
            self.assertAlmostEqual(own[1], other[1], delta=0.0051)
            self.assertAlmostEqual(own[2], other[2], delta=0.0051)

    def test_bg_nbd(self):
        """Fader, Hardie and Lee (2005): r .243, alpha 4.414, a .793, b 2.426, log-likelihood -9582.4."""
        params, value = btyd.fit_bg(self.grouped)
        self.assertAlmostEqual(value, -9582.429, places=3)
        for found, expected in zip(params, (0.24259, 4.4136, 0.79292, 2.42591), strict=True):
            self.assertAlmostEqual(found, expected, delta=expected * 0.002)

    def test_mbg_nbd(self):
        params, _value = btyd.fit_mbg(self.grouped)
        for found, expected in zip(params, PARAMS, strict=True):
            self.assertAlmostEqual(found, expected, delta=expected * 0.002)

    def test_gamma_gamma(self):
        """Fader and Hardie (2013): p 6.25, q 3.74, v 15.44."""
        params, value = btyd.fit_gamma(self.spendings)
        self.assertEqual(len(self.spendings), 946)
        self.assertAlmostEqual(value, -4055.918, places=3)
        for found, expected in zip(params, (6.2496, 3.7442, 15.4435), strict=True):
            self.assertAlmostEqual(found, expected, delta=expected * 0.002)


groups = st.lists(
    st.tuples(st.sampled_from([0.1, 0.2, 0.2, 0.5, 0.9]), st.integers(0, 6), st.integers(0, 6)).map(
        lambda item: (item[0], item[1] + item[2], item[2])
    ),
    max_size=8,
)


@tagged("post_install", "-at_install", "pure")
class TestCalibration(BaseCase):
    def _customers(self, cells):
        return [(p, index < buyers) for p, number, buyers in cells for index in range(number)]

    @settings(deadline=None)
    @given(groups)
    def test_auc_equals_all_pairs(self, cells):
        customers = self._customers(cells)
        pairs = [(p, q) for p, bought in customers if bought for q, other in customers if not other]
        if not pairs:
            self.assertIsNone(calibration.auc(cells))
            return
        expected = sum((p > q) + (p == q) / 2 for p, q in pairs) / len(pairs)
        self.assertAlmostEqual(calibration.auc(cells), expected)

    @settings(deadline=None)
    @given(groups)
    def test_brier_equals_the_mean_over_customers(self, cells):
        customers = self._customers(cells)
        if customers:
            expected = sum((p - bought) ** 2 for p, bought in customers) / len(customers)
            self.assertAlmostEqual(calibration.brier(cells), expected)

    def test_few_customers_are_not_judged(self):
        self.assertIsNone(calibration.measure({(1, 1): (49, 20)}, {(1, 1): (49, 20)}))
        self.assertIsNone(calibration.measure({(1, 1): (80, 20)}, {(1, 1): (80, 9)}))
        self.assertIsNone(calibration.measure({(1, 1): (80, 20)}, {(1, 1): (80, 71)}))
        self.assertIsNone(calibration.measure({}, {}))

    def test_known_quality(self):
        learned = {(5, 5): (50, 40), (1, 1): (50, 10)}
        quality = calibration.measure(learned, learned)
        self.assertAlmostEqual(quality.auc, 0.8)
        self.assertAlmostEqual(quality.base_brier, 0.25)
        self.assertAlmostEqual(quality.lift, 1.6)
        self.assertTrue(calibration.is_useful(quality))
        upside_down = calibration.measure(learned, {(5, 5): (50, 10), (1, 1): (50, 40)})
        self.assertFalse(calibration.is_useful(upside_down))
