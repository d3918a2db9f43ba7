import contextlib
import threading

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name


class CommittedCase(BaseCase):
    """Real transactions on connections of their own. What a test commits, it removes again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    def setUp(self):
        super().setUp()
        # Odoo's runner holds the registry's lock while it runs tests: other threads would wait for ever
        self.patch(Registry, "_lock", DummyRLock())

    @contextlib.contextmanager
    def _transaction(self, uid=SUPERUSER_ID):
        """The environment of a connection of its own; what it did not commit is rolled back at the end."""
        cr = db_connect(self.registry.db_name).cursor()
        try:
            yield api.Environment(cr, uid, {"tracking_disable": True})
        finally:
            cr.rollback()
            cr.close()

    def _at_once(self, *works, timeout=120):
        """Run functions side by side, each in a thread; what one raises fails the test.

        :param works: functions of ``wait``, which they call when their snapshot is taken: it returns when all did
        :return: their results, in their order
        """
        barrier = threading.Barrier(len(works))
        results, errors = [None] * len(works), []

        def run(index, work):
            try:
                results[index] = work(lambda: barrier.wait(30))
            except Exception as error:  # noqa: BLE001 shown by the test
                errors.append(error)

        threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)
        self.assertFalse([thread for thread in threads if thread.is_alive()], "a thread still waits")
        self.assertEqual(errors, [])
        return results
