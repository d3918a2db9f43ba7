import math
from datetime import timedelta

from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import btyd, calibration, demo
from odoo.tests import tagged
from odoo.tools import format_date

CUSTOMERS = 600


@tagged("post_install", "-at_install")
class TestChance(RfmCommon):
    """Customers of a known process. In a window of three years one cell holds quick and slow buyers alike, so the
    histories tell more than R and F; in one of a year they do not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders, cls.natures = demo.draw(CUSTOMERS)
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Known {number}", "is_company": True} for number in range(CUSTOMERS)]
        )
        cls.first = AS_OF - timedelta(days=demo.DAYS - 1)
        cls._insert_documents(
            [
                cls._invoice_row(cls.customers[order.customer].id, cls._day(order), order.amount)
                for order in cls.orders
            ]
        )
        cls.rfm.window_value = 36

    @classmethod
    def _day(cls, order):
        return cls.first + timedelta(days=order.day)

    def _forecast(self):
        self._compute()
        self.rfm.with_user(self.manager).action_compute_values()
        return self.env["crm.rfm.value"].search([("model_id", "=", self.rfm.id)])

    def test_by_histories(self):
        values = self._forecast()
        self.assertEqual((self.rfm.forecast_state, self.rfm.chance_by), ("on", "history"))
        self.assertLess(self.rfm.forecast_history_brier, self.rfm.forecast_scores_brier)
        self.assertEqual(self.rfm.forecast_brier, self.rfm.forecast_history_brier)
        self.assertEqual(self.rfm.forecast_tested, CUSTOMERS)
        self.assertIn(
            "The forecast is made by purchase histories (MBG/NBD): Brier score"
            f" {self.rfm.forecast_history_brier:.4f}; by R and F it would have been"
            f" {self.rfm.forecast_scores_brier:.4f}.",
            self.rfm.forecast_text,
        )
        self.assertEqual(len(values), CUSTOMERS)
        self._check_chances(values)
        self._check_against_truth(values)
        self._check_words(values[0])
        self.env.flush_all()
        before = self._stored_values()
        self.rfm.with_user(self.manager).action_compute_values()
        self.assertEqual(self._stored_values(), before, "a second forecast of the same writes nothing")

    def _check_chances(self, values):
        """Each chance is that of the days that were drawn, by the parameters of the fit."""
        counting, _spending = self.rfm.sudo()._fit_clv(self.rfm.sudo()._get_histories(AS_OF))
        days = {}
        for order in self.orders:
            days.setdefault(self.customers[order.customer].id, set()).add(self._day(order))
        for value in values:
            own = days[value.partner_id.id]
            history = (len(own) - 1, (max(own) - min(own)).days / 7, (AS_OF - min(own)).days / 7)
            self.assertAlmostEqual(value.p_order, btyd.mbg_probability_any(counting, *history, 90 / 7), 6)
            self.assertAlmostEqual(value.at_risk, value.monetary * (1 - value.p_order), 2)
            self.assertEqual((value.purchase_days, value.first_date), (len(own), min(own)))

    def _check_against_truth(self, values):
        """Nearer to the chances of the process than the shares of the cells are."""
        rates = {(rate.r, rate.f): rate.rate for rate in self.rfm.rate_ids}
        truth = {
            customer: nature.alive * (1 - math.exp(-nature.rate * self.rfm.forecast_days))
            for customer, nature in zip(self.customers, self.natures, strict=True)
        }

        def distance(chance):
            return sum((chance(value) - truth[value.partner_id]) ** 2 for value in values)

        self.assertLess(
            distance(lambda value: value.p_order), distance(lambda value: rates[value.r_score, value.f_score])
        )
        self.assertAlmostEqual(
            sum(values.mapped("p_order")) / CUSTOMERS, sum(truth.values()) / CUSTOMERS, delta=0.05
        )

    def _check_words(self, value):
        self.assertEqual(
            value.with_user(self.seller).explanation,
            f"Bought on {value.purchase_days} days from {format_date(self.env, value.first_date)} to"
            f" {format_date(self.env, value.last_date)}: of customers with such a history (MBG/NBD)"
            f" {100 * value.p_order:.0f}% buy within 90 days.",
        )
        self.assertFalse(value.factor_codes)
        value.partner_id.user_id = self.seller
        score = self._score(value.partner_id).with_user(self.seller)
        self.assertEqual(
            score.forecast_text.splitlines(),
            [
                f"Chance to buy within 90 days: {100 * value.p_order:.0f}%. {value.explanation}",
                self.rfm._describe_forecast(),
                f"Next 12 months: {value.expected_orders:.1f} days with orders and"
                f" {value.currency_id.format(value.clv)} expected.",
            ],
        )
        self.assertIn("AUC", score.forecast_text)
        self.assertEqual(
            value.partner_id.with_user(self.seller).with_company(self.company).rfm_forecast, score.forecast_text
        )

    def _stored_values(self):
        self.env.cr.execute("SELECT id, ctid::text FROM crm_rfm_value WHERE model_id = %s ORDER BY id", [self.rfm.id])
        return self.env.cr.fetchall()

    def test_by_scores_where_histories_are_not_proved_better(self):
        self.rfm.window_value = 12
        values = self._forecast()
        self.assertEqual((self.rfm.forecast_state, self.rfm.chance_by), ("on", "scores"))
        self.assertGreater(self.rfm.forecast_history_brier, 0)
        self.assertIn("which does not prove them better", self.rfm.forecast_text)
        rates = {(rate.r, rate.f): rate.rate for rate in self.rfm.rate_ids}
        self.assertEqual(
            {round(value.p_order, 6) for value in values if not value.factor_codes},
            {round(rates[value.r_score, value.f_score], 6) for value in values if not value.factor_codes},
        )
        self.assertIn("bought since", values[0].explanation)

    def test_by_scores_only_where_the_manager_says_so(self):
        self.rfm.with_user(self.manager).chance_rule = "scores"
        self._forecast()
        self.assertEqual((self.rfm.chance_by, self.rfm.forecast_history_brier), ("scores", 0))
        self.assertNotIn("histories", self.rfm.forecast_text)
        self.assertTrue(calibration.is_useful(calibration.Quality(
            self.rfm.forecast_tested, self.rfm.forecast_buyers, self.rfm.forecast_auc, self.rfm.forecast_brier,
            self.rfm.forecast_base_brier, self.rfm.forecast_lift,
        )))
