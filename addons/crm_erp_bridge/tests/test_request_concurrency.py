import functools
import os
import signal
import subprocess
import sys
import threading
import time
import uuid

from odoo.addons.crm_relations.tests.common_concurrency import CommittedCase
from odoo.exceptions import ConcurrencyError, UserError
from odoo.service.model import retrying
from odoo.tests import get_db_name, tagged
from odoo.tools import config, mute_logger

WORKER = """
import sys, time
import odoo
from odoo import api, SUPERUSER_ID
from odoo.modules.registry import Registry
odoo.tools.config.parse_config(["--config", sys.argv[1], "--log-level", "critical"])
from odoo.addons.crm_erp_bridge.models import crm_request_executor
crm_request_executor.CHUNK = int(sys.argv[4])
registry = Registry(sys.argv[2])
cr = registry.cursor()
env = api.Environment(cr, SUPERUSER_ID, {})
handler = type(env["crm.request.step"])._handle_invoice
def slow(steps):
    result = handler(steps)
    steps.env.flush_all()
    print("in the middle", flush=True)
    time.sleep(60)
    return result
if sys.argv[3] == "slow":
    type(env["crm.request.step"])._handle_invoice = slow
env["crm.request"]._cron_run("main")
print("finished", flush=True)
"""


class CommittedRequests(CommittedCase):
    """Requests that other connections see; what they commit is removed at the end.

    The orders get no invoice lines in a closed period and no posted invoices: all of it can be deleted again.
    """

    def setUp(self):
        super().setUp()
        self.title = f"Concurrent {uuid.uuid4()}"
        with self._transaction() as env:
            self._prepare(env)
            env.cr.commit()
        self.addCleanup(self._remove)

    def _prepare(self, env):
        self.partner_id = env["res.partner"].create({"name": self.title}).id
        self.product_id = env["product.product"].create(
            {"name": self.title, "type": "service", "invoice_policy": "order", "list_price": 10, "taxes_id": False}
        ).id
        plan = [("quotation", ""), ("confirm", "quotation"), ("invoice", "confirm")]
        self.type_id = env["crm.request.type"].create(
            {
                "name": self.title,
                "code": self.title,
                "kind": "order",
                "plan_ids": [
                    (0, 0, {"name": code, "code": code, "kind": code, "after": after, "sequence": number})
                    for number, (code, after) in enumerate(plan)
                ],
            }
        ).id

    def _create(self, env, count, start=True):
        requests = env["crm.request"].with_context(tracking_disable=True).create(
            [
                {
                    "name": self.title,
                    "type_id": self.type_id,
                    "partner_id": self.partner_id,
                    "line_ids": [(0, 0, {"product_id": self.product_id, "quantity": 2})],
                }
                for _number in range(count)
            ]
        )
        if start:
            requests._start()
        return requests.ids

    def _committed(self, count, start=True):
        with self._transaction() as env:
            ids = self._create(env, count, start)
            env.cr.commit()
        return ids

    def _remove(self):
        with self._transaction() as env:
            requests = env["crm.request"].search([("type_id", "=", self.type_id)])
            orders = env["sale.order"].search([("partner_id", "=", self.partner_id)])
            payments = env["account.payment"].search([("partner_id", "=", self.partner_id)])
            payments.action_draft()
            payments.unlink()
            moves = orders.invoice_ids | env["account.move"].search([("partner_id", "=", self.partner_id)])
            moves.filtered(lambda move: move.state == "posted").button_draft()
            moves.with_context(force_delete=True).unlink()
            orders.with_context(disable_cancel_warning=True)._action_cancel()
            orders.unlink()
            requests.phase = "cancelled"
            requests.unlink()
            env["crm.request.type"].browse(self.type_id).unlink()
            env["product.product"].browse(self.product_id).product_tmpl_id.unlink()
            env["res.partner"].browse(self.partner_id).unlink()
            env.cr.commit()

    def _made(self):
        """(requests, orders, invoices, requests done, steps done) of the test, as committed."""
        with self._transaction() as env:
            requests = env["crm.request"].search([("type_id", "=", self.type_id)])
            orders = env["sale.order"].search([("partner_id", "=", self.partner_id)])
            return (
                len(requests),
                len(orders),
                len(orders.invoice_ids),
                len(requests.filtered(lambda request: request.phase == "done")),
                len(requests.step_ids.filtered(lambda step: step.state == "done")),
            )

    def _in_threads(self, count, function):
        def work(wait):
            with self._transaction() as env:
                env["crm.request"].search_count([])  # the snapshot is taken before the others commit
                wait()
                retrying(lambda: function(env), env)
                env.cr.commit()

        self._at_once(*[work] * count)

    def _each_at_once(self, ids, function):
        """Call a function with each id in transactions of their own, all with a snapshot from before.

        :return: what those were told that were refused
        """

        def work(record_id, wait):
            with self._transaction() as env:
                env["res.partner"].search_count([])
                wait()
                try:
                    retrying(lambda: function(env, record_id), env)
                    env.cr.commit()
                except UserError as error:
                    return str(error)
            return None

        return list(filter(None, self._at_once(*[functools.partial(work, record_id) for record_id in ids])))


