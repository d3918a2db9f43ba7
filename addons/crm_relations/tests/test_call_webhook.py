import json
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools import call_intake, call_signature
from .call_common import CallCommon

MUTED = ("odoo.addons.crm_relations.controllers.telephony", "odoo.addons.crm_relations.models.crm_call_event_intake")


class WebhookCommon(CallCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls.env["crm.call.system"].create({"name": "Exchange", "code": "test-exchange"})
        cls.queue.line = "+38615550100"
        cls.first.extension, cls.second.extension = "201", "202"
        cls.start = time.time() - 600

    @classmethod
    def _event(cls, kind, second, **values):
        return {
            "event_id": f"{kind}-{second}",
            "call_id": "call-1",
            "event": kind,
            "time": cls.start + second,
            **values,
        }

    def _story(self):
        """A call that rings at one operator, then at the other, is transferred and ends."""
        return [
            self._event("queued", 0, number="+386 40 123 456", line="+38615550100"),
            self._event("ringing", 4, extension="201"),
            self._event("returned", 20, extension="201"),
            self._event("ringing", 21, extension="202"),
            self._event("answered", 25, extension="202"),
            self._event("transferred", 60, extension="201"),
            self._event("ended", 100),
        ]

    def _take(self, *events):
        return self.env["crm.call.event"]._take_all(self.system, list(events))

    def _known(self):
        call = self.env["crm.call"].search([("system_id", "=", self.system.id)])
        callbacks = self.env["crm.callback"].search([("queue_id", "=", self.queue.id)])
        return {
            "count": len(call),
            "state": call.state,
            "operator": call.operator_id,
            "partner": call.partner_id,
            "seconds": (call.wait_seconds, call.talk_seconds),
            "transfers": call.transfers,
            "offers": call.offers,
            "number": call.number,
            "direction": call.direction,
            "queue": call.queue_id,
            "events": len(call.event_ids),
            "callbacks": callbacks.mapped(lambda one: (one.state, one.attempts, one.number)),
            "operators": (self.first.state, self.second.state),
        }


@tagged("post_install", "-at_install")
class TestCallWebhookEvents(WebhookCommon):
    def test_a_story_in_order(self):
        results = self._take(*self._story())
        self.assertEqual({result["status"] for result in results}, {"taken"})
        known = self._known()
        self.assertEqual((known["count"], known["state"], known["events"]), (1, "ended", 7))
        self.assertEqual((known["operator"], known["partner"], known["queue"]), (self.first, self.single, self.queue))
        self.assertEqual((known["seconds"], known["transfers"], known["offers"]), ((25, 75), 1, 2))

    @settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_any_order_with_repetitions_gives_the_same_end(self, data):
        """The queue of the exchange is its own, so that the first event may be any of them."""
        self.system.queue_id = self.queue
        story = self._story() if data.draw(st.booleans()) else [*self._story()[:4], self._event("lost", 70)]
        self.env.flush_all()
        with self.cr.savepoint() as savepoint:
            self._take(*story)
            expected = self._known()
            savepoint.rollback()
        self.env.invalidate_all()
        shuffled = data.draw(st.permutations(story + data.draw(st.lists(st.sampled_from(story), max_size=3))))
        with self.cr.savepoint() as savepoint:
            for event in shuffled:
                self._take(event)
            found = self._known()
            savepoint.rollback()
        self.env.invalidate_all()
        # what operators do next depends on when they heard of it, not on the call
        expected.pop("operators"), found.pop("operators")
        self.assertEqual(found, expected)

    def test_a_call_that_turns_out_to_be_answered_is_not_called_back(self):
        self._take(self._story()[0], self._event("lost", 50))
        callbacks = self.env["crm.callback"].search([("queue_id", "=", self.queue.id)])
        self.assertEqual(callbacks.mapped("number"), ["+386 40 123 456"])
        self._take(self._event("answered", 25, extension="202"))
        self.assertEqual((self._known()["state"], self._known()["callbacks"]), ("ended", []))

    def test_the_operator_follows_the_telephone_system(self):
        story = self._story()
        states = []
        for event in story:
            self._take(event)
            states.append((self.first.state, self.second.state))
        self.assertEqual(
            states[3:],
            [
                ("available", "available"),
                ("available", "on_call"),
                ("on_call", "wrap_up"),
                ("wrap_up", "wrap_up"),
            ],
        )

    @mute_logger(*MUTED)
    def test_what_cannot_be_understood_is_refused_with_its_field(self):
        good = self._event("queued", 0, line="+38615550100")
        for change, words in (
            ({"event": "exploded"}, "“event” has to be one of"),
            ({"event_id": ""}, "“event_id” is missing"),
            ({"time": "yesterday"}, "“time” has to be like"),
            ({"time": "2026-03-01T09:00:00"}, "“time” needs its time zone"),
            ({"time": time.time() + 90_000}, "“time” lies in the future"),
            ({"time": float("inf")}, "“time” has to lie between"),
            ({"number": ["1"]}, "“number” has to be a text"),
            ({"number": "1" * 101}, "“number” has at most 100"),
            ({"call_id": "a\x00b"}, "“call_id” has characters"),
            ({"direction": "up"}, "“direction” has to be"),
            ({"extension": "999"}, "“extension” belongs to no operator"),
            ({"line": "000"}, "“line” belongs to no queue"),
            ({"line": ""}, "“line” is missing"),
            ({"price": 3}, "Unknown field “price”"),
        ):
            with self.subTest(change=str(change)):
                (result,) = self._take(good | change)
                self.assertEqual((result["status"], words in result["message"]), ("refused", True), result)
        self.assertFalse(self.env["crm.call"].search([("system_id", "=", self.system.id)]))
        refused = self.env["crm.call.event"].search([("system_id", "=", self.system.id)])
        self.assertEqual(len(refused.filtered("error")), 14)

    @mute_logger(*MUTED)
    def test_one_bad_event_does_not_hold_up_the_others(self):
        results = self._take(self._story()[0], {"event": "?"}, self._story()[4])
        self.assertEqual([result["status"] for result in results], ["taken", "refused", "taken"])
        self.assertEqual(self._known()["state"], "answered")

    @mute_logger(*MUTED)
    def test_a_name_is_not_used_twice_for_different_things(self):
        event = self._story()[0]
        self._take(event)
        (result,) = self._take(event | {"number": "+386 41 000 000"})
        self.assertIn("Another event was sent with this “event_id”", result["message"])
        self.assertEqual(self._known()["number"], "+386 40 123 456")

    @settings(deadline=None)
    @given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.sampled_from(sorted(call_intake.FIELDS)), part), max_leaves=8))  # fmt: skip  # noqa: E501
    def test_nothing_sent_breaks_the_reader(self, value):
        try:
            call_intake.read_event(value)
        except call_intake.Invalid as error:
            self.assertTrue(str(error))
        self.assertEqual(len(call_intake.refused_key(value)), 72)


