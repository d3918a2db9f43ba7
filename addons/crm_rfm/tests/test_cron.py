from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestCron(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.rfm.model"].sudo().search([("id", "!=", cls.rfm.id)]).active = False
        cls.customer = cls._create_customer()
        cls._create_rfm_invoice(cls.customer, fields.Date.today() - timedelta(days=10), 70)

    def _run(self):
        cron = self.env.ref("crm_rfm.ir_cron_compute").sudo()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_all_models_are_computed(self):
        second = self._create_model(name="Orders", source="order")
        archived = self._create_model(name="Archived", active=False)
        self._run()
        self.assertEqual(self._score(self.customer).monetary, 70)
        self.assertTrue(second.computed_at)
        self.assertFalse(archived.computed_at)

    def test_recent_runs_are_not_repeated(self):
        recently = fields.Datetime.now() - timedelta(minutes=50)
        self.rfm.night_at = recently
        self._run()
        self.assertEqual((self.rfm.night_at, self.rfm.computed_at), (recently, False))
        self.rfm.night_at = fields.Datetime.now() - timedelta(minutes=70)
        self._run()
        self.assertGreater(self.rfm.night_at, recently)
        self.assertGreater(self.rfm.computed_at, recently)

    def test_run_by_the_button_does_not_take_the_place_of_the_night(self):
        today = fields.Date.context_today(self.rfm)
        self._compute(as_of=today)
        self.assertFalse(self.rfm.snapshot_ids)
        self._run()
        self.assertEqual(self.rfm.snapshot_ids.mapped("date"), [today.replace(day=1) - timedelta(days=1)])
        values = self.env["crm.rfm.value"].search([("model_id", "=", self.rfm.id)])
        self.assertEqual(values.partner_id, self.customer)

    def test_who_opts_out_while_a_snapshot_is_taken_is_erased_at_night(self):
        """As if the wish had come in another transaction: nothing of it was known when the snapshot was made."""
        self._compute(as_of=fields.Date.today())
        model = self.rfm.with_user(self.manager)
        model.action_compute_values()
        snapshot = self.env["crm.rfm.snapshot"].browse(model.action_take_snapshot()["res_id"])
        other = self._create_customer("Other")
        self._create_rfm_invoice(other, fields.Date.today(), 30)
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET rfm_opt_out = TRUE WHERE id = %s", [self.customer.id])
        # nothing else sees to the forecast: the night passes over the model
        self.rfm.active = False
        self.assertEqual(snapshot.customer_count, 1)
        self._run()
        self.assertEqual((len(snapshot.line_ids), snapshot.customer_count, snapshot.erased_count), (0, 0, 1))
        self.assertFalse(self.env["crm.rfm.value"].search_count([("model_id", "=", self.rfm.id)]))
        self._run()
        self.assertEqual(snapshot.erased_count, 1)

    @mute_logger("odoo.addons.crm_rfm.models.crm_rfm_model_run")
    def test_failing_model_keeps_its_scores_and_the_others_go_on(self):
        self._run()
        bad, good = self.rfm, self._create_model(name="Good")
        bad._get_bands("r")[0].upper_limit = 10**6
        bad.flush_recordset()
        self.env.cr.execute("UPDATE crm_rfm_model SET r_method = 'fixed' WHERE id = %s", [bad.id])
        bad.invalidate_recordset()
        bad.write({"night_at": False, "computed_at": False})
        before = self._stored()
        self._run()
        self.assertIn("Recency: the limits must rise", bad.last_error)
        self.assertEqual(self._stored(), before)
        self.assertTrue(good.computed_at)
        bad.r_method = "quantile"
        self._compute(as_of=fields.Date.today())
        self.assertFalse(bad.last_error)

    def test_unexpected_errors_are_noted_and_the_others_go_on(self):
        good = self._create_model(name="Good")
        compute = type(self.rfm)._run_score_query

        def fail(model, *args, **kwargs):
            return 1 / 0 if model == self.rfm else compute(model, *args, **kwargs)

        with (
            patch.object(type(self.rfm), "_run_score_query", fail),
            self.assertLogs("odoo.addons.crm_rfm.models.crm_rfm_model_run", "ERROR") as logs,
        ):
            self._run()
        self.assertEqual((self.rfm.last_error, self.rfm.computed_at), ("division by zero", False))
        self.assertIn(f"Scoring model {self.rfm.id} could not be computed", logs.output[0])
        self.assertEqual((good.customer_count, good.last_error), (1, False))

    def test_lost_connections_are_for_the_caller(self):
        with (
            patch.object(type(self.rfm), "_run_score_query", side_effect=psycopg2.OperationalError),
            self.assertRaises(psycopg2.OperationalError),
        ):
            self.rfm._compute_or_note_error()

    @mute_logger("odoo.addons.crm_rfm.models.crm_rfm_model_run")
    def test_date_from_before_dates_were_checked(self):
        """The window would begin before year 1."""
        good = self._create_model(name="Good")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_rfm_model SET as_of_date = '0025-11-30', window_value = 600 WHERE id = %s", [self.rfm.id]
        )
        self.env.invalidate_all()
        self._run()
        self.assertEqual(
            self.rfm.last_error,
            "Scores cannot be computed as of 0025-11-30: the as-of date lies before 1900-01-01.",
        )
        self.assertEqual(good.customer_count, 1)

    def test_error_of_the_definition_is_noted(self):
        with (
            patch.object(type(self.rfm), "_resolve_as_of", side_effect=ValidationError("Nonsense")),
            mute_logger("odoo.addons.crm_rfm.models.crm_rfm_model_run"),
        ):
            self.rfm._compute_or_note_error()
        self.assertEqual(self.rfm.last_error, "Nonsense")
