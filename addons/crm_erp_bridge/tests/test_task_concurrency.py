import threading
import uuid

from odoo.addons.crm_relations.tests.common_concurrency import CommittedCase
from odoo.exceptions import ConcurrencyError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestTaskConcurrency(CommittedCase):
    """Two real transactions on two connections; what they commit is removed at the end.

    The database refusing the second task is the point, so its log is muted.
    """

    def setUp(self):
        super().setUp()
        self.title = f"Measure {uuid.uuid4()}"
        with self._transaction() as env:
            partner = env["res.partner"].create({"name": self.title})
            lead = env["crm.lead"].create({"name": self.title, "type": "opportunity", "partner_id": partner.id})
            project = env["project.project"].create({"name": self.title})
            self.lead_id, self.project_id, self.partner_id = lead.id, project.id, partner.id
            env.cr.commit()
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env["project.task"].with_context(active_test=False).search([("name", "=", self.title)]).unlink()
            env["project.project"].browse(self.project_id).unlink()
            env["crm.lead"].browse(self.lead_id).unlink()
            env["res.partner"].browse(self.partner_id).unlink()
            env.cr.commit()

    def _create(self, env):
        lead = env["crm.lead"].browse(self.lead_id)
        return lead._create_task(env["project.project"].browse(self.project_id), self.title)

    def _count(self):
        with self._transaction() as env:
            return env["project.task"].search_count([("name", "=", self.title)])

    @mute_logger("odoo.sql_db")
    def test_second_transaction_finds_the_task_of_the_first(self):
        started = threading.Event()
        outcome = {}

        def second_user():
            with self._transaction() as env:
                env["project.task"].search_count([])  # the snapshot is taken: what the first commits is invisible
                started.set()
                tries = []

                def call():
                    tries.append(1)
                    task, is_new = self._create(env)
                    return task.id, is_new

                outcome["result"] = retrying(call, env)
                outcome["tries"] = len(tries)

        with self._transaction() as first:
            task, is_new = self._create(first)
            first.flush_all()
            self.assertTrue(is_new)
            thread = threading.Thread(target=second_user, daemon=True)
            thread.start()
            started.wait(10)
            thread.join(1)  # it waits for the row of the first
            self.assertTrue(thread.is_alive())
            first.cr.commit()
            thread.join(30)
        self.assertFalse(thread.is_alive())
        self.assertEqual(outcome, {"result": (task.id, False), "tries": 2})
        self.assertEqual(self._count(), 1)

    @mute_logger("odoo.sql_db")
    def test_eight_at_once(self):
        barrier = threading.Barrier(8)
        results = []

        def user():
            with self._transaction() as env:
                env["project.task"].search_count([])
                barrier.wait(20)

                def call():
                    task, is_new = self._create(env)
                    return task.id, is_new

                results.append(retrying(call, env))

        threads = [threading.Thread(target=user, daemon=True) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(len(results), 8)
        self.assertEqual(len({task_id for task_id, _new in results}), 1)
        self.assertEqual(sum(is_new for _task, is_new in results), 1)
        self.assertEqual(self._count(), 1)

    @mute_logger("odoo.sql_db")
    def test_database_refuses_what_the_code_does_not_see(self):
        with self._transaction() as first, self._transaction() as second:
            second["project.task"].search_count([])
            self._create(first)
            first.cr.commit()
            with self.assertRaises(ConcurrencyError):
                self._create(second)
            second.cr.rollback()
        self.assertEqual(self._count(), 1)
