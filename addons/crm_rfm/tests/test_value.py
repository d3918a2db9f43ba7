import random
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.addons.crm_rfm.tools import calibration
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestValue(RfmCommon):
    """Sixty customers who go on buying every month and sixty who stopped long ago."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(120)]
        )
        cls.loyal, cls.gone = cls.customers[:60], cls.customers[60:]
        cls.rows = [
            cls._invoice_row(partner.id, AS_OF - timedelta(days=30 * month + index % 25), 100)
            for index, partner in enumerate(cls.loyal)
            for month in range(16)
        ] + [
            cls._invoice_row(partner.id, AS_OF - timedelta(days=330 + 3 * (index % 5)), 80)
            for index, partner in enumerate(cls.gone)
        ]

    def _forecast(self):
        self._compute()
        self.rfm.with_user(self.manager).action_compute_values()

    def _value(self, partner):
        return self.env["crm.rfm.value"].search([("model_id", "=", self.rfm.id), ("partner_id", "=", partner.id)])

    def test_chance_is_the_share_of_buyers_of_the_cell(self):
        self._insert_documents(self.rows)
        self._forecast()
        self.assertEqual(self.rfm.forecast_state, "on")
        self.assertEqual(self.rfm.forecast_auc, 1.0)
        value, lost = self._value(self.loyal[0]), self._value(self.gone[0])
        rate = self.rfm.rate_ids.filtered(lambda rate: (rate.r, rate.f) == (value.r_score, value.f_score))
        self.assertAlmostEqual(value.p_order, calibration.smooth(rate.buyers, rate.customers, 0.5))
        self.assertGreater(value.p_order, 0.7)
        self.assertLess(lost.p_order, 0.25)
        self.assertAlmostEqual(lost.at_risk, 80 * (1 - lost.p_order), places=2)
        self.assertEqual(
            value.explanation,
            f"Of {rate.customers} customers with R={rate.r} and F={rate.f} 90 days ago,"
            f" {rate.buyers} bought since. They are few, so the share is drawn towards that of all customers.",
        )
        rate.sudo().write({"customers": 1000, "buyers": 1000 * rate.rate})
        value.invalidate_recordset(["explanation"])
        self.assertNotIn("few", value.explanation)
        rate.sudo().write({"customers": 0, "buyers": 0})
        value.invalidate_recordset(["explanation"])
        self.assertEqual(
            value.explanation,
            f"Nobody had R={rate.r} and F={rate.f} 90 days ago: the share of buyers among all customers.",
        )
        self.assertIn("Tested on the last 90 days", self.rfm.forecast_text)

    def test_cells_add_up(self):
        self._insert_documents(self.rows)
        cells = self.rfm.sudo()._get_cells(AS_OF - timedelta(days=90), AS_OF)
        self.assertEqual(sum(number for number, _buyers in cells.values()), 120)
        self.assertEqual(sum(buyers for _number, buyers in cells.values()), 60)

    def test_window_shorter_than_the_horizon(self):
        """Buyers of the horizon are counted wherever the window ends."""
        self._insert_documents(
            [
                self._invoice_row(partner.id, AS_OF - timedelta(days=days), 100)
                for partner in self.loyal
                for days in (100, 60)
            ]
        )
        model = self.rfm.sudo()
        for days in (30, 365):
            model.write({"window_value": days, "window_unit": "day"})
            self.assertEqual(model._get_cells(AS_OF - timedelta(days=90), AS_OF), {(5, 1): (60, 60)}, days)

    def test_switched_off_when_no_better_than_the_average(self):
        """Who bought before says nothing about who buys next."""
        source = random.Random(5)
        rows = [
            self._invoice_row(partner.id, AS_OF - timedelta(days=period * 90 + source.randrange(1, 89)), 50)
            for partner in self.customers
            for period in range(4)
            if source.random() < 0.5
        ] + [self._invoice_row(partner.id, AS_OF - timedelta(days=360), 50) for partner in self.customers]
        self._insert_documents(rows)
        quality = None
        self._compute()
        model = self.rfm.sudo()
        days = timedelta(days=90)
        quality = calibration.measure(
            model._get_cells(AS_OF - 2 * days, AS_OF - days), model._get_cells(AS_OF - days, AS_OF)
        )
        model.action_compute_values()
        self.assertFalse(calibration.is_useful(quality))
        self.assertEqual(model.forecast_state, "off")
        self.assertIn("no better than the average", model.forecast_text)
        self.env.cr.execute(
            "SELECT count(*), count(p_order), count(at_risk) FROM crm_rfm_value WHERE model_id = %s", [model.id]
        )
        self.assertEqual(self.env.cr.fetchone(), (120, 0, 0))
        value = self._value(self.loyal[0])
        self.assertEqual(
            value.with_user(self.seller).explanation, "No chance is shown: it was no better than the average."
        )
        self.assertEqual(
            self._score(self.loyal[0]).with_user(self.seller).forecast_text.splitlines()[0],
            model._describe_forecast(),
        )

    def test_too_few_data(self):
        self._create_rfm_invoice(self.loyal[0], "2024-12-01", 10)
        self._forecast()
        self.assertEqual(self.rfm.forecast_state, "data")
        self.assertIn("too few customers", self.rfm.forecast_text)
        self.assertIn("it takes a year of history", self.rfm.clv_text)

    def test_forecast_without_documents(self):
        self._forecast()
        self.assertEqual(self.rfm.forecast_state, "data")
        self.assertFalse(self.env["crm.rfm.value"].search_count([("model_id", "=", self.rfm.id)]))

    def test_customer_who_leaves_the_scores_leaves_the_values(self):
        self._insert_documents(self.rows)
        self._forecast()
        self.loyal[0].active = False
        self._forecast()
        self.assertFalse(self._value(self.loyal[0]))
        self.loyal[1].with_user(self.env.ref("base.user_admin")).rfm_opt_out = True
        self.assertFalse(self._value(self.loyal[1]))

    def test_value_of_twelve_months(self):
        """A hundred and twenty customers with known habits: loyal ones are worth more than lost ones."""
        rows = self.rows + [
            self._invoice_row(partner.id, AS_OF - timedelta(days=500 + 10 * repeat), 80)
            for partner in self.gone
            for repeat in range(3)
        ]
        self._insert_documents(rows)
        self._forecast()
        loyal, lost = self._value(self.loyal[0]), self._value(self.gone[0])
        self.assertTrue(7 < loyal.expected_orders < 14, loyal.expected_orders)
        self.assertAlmostEqual(loyal.clv, loyal.expected_orders * 100, delta=loyal.clv * 0.1)
        self.assertLess(lost.clv, loyal.clv / 3)
        self.assertRegex(self.rfm.clv_text, r"would have forecast \d+ days with orders of these customers; 180 came")

    def test_last_purchase_before_the_years_that_histories_look_back(self):
        """A window of six years scores the customer, five years of history say nothing any more."""
        rows = self.rows + [
            self._invoice_row(partner.id, AS_OF - timedelta(days=500 + 10 * repeat), 80)
            for partner in self.gone
            for repeat in range(3)
        ]
        old = self._create_customer("Old")
        self._insert_documents([*rows, self._invoice_row(old.id, AS_OF - timedelta(days=1900), 80)])
        self.rfm.window_value = 72
        self._compute(as_of=AS_OF - timedelta(days=100))
        self.rfm.with_user(self.manager).action_compute_values()
        self.assertEqual(self._value(old).purchase_days, 1)
        self._forecast()
        self.env.cr.execute(
            "SELECT clv, expected_orders, purchase_days, first_date FROM crm_rfm_value"
            " WHERE model_id = %s AND partner_id = %s",
            [self.rfm.id, old.id],
        )
        self.assertEqual(self.env.cr.fetchall(), [(None, None, None, None)])
        self.assertGreater(self._value(self.loyal[0]).clv, 0)

    def test_night(self):
        self._insert_documents(self.rows)
        self.rfm.as_of_date = AS_OF
        self.rfm.sudo()._compute_or_note_error()
        self.assertFalse(self.rfm.last_error)
        self.assertEqual(self.rfm.forecast_state, "on")
        self.assertEqual(self.env["crm.rfm.value"].search_count([("model_id", "=", self.rfm.id)]), 120)

    @mute_logger("odoo.addons.crm_rfm.models.crm_rfm_model_run")
    def test_failing_forecast_does_not_cost_the_scores(self):
        self._insert_documents(self.rows)
        self.rfm.as_of_date = AS_OF
        with patch.object(type(self.rfm), "_get_cells", side_effect=UserError("No forecast tonight")):
            self.rfm.sudo()._compute_or_note_error()
        self.assertEqual(self.rfm.last_error, "No forecast tonight")
        self.assertEqual(self.rfm.customer_count, 120)
        self.assertEqual(len(self.rfm.snapshot_ids), 1)

    def test_merge(self):
        self._insert_documents(self.rows)
        self._forecast()
        source, target = self.loyal[:2]
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((source + target).ids, target)
        self.assertEqual(len(self._value(target)), 1)

    @mute_logger("odoo.sql_db")
    def test_horizon_out_of_range(self):
        for days in (6, 367):
            with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
                self.rfm.forecast_days = days
                self.env.flush_all()
            self.env.invalidate_all(flush=False)

    def test_who_may_do_what(self):
        self._insert_documents(self.rows)
        self._forecast()
        self.loyal[0].user_id = self.reader
        domain = [("model_id", "=", self.rfm.id)]
        Value = self.env["crm.rfm.value"]
        self.assertEqual(Value.with_user(self.seller).search_count(domain), 119)
        self.assertEqual(Value.with_user(self.auditor).search_count(domain), 120)
        for user in (self.seller, self.reader, self.auditor):
            with self.assertRaises(AccessError):
                self.rfm.with_user(user).action_compute_values()
        with self.assertRaises(AccessError):
            self._value(self.loyal[0]).with_user(self.manager).write({"p_order": 1})
        portal = new_test_user(self.env, "rfm_portal", groups="base.group_portal")
        for user in (self.nobody, portal):
            with self.assertRaises(AccessError):
                Value.with_user(user).search([])
