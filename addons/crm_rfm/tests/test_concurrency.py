from psycopg2 import errors

from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install", "crm_rfm_concurrency")
class TestConcurrency(BaseCase):
    """Two runs of one model in two real transactions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            values = {"name": "Two runs", "company_id": env.ref("base.main_company").id, "shown_on_partner": False}
            cls.model_id = env["crm.rfm.model"].create(values).id

    @classmethod
    def tearDownClass(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["crm.rfm.model"].browse(cls.model_id).unlink()
        super().tearDownClass()

    def _model(self, cr):
        return api.Environment(cr, api.SUPERUSER_ID, {})["crm.rfm.model"].browse(self.model_id)

    def test_second_run_is_refused_at_once(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._model(first).action_compute("2024-12-31")
            with self.assertRaisesRegex(UserError, "is being computed at this moment"):
                self._model(second).action_compute("2024-12-31")
            second.rollback()
            first.commit()
            self._model(second).action_compute("2024-12-31")

    def test_cell_is_not_changed_under_a_run(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._model(first).action_compute("2024-12-31")
            cell = self._model(second).cell_ids[0]
            with self.assertRaisesRegex(UserError, "is being computed at this moment"):
                cell.segment_id = cell.segment_id
            first.rollback()
            second.rollback()

    @mute_logger("odoo.sql_db")
    def test_run_on_an_old_snapshot_is_told_to_retry(self):
        """Both began before either ended: the later one cannot overwrite, Odoo retries it."""
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._model(second).name  # noqa: B018 - takes the snapshot
            self._model(first).action_compute("2024-12-31")
            first.commit()
            with self.assertRaises(errors.SerializationFailure):
                self._model(second).action_compute("2024-12-31")
            second.rollback()
            self._model(second).action_compute("2024-12-31")

    def test_nightly_run_skips_a_locked_model(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._model(first)._lock_for_compute()
            self.assertFalse(self._model(second).try_lock_for_update(allow_referencing=True))
