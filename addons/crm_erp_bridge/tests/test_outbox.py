import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from ..tools import webhook
from .request_common import RequestCommon
from .test_request_concurrency import CommittedRequests


class Receiver:
    """A web server on this machine that keeps what it is sent and answers as told."""

    def __enter__(self):
        receiver = self
        self.messages, self.answers = [], []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self.server.shutdown()
        self.server.server_close()


@tagged("post_install", "-at_install")
class TestOutbox(RequestCommon):
    def _subscriber(self, url, **values):
        return self.env["crm.outbox.subscriber"].create({"name": "Shop", "url": url, "allow_private": True} | values)

    def _event(self, number=1):
        values = {"key": f"test:{number}", "type": "test", "subject": "T", "data": {"n": 1}}
        return self.env["crm.outbox"].sudo().create(values | {"company_id": self.env.company.id}).sudo(False)

    def test_one_event_for_each_done_step(self):
        request = self._request(self.order_type, (self.service, 1))
        for _click in range(2):
            request.action_start()
        events = self.env["crm.outbox"].search([("subject", "=", request.code)], order="id")
        self.assertEqual([event.data["step"] for event in events], ["quotation", "confirm", "invoice"])
        self.assertEqual(events[0].data["document"], {"model": "sale.order", "id": request.order_ids.id})

    def test_a_failed_step_leaves_no_event(self):
        request = self._request(self.order_type)
        request.action_start()
        self.assertFalse(self.env["crm.outbox"].search([("subject", "=", request.code)]))

    def test_signed_envelope(self):
        with Receiver() as receiver:
            subscriber = self._subscriber(receiver.url)
            event = self._event()
            self.assertIsNone(subscriber._deliver(event))
            [(headers, body)] = receiver.messages
            message = json.loads(body)
            self.assertEqual(
                (message["specversion"], message["id"], message["type"], message["subject"], message["data"]),
                ("1.0", event.event_id, "test", "T", {"n": 1}),
            )
            secret = subscriber.sudo().secret
            expected = webhook.signature(secret, event.event_id, int(headers["webhook-timestamp"]), body)
            self.assertEqual(headers["webhook-signature"], expected)
            self.assertEqual(headers["webhook-id"], event.event_id)

    def test_waits_longer_then_gives_up_and_goes_on(self):
        with Receiver() as receiver:
            subscriber = self._subscriber(receiver.url)
            event = self._event()
            receiver.answers = [500] * 12
            for attempt in range(1, 13):
                goes_on = subscriber._note_result(event, "7", subscriber._deliver(event))
                self.assertEqual(goes_on, attempt == 12)
            self.assertEqual((subscriber.cursor_event, subscriber.attempts, subscriber.dead_count), (event.id, 0, 1))
            dead = self.env["crm.outbox.dead"].search([("subscriber_id", "=", subscriber.id)])
            self.assertIn("500", dead.error)
            dead.action_replay()
            self.assertEqual(dead.state, "delivered")
            self.assertEqual(len(receiver.messages), 13)

    def test_redirects_are_not_followed(self):
        with Receiver() as receiver:
            receiver.answers = [302]
            self.assertIn("302", self._subscriber(receiver.url)._deliver(self._event()))

    def test_nothing_goes_inside_without_leave(self):
        with Receiver() as receiver:
            subscriber = self._subscriber(receiver.url, allow_private=False)
            self.assertIn("private network", subscriber._deliver(self._event()))
            subscriber.url = receiver.url.replace("127.0.0.1", "localhost")
            self.assertIn("private network", subscriber._deliver(self._event(2)))
            self.assertEqual(receiver.messages, [])

    def test_addresses_that_cannot_be(self):
        for url in ("ftp://example.com", "https://u:p@example.com", "https://", "javascript:alert(1)"):
            with self.assertRaises(ValidationError):
                self._subscriber(url)

    def test_rights(self):
        subscriber = self._subscriber("https://example.com/")
        for user in (self.seller, self.accountant, self.worker, self.auditor):
            with self.assertRaises(AccessError):
                subscriber.with_user(user).read(["url"])
        self.assertEqual(subscriber.with_user(self.boss).name, "Shop")
        event = self._event()
        for user in (self.boss, self.auditor):
            self.assertEqual(event.with_user(user).subject, "T")
            with self.assertRaises(AccessError):
                event.with_user(user).write({"subject": "X"})

    def test_replay_needs_an_event(self):
        with self.assertRaises(UserError):
            self._subscriber("https://example.com/").action_replay()

    def test_nobody_reads_the_secret_of_a_subscriber(self):
        subscriber = self._subscriber("https://example.com/")
        mine = subscriber.with_user(self.boss)
        with self.assertRaises(AccessError):
            mine.read(["secret"])
        self.assertFalse(mine.web_read({"secret_entered": {}})[0]["secret_entered"])
        self.assertEqual(mine.action_new_secret()["params"]["secret"], subscriber.sudo().secret)

    def test_no_copy_of_a_database_sends_anything(self):
        self._subscriber("https://example.com/")
        self.env.flush_all()
        with open(f"{__file__.rpartition('/tests/')[0]}/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.env["crm.outbox.subscriber"].search([("active", "=", True)]))
        rows = self.env["crm.outbox.subscriber"].with_context(active_test=False).search([])
        self.assertEqual(set(rows.sudo().mapped("secret")), {False})


@tagged("post_install", "-at_install")
class TestOutboxRelay(CommittedRequests):
    """Events are read when their transaction is over: committed ones, by the real job."""

    def _relay(self):
        with self._transaction() as env:
            env["crm.outbox.subscriber"].browse(self.subscriber_id)._cron_relay()

    def test_in_order_once_and_again_from_a_cursor(self):
        with Receiver() as receiver:
            with self._transaction() as env:
                subscriber = env["crm.outbox.subscriber"].create(
                    {"name": self.title, "url": receiver.url, "allow_private": True}
                )
                self.subscriber_id = subscriber.id
                env.cr.commit()
            self.addCleanup(self._remove_subscriber)
            ids = self._committed(2)
            with self._transaction() as env:
                env["crm.request"].browse(ids)._run()
                self._relay()
                self.assertEqual(receiver.messages, [])  # not committed yet
                env.cr.commit()
            self._relay()
            self._relay()
            steps = [json.loads(body)["data"]["step"] for _headers, body in receiver.messages]
            self.assertEqual(steps, ["quotation"] * 2 + ["confirm"] * 2 + ["invoice"] * 2)
            with self._transaction() as env:
                subscriber = env["crm.outbox.subscriber"].browse(self.subscriber_id)
                third = json.loads(receiver.messages[2][1])["id"]
                subscriber.replay_id = env["crm.outbox"].search([("event_id", "=", third)])
                subscriber.action_replay()
                env.cr.commit()
            self._relay()
            sent = [json.loads(body)["id"] for _headers, body in receiver.messages]
            self.assertEqual(sent[6:], sent[2:6])

    def _horizons(self, env):
        """What twenty rounds take for the horizon; one that sees another transaction end just then may wait."""
        for _round in range(20):
            env.cr.commit()  # a new snapshot
            [(horizon,)] = env.execute_query(SQL("SELECT (%s)::text::bigint", env["crm.outbox"]._horizon()))
            yield horizon

    def _transaction_number(self, cr):
        cr.execute("SELECT pg_current_xact_id()::text::bigint")
        return cr.fetchone()[0]

    def test_transactions_of_other_databases_hold_nothing_up(self):
        with self._transaction() as env, db_connect("postgres").cursor() as other:
            foreign = self._transaction_number(other)
            with self._transaction() as ours:
                committed = self._transaction_number(ours.cr)
                ours.cr.commit()
            self.assertGreater(committed, foreign)
            env.cr.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            self.assertLessEqual(env.cr.fetchone()[0], foreign)
            self.assertGreater(max(self._horizons(env)), committed)

    def test_open_transactions_of_this_database_are_waited_for(self):
        with self._transaction() as env, self._transaction() as ours:
            own = self._transaction_number(ours.cr)
            self.assertLessEqual(max(self._horizons(env)), own)

    def _remove_subscriber(self):
        with self._transaction() as env:
            env["crm.outbox.subscriber"].browse(self.subscriber_id).unlink()
            env.cr.commit()


@tagged("post_install", "-at_install", "pure")
class TestWebhookTools(BaseCase):
    def test_waiting_grows_to_an_hour(self):
        waits = [webhook.wait_seconds(tries, 0) for tries in range(1, 13)]
        self.assertEqual(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600])
        self.assertTrue(all(wait / 2 <= webhook.wait_seconds(tries, 1) for tries, wait in enumerate(waits, 1)))
