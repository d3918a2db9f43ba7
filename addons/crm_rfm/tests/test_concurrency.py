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


@tagged("post_install", "-at_install", "crm_rfm_concurrency")
class TestQueueConcurrency(BaseCase):
    """The queue never makes one transaction wait for another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            cls.partner_id = env["res.partner"].create({"name": "Two documents at once"}).id
            cls.order_ids = env["sale.order"].create([{"partner_id": cls.partner_id}] * 3).ids
            journal = env["account.journal"].create({"name": "Queue", "code": "RFMQ", "type": "general"})
            cls.journal_id = journal.id
            moves = env["account.move"].create([{"journal_id": journal.id, "move_type": "entry"}] * 2)
            cls.move_ids = moves.ids
            env.flush_all()
            cr.execute(
                """UPDATE account_move SET move_type = 'out_invoice', partner_id = %s, commercial_partner_id = %s,
                          invoice_date = '2024-06-06', amount_untaxed = 5, amount_untaxed_signed = 5
                    WHERE id IN %s""",
                [cls.partner_id, cls.partner_id, tuple(cls.move_ids)],
            )
            cr.execute("DELETE FROM crm_rfm_dirty")

    @classmethod
    def tearDownClass(cls):
        with cls.registry.cursor() as cr:
            cr.execute("UPDATE sale_order SET state = 'cancel' WHERE id IN %s", [tuple(cls.order_ids)])
            cr.execute("UPDATE account_move SET state = 'draft', move_type = 'entry' WHERE id IN %s",
                       [tuple(cls.move_ids)])
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["sale.order"].browse(cls.order_ids).unlink()
            env["account.move"].browse(cls.move_ids).unlink()
            env["account.journal"].browse(cls.journal_id).unlink()
            cr.execute("DELETE FROM crm_rfm_dirty WHERE partner_key = %s", [cls.partner_id])
            env["res.partner"].browse(cls.partner_id).unlink()
        super().tearDownClass()

    def _env(self, cr):
        cr.execute("SET LOCAL lock_timeout = '300ms'")
        return api.Environment(cr, api.SUPERUSER_ID, {})

    def _queued(self, cr):
        cr.execute("SELECT count(*) FROM crm_rfm_dirty WHERE partner_key = %s", [self.partner_id])
        return cr.fetchone()[0]

    def test_two_orders_of_one_customer(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._env(first)["sale.order"].browse(self.order_ids[0]).action_confirm()
            self._env(second)["sale.order"].browse(self.order_ids[1]).action_confirm()
            second.commit()
            first.commit()
            self.assertEqual(self._queued(first), 2)
            first.execute("DELETE FROM crm_rfm_dirty WHERE partner_key = %s", [self.partner_id])

    def test_two_invoices_of_one_customer_while_the_worker_runs(self):
        """The statement by which Odoo posts, so that only what it sets off can wait."""
        with self.registry.cursor() as first, self.registry.cursor() as second, self.registry.cursor() as worker:
            first.execute("INSERT INTO crm_rfm_dirty (partner_key) VALUES (%s)", [self.partner_id])
            first.commit()
            rows, _taken = self._env(worker)["crm.rfm.dirty"]._take()
            self.assertIn((self.partner_id, None, None), rows)
            for cr, move_id in zip((first, second), self.move_ids, strict=True):
                self._env(cr)
                cr.execute("UPDATE account_move SET state = 'posted' WHERE id = %s", [move_id])
            self.assertEqual(self._env(worker)["crm.rfm.dirty"]._take(), ([], 0))
            worker.commit()
            second.commit()
            first.commit()
            self.assertEqual(self._queued(first), 2)
            first.execute("DELETE FROM crm_rfm_dirty WHERE partner_key = %s", [self.partner_id])

    def test_two_workers_take_different_rows(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            first.execute("INSERT INTO crm_rfm_dirty (partner_key) VALUES (%s), (%s)", [self.partner_id] * 2)
            first.commit()
            _rows, one = self._env(first)["crm.rfm.dirty"]._take(limit=1)
            _rows, other = self._env(second)["crm.rfm.dirty"]._take(limit=1)
            self.assertEqual((one, other), (1, 1))
            first.commit()
            second.commit()
            self.assertEqual(self._queued(first), 0)

    def test_a_change_after_the_snapshot_of_the_worker_stays_in_the_queue(self):
        with self.registry.cursor() as worker, self.registry.cursor() as other:
            worker.execute("SELECT count(*) FROM crm_rfm_dirty")
            other.execute("INSERT INTO crm_rfm_dirty (partner_key) VALUES (%s)", [self.partner_id])
            other.commit()
            self.assertEqual(self._env(worker)["crm.rfm.dirty"]._take(), ([], 0))
            worker.commit()
            self.assertEqual(self._queued(other), 1)
            other.execute("DELETE FROM crm_rfm_dirty WHERE partner_key = %s", [self.partner_id])
