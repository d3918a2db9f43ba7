from datetime import timedelta
from unittest.mock import patch

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
        self.rfm.computed_at = recently
        self._run()
        self.assertEqual(self.rfm.computed_at, recently)
        self.rfm.computed_at = fields.Datetime.now() - timedelta(minutes=70)
        self._run()
        self.assertGreater(self.rfm.computed_at, recently)

    @mute_logger("odoo.addons.crm_rfm.models.crm_rfm_model_run")
    def test_failing_model_keeps_its_scores_and_the_others_go_on(self):
        self._run()
        bad, good = self.rfm, self._create_model(name="Good")
        bad._get_bands("r")[0].upper_limit = 10**6
        bad.flush_recordset()
        self.env.cr.execute("UPDATE crm_rfm_model SET r_method = 'fixed' WHERE id = %s", [bad.id])
        bad.invalidate_recordset()
        bad.computed_at = False
        before = self._stored()
        self._run()
        self.assertIn("Recency: the limits must rise", bad.last_error)
        self.assertEqual(self._stored(), before)
        self.assertTrue(good.computed_at)
        bad.r_method = "quantile"
        self._compute(as_of=fields.Date.today())
        self.assertFalse(bad.last_error)

    def test_unexpected_errors_are_not_hidden(self):
        with (
            patch.object(type(self.rfm), "_run_score_query", side_effect=ZeroDivisionError),
            self.assertRaises(ZeroDivisionError),
        ):
            self.rfm._compute_or_note_error()

    def test_error_of_the_definition_is_noted(self):
        with (
            patch.object(type(self.rfm), "_resolve_as_of", side_effect=ValidationError("Nonsense")),
            mute_logger("odoo.addons.crm_rfm.models.crm_rfm_model_run"),
        ):
            self.rfm._compute_or_note_error()
        self.assertEqual(self.rfm.last_error, "Nonsense")
