import functools

import psycopg2

from odoo import Command, fields
from odoo.exceptions import ConcurrencyError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import CommittedCase

CALLS = 40


@tagged("post_install", "-at_install")
class TestCallConcurrency(CommittedCase):
    """Real transactions on connections of their own; what they commit is removed again."""

    def setUp(self):
        super().setUp()
        with self._transaction() as env:
            queue = env["crm.call.queue"].create({"name": "Concurrent", "distribution": "pull", "line": "concurrent"})
            users = env["res.users"].create(
                [{"name": name, "login": f"concurrent_{name}"} for name in ("a", "b")]
            )
            operators = env["crm.call.operator"].create(
                [
                    {
                        "user_id": user.id,
                        "capacity": 20,
                        "queue_ids": [Command.set(queue.ids)],
                        "extension": f"concurrent_{user.name}",
                    }
                    for user in users
                ]
            )
            operators._set_state("available")
            system = env["crm.call.system"].create({"name": "x", "code": "concurrent", "queue_id": queue.id})
            self.queue_id, self.user_ids, self.operator_ids = queue.id, users.ids, operators.ids
            self.system_id, self.partner_ids = system.id, users.partner_id.ids
            env.cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _remove(self):
        with self._transaction() as env:
            env["crm.callback"].search([("queue_id", "=", self.queue_id)]).unlink()
            env["crm.call"].search([("queue_id", "=", self.queue_id)]).unlink()
            env["crm.call.system"].browse(self.system_id).unlink()
            env["crm.call.operator"].browse(self.operator_ids).unlink()
            env["crm.call.queue"].browse(self.queue_id).unlink()
            env["res.users"].browse(self.user_ids).unlink()
            env["res.partner"].browse(self.partner_ids).unlink()
            env.cr.commit()  # pylint: disable=invalid-commit

    def _make_calls(self, number):
        with self._transaction() as env:
            queue = env["crm.call.queue"].browse(self.queue_id)
            for _turn in range(number):
                env["crm.call"]._start(queue)
            env.cr.commit()  # pylint: disable=invalid-commit

    @mute_logger("odoo.sql_db")
    def test_two_workers_get_each_call_once(self):
        self._make_calls(CALLS)
        taken = {operator_id: [] for operator_id in self.operator_ids}

        def pull(operator_id, wait):
            wait()
            while len(taken[operator_id]) < CALLS // 2:
                with self._transaction() as env:
                    try:
                        call = env["crm.call"]._claim(env["crm.call.operator"].browse(operator_id))
                        env.cr.commit()  # pylint: disable=invalid-commit
                    except psycopg2.errors.SerializationFailure:
                        continue
                    if call:
                        taken[operator_id].append(call.id)

        self._at_once(*[functools.partial(pull, operator_id) for operator_id in self.operator_ids])
        first, second = taken.values()
        self.assertEqual(len(set(first) | set(second)), CALLS)
        with self._transaction() as env:
            calls = env["crm.call"].search([("queue_id", "=", self.queue_id)])
            owners = {call.id: call.operator_id.id for call in calls}
            self.assertEqual(owners, {call: operator for operator, calls in taken.items() for call in calls})
            self.assertEqual(set(calls.mapped("offers")), {1})

    def test_a_call_that_is_being_given_away_is_passed_over(self):
        """The second worker neither waits for the first nor gets the same call."""
        self._make_calls(2)
        with self._transaction() as one, self._transaction() as other:
            first = one["crm.call"]._claim(one["crm.call.operator"].browse(self.operator_ids[0]))
            other.cr.execute("SET LOCAL lock_timeout = '5s'")
            second = other["crm.call"]._claim(other["crm.call.operator"].browse(self.operator_ids[1]))
            self.assertTrue(first.id and second.id)
            self.assertNotEqual(first.id, second.id)

    def test_two_windows_of_one_operator_do_not_exceed_the_capacity(self):
        with self._transaction() as env:
            env["crm.call.operator"].browse(self.operator_ids).capacity = 1
            env.cr.commit()  # pylint: disable=invalid-commit
        self._make_calls(2)

        def pull(wait):
            with self._transaction() as env:
                operator = env["crm.call.operator"].browse(self.operator_ids[0])
                operator.read(["state"])
                wait()
                try:
                    call = env["crm.call"]._claim(operator)
                    env.cr.commit()  # pylint: disable=invalid-commit
                except psycopg2.errors.SerializationFailure:
                    return "again"
                return len(call)

        with mute_logger("odoo.sql_db"):
            results = self._at_once(pull, pull)
        self.assertEqual(results.count(1), 1, results)
        with self._transaction() as env:
            domain = [("queue_id", "=", self.queue_id), ("state", "=", "ringing")]
            self.assertEqual(env["crm.call"].search_count(domain), 1)

    def test_one_event_reported_twice_at_once_is_one_event(self):
        """Of two transactions that report the same call, one is told to begin again and then knows it."""
        event = {
            "event_id": "e1",
            "call_id": "c1",
            "event": "queued",
            "time": fields.Datetime.now().timestamp() - 1000,
            "number": "040 123 000",
        }
        statuses = []

        def report(wait):
            for turn in range(5):
                with self._transaction() as env:
                    system = env["crm.call.system"].browse(self.system_id)
                    system.read(["code"])
                    if not turn:
                        wait()
                    try:
                        (result,) = env["crm.call.event"]._take_all(system, [event])
                        env.cr.commit()  # pylint: disable=invalid-commit
                        statuses.append(result["status"])
                        return
                    except (ConcurrencyError, psycopg2.errors.SerializationFailure):
                        continue

        with mute_logger("odoo.sql_db"):
            self._at_once(report, report)
        self.assertEqual(sorted(statuses), ["known", "taken"])
        with self._transaction() as env:
            calls = env["crm.call"].search([("system_id", "=", self.system_id)])
            self.assertEqual((len(calls), len(calls.event_ids)), (1, 1))

    @mute_logger("odoo.sql_db")
    def test_one_wish_taken_down_twice_at_once_is_one_callback(self):
        made = []

        def ask(wait):
            for turn in range(5):
                with self._transaction() as env:
                    env["crm.call.queue"].browse(self.queue_id).read(["name"])
                    if not turn:
                        wait()
                    try:
                        _callback, new = env["crm.callback"]._ask({"queue_id": self.queue_id, "number": "040 111 222"})
                        env.cr.commit()  # pylint: disable=invalid-commit
                        made.append(new)
                        return
                    except (ConcurrencyError, psycopg2.errors.SerializationFailure):
                        continue

        self._at_once(ask, ask)
        self.assertEqual(sorted(made), [False, True])
        with self._transaction() as env:
            self.assertEqual(env["crm.callback"].search_count([("queue_id", "=", self.queue_id)]), 1)