@tagged("post_install", "-at_install")
class TestCallWebhook(WebhookCommon, HttpCase):
    def _post(self, body, *, secret=None, at=None, code="test-exchange", **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(int(time.time() if at is None else at))
        signature = call_signature.sign(secret or self.system.secret, timestamp, body)
        headers = {
            "Content-Type": "application/json",
            "X-CRM-Timestamp": timestamp,
            "X-CRM-Signature": signature,
            **headers,
        }
        response = self.url_open(f"/crm/telephony/{code}", data=body, headers=headers)
        return response.status_code, response.json()

    def test_signed_events_make_a_call(self):
        status, answer = self._post({"events": self._story()})
        self.assertEqual(status, 200, answer)
        self.assertEqual({result["status"] for result in answer["results"]}, {"taken"})
        self.assertEqual(self._known()["state"], "ended")
        status, answer = self._post(self._story()[0])
        self.assertEqual((status, answer), (200, {"results": [{"event_id": "queued-0", "status": "known"}]}))
        self.assertEqual(self._known()["events"], 7)

    @mute_logger(*MUTED)
    def test_what_is_not_signed_is_refused(self):
        event = self._story()[0]
        for status, error, values in (
            (401, "signature", {"secret": "wrong"}),
            (401, "signature", {"code": "nobody"}),
            (401, "signature", {"X-CRM-Signature": ""}),
            (400, "timestamp", {"X-CRM-Timestamp": "soon"}),
            (401, "expired", {"at": time.time() - 400}),
            (401, "expired", {"at": time.time() + 400}),
        ):
            with self.subTest(error=error, values=values):
                found, answer = self._post(event, **values)
                self.assertEqual((found, answer["error"]), (status, error))
        self.assertEqual(self._known()["count"], 0)

    def test_a_refusal_is_in_the_log(self):
        with self.assertLogs("odoo.addons.crm_relations.controllers.telephony", "WARNING") as log:
            self._post(b"{}", secret="wrong")
        self.assertIn("'test-exchange' refused (signature)", log.output[0])

    @mute_logger(*MUTED)
    def test_what_is_not_json_is_refused_in_json(self):
        for body, words in ((b"\xff", "not JSON"), (b"[]", "has to be one event"), (b'{"events": []}', "at least one")):
            status, answer = self._post(body)
            self.assertEqual((status, answer["error"], words in answer["message"]), (400, "invalid", True))
        status, answer = self._post({}, **{"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual((status, answer["error"]), (415, "content_type"))
        status, answer = self._post(b" " * 200_001)
        self.assertEqual((status, answer["error"]), (413, "too_large"))

    @mute_logger(*MUTED)
    def test_a_refused_event_is_answered_and_kept(self):
        status, answer = self._post({"events": [self._story()[0], {"event": "?"}]})
        self.assertEqual((status, [result["status"] for result in answer["results"]]), (422, ["taken", "refused"]))
        kept = self.env["crm.call.event"].search([("system_id", "=", self.system.id), ("error", "!=", False)])
        self.assertEqual(kept.error, "“event_id” is missing.")
        self.assertGreater(kept.date_received, fields.Datetime.subtract(fields.Datetime.now(), minutes=5))

    def test_the_secret_is_shown_once_to_who_makes_it(self):
        """Nobody reads it, not even an administrator of the server; a new one is told in the answer only."""
        root = self._create_user("root", "crm_relations.group_manager,base.group_system")
        old = self.system.secret
        for user in (self.manager, root):
            system = self.system.with_user(user)
            self.assertNotIn("secret", system.read()[0])
            self.assertNotIn("secret", system.fields_get())
            for refused in (
                lambda system=system: system.read(["secret"]),
                lambda system=system: system.search_count([("secret", "=like", f"{old[:1]}%")]),
                lambda system=system: system.export_data(["secret"]),
                lambda system=system: system.write({"secret": "mine"}),
                lambda system=system: system.formatted_read_group([], ["secret"], ["__count"]),
            ):
                with self.assertRaises(UserError):
                    refused()
        with self.assertRaises(AccessError):
            self.system.with_user(self.manager).action_new_secret()
        self.assertEqual((self.system.secret, self.system.secret_date), (old, False))
        shown = self.system.with_user(root).action_new_secret()["params"]["secret"]
        self.assertNotEqual(shown, old)
        self.assertEqual((self.system.secret, self.system.secret_user_id), (shown, root))

    @mute_logger(*MUTED)
    def test_what_no_text_and_no_moment_is_does_not_keep_the_others_out(self):
        """Half a letter, and more seconds than a number of the computer holds."""
        results = self._take(
            self._event("queued", 0, line="+38615550100", number="\ud800"),
            self._event("ringing", 1, **{"\ud800": 1}),
            self._event("queued", 2) | {"time": 10**400},
            self._event("queued", 3, line="+38615550100", number="+386 40 123 456"),
        )
        self.env.flush_all()
        self.assertEqual([result["status"] for result in results], ["refused", "refused", "refused", "taken"])

    def test_an_event_sent_again_after_an_erasure_brings_nothing_back(self):
        event = self._event("queued", 0, line="+38615550100", number="+386 40 123 456")
        self._take(event)
        call = self.env["crm.call"].search([("system_id", "=", self.system.id)])
        requests = self.env["crm.privacy.request"]
        requests._erase_rows(requests._crm_privacy_sources()["crm.call"], call.sudo())
        self.env.invalidate_all()
        self.assertEqual(self._take(event)[0]["status"], "known")
        self.assertFalse(self.env["crm.call.event"].search([("system_id", "=", self.system.id)]).mapped("number")[0])
