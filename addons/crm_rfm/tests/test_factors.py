import random
from datetime import timedelta

import psycopg2

from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import calibration, factors
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install", "pure")
class TestFactorRules(BaseCase):
    """The pure rules: what is kept, and that nothing is kept for nothing."""

    def _cells(self, seed, effect, size=400):
        """Two cells, half of the customers with the factor, who buy with another chance."""
        source = random.Random(seed)
        cells = {}
        for r, chance in ((5, 0.6), (1, 0.3)):
            for having in (False, True):
                p = chance * (effect if having else 1)
                cells[r, 1, (having,)] = (size, sum(source.random() < p for _number in range(size)))
        return cells

    def test_a_real_factor_is_kept(self):
        [verdict] = factors.choose(self._cells(1, 0.4), self._cells(2, 0.4), 1)
        self.assertTrue(verdict.kept)
        self.assertLess(verdict.brier, verdict.brier_before)
        self.assertGreater(verdict.auc, verdict.auc_before)
        self.assertEqual((verdict.customers, verdict.other_customers), (800, 800))
        without, having = factors.fit(self._cells(2, 0.4), [0])[0]
        self.assertTrue(having < 0 < without)

    def test_noise_is_not_kept(self):
        """Of 100 worthless factors few are taken up, and none of them does harm worth the name."""
        kept = 0
        for seed in range(100):
            [verdict] = factors.choose(self._cells(seed, 1), self._cells(seed + 1000, 1), 1)
            kept += verdict.kept
            self.assertLess(abs(verdict.brier - verdict.brier_before), 0.002)
        self.assertLessEqual(kept, 5)

    def test_two_factors_that_say_the_same_are_not_both_counted(self):
        one = self._cells(1, 0.4)
        double = {(r, f, flags * 2): figures for (r, f, flags), figures in one.items()}
        later = {(r, f, flags * 2): figures for (r, f, flags), figures in self._cells(2, 0.4).items()}
        verdicts = factors.choose(double, later, 2)
        self.assertEqual([verdict.kept for verdict in verdicts], [True, False])

    def test_too_few_to_judge(self):
        cells = {(5, 1, (True,)): (19, 0), (5, 1, (False,)): (500, 250)}
        [verdict] = factors.choose(cells, cells, 1)
        self.assertFalse(verdict.kept)
        self.assertIsNone(verdict.brier)
        self.assertEqual(factors.choose({}, {}, 1)[0].customers, 0)

    def test_without_factors_the_chance_is_the_rate(self):
        cells = {(5, 1, ()): (40, 10), (1, 1, ()): (60, 5)}
        self.assertEqual(
            sorted(factors.forecasts(cells, cells, {})),
            sorted((calibration.smooth(bought, number, 0.15), number, bought) for number, bought in cells.values()),
        )