@tagged("post_install", "-at_install")
class TestRequestConcurrency(CommittedRequests):
    @mute_logger("odoo.sql_db")
    def test_four_users_start_the_same_request(self):
        [request_id] = self._committed(1, start=False)
        self._in_threads(4, lambda env: env["crm.request"].browse(request_id).action_start())
        self.assertEqual(self._made(), (1, 1, 1, 1, 3))

    @mute_logger("odoo.sql_db")
    def test_scheduled_job_and_button_at_once(self):
        ids = self._committed(3)
        self._in_threads(3, lambda env: env["crm.request"].browse(ids)._run())
        self.assertEqual(self._made(), (3, 3, 3, 3, 9))

    @mute_logger("odoo.sql_db")
    def test_the_second_waits_then_sees_the_step_done(self):
        [request_id] = self._committed(1)
        tries = []
        with self._transaction() as first:
            first["crm.request"].browse(request_id)._run()

            def second():
                with self._transaction() as env:
                    env["crm.request"].search_count([])

                    def call():
                        tries.append(1)
                        env["crm.request"].browse(request_id)._run()

                    retrying(call, env)
                    env.cr.commit()

            thread = threading.Thread(target=second, daemon=True)
            thread.start()
            thread.join(1)
            self.assertTrue(thread.is_alive())
            first.cr.commit()
            thread.join(60)
        self.assertFalse(thread.is_alive())
        self.assertEqual((len(tries), self._made()), (2, (1, 1, 1, 1, 3)))

    @mute_logger("odoo.sql_db")
    def test_claimed_requests_are_passed_over(self):
        ids = self._committed(4)
        with self._transaction() as first, self._transaction() as second:
            claimed = first["crm.request"]._claim("main", 2)
            others = second["crm.request"]._claim("main", 1000)
            self.assertEqual(len(claimed & first["crm.request"].browse(ids)), len(claimed))
            self.assertFalse(set(claimed.ids) & set(others.ids))
            self.assertEqual(set(claimed.ids) | (set(others.ids) & set(ids)), set(ids))

    @mute_logger("odoo.sql_db")
    def test_the_same_need_asked_for_twice_makes_one_request(self):
        with self._transaction() as env:
            lead = env["crm.lead"].create({"name": self.title, "type": "opportunity", "partner_id": self.partner_id})
            env.cr.commit()
            lead_id = lead.id
        found = []

        def make(env):
            request = env["crm.lead"].browse(lead_id).with_context(default_type_id=self.type_id)._make_crm_request()
            found.append(request.id)

        self._in_threads(4, make)
        with self._transaction() as env:
            requests = env["crm.request"].search([("lead_id", "=", lead_id)])
            self.assertEqual(len(requests), 1)
            requests.unlink()
            env["crm.lead"].browse(lead_id).unlink()
            env.cr.commit()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_step_of_a_key(self):
        [request_id] = self._committed(1)
        with self._transaction() as env:
            step = env["crm.request"].browse(request_id).step_ids[0]
            with self.assertRaisesRegex(Exception, "crm_request_step_key_uniq"):
                step.copy({"key": step.key, "request_id": request_id})
            env.cr.rollback()

    def test_serialization_error_is_not_a_failure_of_the_step(self):
        [request_id] = self._committed(1)
        with self._transaction() as env:

            def refuse(*args):
                raise ConcurrencyError("somebody else")

            self.patch(self.registry["crm.request.step"], "_handle_quotation", refuse)
            request = env["crm.request"].browse(request_id)
            with self.assertRaises(ConcurrencyError):
                request._run()
            env.cr.rollback()
            self.assertEqual(set(request.step_ids.mapped("state")), {"planned"})


@tagged("post_install", "-at_install")
class TestRequestKilled(CommittedRequests):
    """A worker process killed in the middle of a chunk leaves nothing half done; two at once then do it all, once."""

    def _worker(self, mode, chunk=25):
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, config["config"] or os.environ.get("ODOO_RC", ""), get_db_name(), mode,
             str(chunk)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self.addCleanup(worker.kill)
        return worker

    def test_killed_worker(self):
        self._committed(6)
        worker = self._worker("slow")
        try:
            line = worker.stdout.readline().strip()
            if line != "in the middle":
                worker.kill()
                self.fail(worker.communicate()[1][-3000:])
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.communicate()
        time.sleep(0.5)  # the database notices that the connection is gone
        self.assertEqual(self._made(), (6, 0, 0, 0, 0))
        for worker in [self._worker("normal", chunk=2) for _process in range(2)]:
            output, error = worker.communicate(timeout=120)
            self.assertIn("finished", output, error[-3000:])
        self.assertEqual(self._made(), (6, 6, 6, 6, 18))

