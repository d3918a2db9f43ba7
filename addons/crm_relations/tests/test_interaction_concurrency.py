import contextlib
import threading

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestInteractionConcurrency(BaseCase):
    """The same event entered by several at once: real transactions on connections of their own."""

    NAME = "CRM-BULK-CONCURRENT"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @contextlib.contextmanager
    def _transaction(self):
        cr = db_connect(self.registry.db_name).cursor()
        try:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
        finally:
            cr.rollback()
            cr.close()

    def setUp(self):
        super().setUp()
        # Odoo's runner holds the registry's lock while it runs tests: other threads would wait for ever
        self.patch(Registry, "_lock", DummyRLock())
        with self._transaction() as env:
            partners = env["res.partner"].create([{"name": f"{self.NAME} {i}"} for i in range(5)])
            self.partner_ids = partners.ids
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env["crm.interaction"].search([("objective", "=", self.NAME)]).unlink()
            env["res.partner"].browse(self.partner_ids).unlink()
            env.cr.commit()  # pylint: disable=invalid-commit

    def _log(self, env):
        dialog = env["crm.interaction.bulk"].create(
            {"objective": self.NAME, "date": "2026-04-01 10:00:00", "partner_ids": [(6, 0, self.partner_ids)]}
        )
        created, known = dialog._log()
        return len(created), known

    def _count(self):
        with self._transaction() as env:
            return env["crm.interaction"].search_count([("objective", "=", self.NAME)])

    @mute_logger("odoo.sql_db")
    def test_four_at_once_log_everybody_once(self):
        barrier = threading.Barrier(4)
        results = []

        def user():
            with self._transaction() as env:
                env["crm.interaction"].search_count([])  # the snapshot of all is taken before any of them writes
                barrier.wait(20)
                results.append(retrying(lambda: self._log(env), env))

        threads = [threading.Thread(target=user, daemon=True) for _number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(sorted(results), [(0, 5), (0, 5), (0, 5), (5, 0)])
        self.assertEqual(self._count(), 5)

    def test_a_crash_in_the_middle_leaves_nothing(self):
        with self._transaction() as env:
            self.assertEqual(self._log(env), (5, 0))
        self.assertEqual(self._count(), 0)
        with self._transaction() as env:
            self.assertEqual(self._log(env), (5, 0))
            env.cr.commit()  # pylint: disable=invalid-commit
        self.assertEqual(self._count(), 5)