@tagged("post_install", "-at_install")
class TestFactors(RfmCommon):
    """Late payers as a factor of the chance, on 200 customers who differ in nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(200)]
        )
        cls.late, cls.punctual = cls.customers[:60], cls.customers[60:]
        # due 250 days before the end and never paid: known at both days of the test
        due = AS_OF - timedelta(days=250)
        for partner in cls.late:
            cls._create_rfm_invoice(partner, AS_OF - timedelta(days=280), 50, invoice_date_due=due)
        cls._insert_documents(
            [cls._invoice_row(partner.id, AS_OF - timedelta(days=280), 50) for partner in cls.punctual]
        )

    def _insert_purchases(self, chance_late, chance_punctual):
        source = random.Random(7)
        self._insert_documents(
            [
                self._invoice_row(partner.id, AS_OF - timedelta(days=90 * period + source.randrange(1, 89)), 50)
                for period in range(3)
                for partner in self.customers
                if source.random() < (chance_late if partner in self.late else chance_punctual)
            ]
        )

    def _forecast(self):
        self._compute()
        self.rfm.with_user(self.manager).action_compute_values()
        # other addons add factors of their own
        return self.rfm.factor_ids.filtered(lambda factor: factor.code == "late")

    def _value(self, partner):
        return self.env["crm.rfm.value"].search([("model_id", "=", self.rfm.id), ("partner_id", "=", partner.id)])

    def test_late_payers_who_buy_less(self):
        self._insert_purchases(0.15, 0.7)
        factor = self._forecast()
        self.assertEqual((factor.code, factor.kept, factor.customers), ("late", True, 60))
        self.assertLess(factor.brier, factor.brier_before)
        self.assertLess(factor.buyer_share, factor.other_share)
        self.assertAlmostEqual(self.rfm.forecast_brier, factor.brier, 4)
        self.assertEqual(
            factor.with_user(self.reader).name, "paid more than 14 days late within a year, or owes so long"
        )
        late = self._value(self.late[0])
        rate = self.rfm.rate_ids.filtered(lambda rate: (rate.r, rate.f) == (late.r_score, late.f_score)).rate
        self.assertEqual(late.factor_codes, "late")
        self.assertAlmostEqual(
            late.p_order, factors.expit(factors.logit(rate) + factor.shift_with), 3
        )
        self.assertLess(late.p_order, rate)
        self.assertAlmostEqual(late.at_risk, round(late.monetary * (1 - late.p_order), 2))
        self.assertRegex(
            late.with_user(self.seller).explanation,
            r"^Nobody had R=1 and F=1 90 days ago: the share of buyers among all customers\."
            r" Lowered from \d+% to \d+%: paid more than 14 days late",
        )
        other = self._value(self.punctual[0])
        self.assertFalse(other.factor_codes)
        self.assertNotIn("Lowered", other.explanation)

    def test_late_payers_who_buy_as_others_do(self):
        self._insert_purchases(0.5, 0.5)
        factor = self._forecast()
        self.assertFalse(factor.kept)
        self.assertTrue(factor.judged)
        self.assertEqual(set(self.env["crm.rfm.value"].search([]).mapped("factor_codes")), {False})

    def test_what_is_late(self):
        """Settled in time or within two weeks is not late; settled later, or not at all, is."""
        partners = self.env["res.partner"].create([{"name": name, "is_company": True} for name in "abcd"])
        due = AS_OF - timedelta(days=100)
        invoices = self.env["account.move"]
        for partner in partners:
            invoices += self._create_rfm_invoice(partner, due, 100, invoice_date_due=due)
        for invoice, days in zip(invoices[:3], (0, 14, 15), strict=True):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({"payment_date": due + timedelta(days=days)})._create_payments()
        self.env.flush_all()

        def late(as_of):
            rows = self.env.execute_query(self.rfm._factor_query_late(as_of))
            return "".join(sorted(partners.browse([id_]).name for [id_] in rows if id_ in partners.ids))

        self.assertEqual(late(AS_OF), "cd")
        # two weeks after the due day nobody is late yet, a day later it is known of both
        self.assertEqual((late(due + timedelta(days=14)), late(due + timedelta(days=15))), ("", "cd"))
        self.assertEqual(late(due + timedelta(days=400)), "")

    def test_cost_to_serve(self):
        self._insert_purchases(0.5, 0.5)
        partner = self.punctual[0]
        contact = {"partner_id": partner.id, "direction": "out", "channel": "phone", "state": "done", "objective": "x"}
        self.env["crm.interaction"].sudo().create(
            [
                contact | {"date": "2024-03-01 10:00:00", "duration": 90},
                contact | {"date": "2024-12-31 23:00:00", "duration": 30},
                # not in the window, not yet, not held
                contact | {"date": "2023-12-31 23:00:00", "duration": 1000},
                contact | {"date": "2025-01-01 00:00:00", "duration": 1000},
                contact | {"date": "2024-03-02 10:00:00", "duration": 1000, "state": "cancelled"},
            ]
        )
        self.rfm.with_user(self.manager).write({"hour_cost": 45, "margin_percent": 40})
        self._forecast()
        value = self._value(partner).with_user(self.seller)
        self.assertEqual((value.service_hours, value.service_cost), (2, 90))
        self.assertAlmostEqual(value.contribution, value.monetary * 0.4 - 90)
        money = self.rfm.currency_id.format
        self.assertEqual(
            value.service_explanation,
            f"Net value {money(value.monetary)} × margin 40% − {money(90)} cost to serve"
            f" (2.0 h of contacts; an hour costs {money(45)}) = {money(value.contribution)}.",
        )
        other = self._value(self.punctual[1])
        self.assertEqual((other.service_hours, other.service_cost), (0, 0))
        self.assertAlmostEqual(other.contribution, other.monetary * 0.4)
        # a second night with other settings: only the figures change
        self.rfm.with_user(self.manager).hour_cost = 50
        self._forecast()
        self.assertEqual(value.service_cost, 100)

    @mute_logger("odoo.sql_db")
    def test_impossible_settings_are_refused(self):
        for values in ({"hour_cost": -1}, {"margin_percent": 0}, {"margin_percent": 101}):
            with (
                self.subTest(values=values),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.rfm.with_user(self.manager).write(values)
                self.env.flush_all()
            self.env.invalidate_all(flush=False)

    def test_who_may_do_what(self):
        self._insert_purchases(0.5, 0.5)
        factor = self._forecast()
        self.assertEqual(factor.with_user(self.auditor).customers, 60)
        with self.assertRaises(AccessError):
            factor.with_user(self.manager).write({"kept": True})
        with self.assertRaises(AccessError):
            factor.with_user(self.nobody).read(["kept"])

    def test_call_list_is_ranked_by_chance_times_value_times_margin(self):
        self._insert_purchases(0.15, 0.7)
        self.rfm.with_user(self.manager).margin_percent = 50
        self._forecast()
        segments = self.env["crm.rfm.score"].search([("model_id", "=", self.rfm.id), ("r_score", ">", 0)]).segment_id
        action = self.env["crm.rfm.action"].with_user(self.manager).create(
            {"name": "Call", "model_id": self.rfm.id, "to_segment_ids": segments.ids, "control_percent": 0,
             "plan_activities": False}
        )  # fmt: skip
        action.action_start()
        for line in action.line_ids:
            value = self._value(line.partner_id)
            self.assertAlmostEqual(line.rank_value, line.score_monetary * value.p_order * 0.5)
        self.assertEqual(len(action.line_ids), 200)
