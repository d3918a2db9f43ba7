import doctest
import re
from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import crm_callback
from ..tools import callback_form

NUMBER = "+38640123456"


class CallbackCommon(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.si")
        cls.env["crm.call.queue"].search([]).callback_online = False
        cls.queue, cls.internal = cls.env["crm.call.queue"].create(
            [{"name": "Advice", "callback_online": True}, {"name": "Internal"}]
        )
        cls.user = new_test_user(cls.env, login="crm_customer", password="crm_customer", groups="base.group_portal")
        cls.partner = cls.user.partner_id
        cls.other = cls.env["res.partner"].create({"name": "Other"})

    def _ask(self, path="/callback", expect=200, **form):
        page = self.url_open(path).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        answer = self.url_open(
            path, data={"csrf_token": token, "number": "040 123 456", "name": "Ana", "tz": "Europe/Ljubljana", **form}
        )
        self.assertEqual(answer.status_code, expect)
        return answer.text

    def _callbacks(self):
        return self.env["crm.callback"].search([("queue_id", "in", (self.queue | self.internal).ids)])

    @staticmethod
    def _local(days, hour):
        return (datetime.now() + timedelta(days=days)).strftime(f"%Y-%m-%dT{hour:02}:00")


@tagged("post_install", "-at_install")
class TestCallbackForm(TransactionCase):
    def test_examples(self):
        self.assertEqual(doctest.testmod(callback_form), (0, 5))

    def test_mistakes(self):
        now = datetime(2026, 7, 1, 6)
        for word, form in {
            "tz": ("", "", "Moon/Crater"),
            "format": ("tomorrow", "", "UTC"),
            "past": ("", "2026-07-01T06:00", "UTC"),
            "order": ("2026-07-02T08:00", "2026-07-02T08:00", "UTC"),
            "far": ("2026-07-15T07:00", "", "UTC"),
        }.items():
            with self.subTest(word), self.assertRaisesRegex(ValueError, f"^{word}$"):
                callback_form.window(*form, now)

    def test_the_change_of_the_clock(self):
        """02:30 is left out in March and there twice in October: a moment is found, and always the same."""
        for day, utc in (("2026-03-29", datetime(2026, 3, 29, 0, 30)), ("2026-10-25", datetime(2026, 10, 25, 0, 30))):
            start = callback_form.window(f"{day}T02:30", "", "Europe/Ljubljana", utc - timedelta(days=1))[0]
            self.assertEqual(start, utc)


@tagged("post_install", "-at_install")
class TestCallbackPages(CallbackCommon):
    def test_anybody_asks(self):
        page = self._ask(note="A vineyard", date_from=self._local(1, 9), date_until=self._local(1, 11))
        self.assertIn("We call you at the time that you asked for", page)
        callback = self._callbacks()
        self.assertEqual(
            (callback.queue_id, callback.number, callback.source, callback.note, callback.tz, callback.state),
            (self.queue, NUMBER, "website", "Ana - A vineyard", "Europe/Ljubljana", "waiting"),
        )
        self.assertEqual((callback.partner_id, callback.user_id), (self.env["res.partner"], self.env["res.users"]))
        self.assertTrue(callback.window.endswith("11:00 (Europe/Ljubljana)"))
        self.assertEqual(callback.call_ids.date_due, callback.date_from)

    def test_twice_is_once_and_nobody_changes_somebody_elses(self):
        self._ask(note="First", date_from=self._local(2, 9))
        callback = self._callbacks()
        before = (callback.note, callback.date_from)
        self.assertIn("We call you", self._ask(note="Second", date_from=self._local(3, 9)))
        self.authenticate("crm_customer", "crm_customer")
        self._ask("/my/callback", note="Third", date_from=self._local(4, 9))
        self.env.invalidate_all()
        self.assertEqual(self._callbacks(), callback)
        self.assertEqual((callback.note, callback.date_from), before)

    def test_machines_and_mistakes_write_nothing(self):
        self.assertIn("We call you", self._ask(company_url="https://example.com"))
        for form, words in {
            ("number", "12"): "a telephone number that can be called",
            ("number", "+44 909 879 0000"): "a telephone number that can be called",
            ("date_until", "2020-01-01T10:00"): "This time has passed already",
            ("date_from", self._local(20, 9)): "At most 14 days ahead",
            ("tz", "Moon/Crater"): "Please choose a time zone",
            ("note", "x" * 201): "At most 200 characters",
        }.items():
            with self.subTest(form):
                self.assertIn(words, self._ask(**dict([form])))
        self.assertFalse(self._callbacks())

    @mute_logger("odoo.http")
    def test_the_form_needs_its_token(self):
        for path in ("/callback", "/my/callback"):
            self.authenticate("crm_customer", "crm_customer")
            self.assertEqual(self.url_open(path, data={"number": "040 123 456"}).status_code, 400)
        self.assertFalse(self._callbacks())

    def test_queues_that_are_not_published_take_none(self):
        self.env["crm.call.queue"].create({"name": "Orders", "callback_online": True})
        page = self._ask(queue=str(self.internal.id))
        self.assertIn("Please choose what it is about", page)
        self.assertNotIn("Internal", page)
        self.assertFalse(self._callbacks())
        self.env["crm.call.queue"].search([]).callback_online = False
        self.assertIn("At present no callbacks can be asked for", self.url_open("/callback").text)

    def test_limits(self):
        """So many an hour from one address; refused ones are not written; the digest is forgotten afterwards."""
        for number in range(crm_callback.PER_ADDRESS):
            self._ask(number=f"040 123 45{number}")
        self.assertIn("Too many calls were asked for", self._ask(number="040 123 459", expect=429))
        callbacks = self._callbacks()
        self.assertEqual(len(callbacks), crm_callback.PER_ADDRESS)
        self.env.cr.execute("UPDATE crm_callback SET create_date = create_date - interval '2 hours'")
        self.env["crm.callback"]._gc_asked()
        self.assertEqual(callbacks.filtered("asked_key"), self.env["crm.callback"])
        self._ask(number="040 123 459")
        self.assertEqual(len(self._callbacks()), crm_callback.PER_ADDRESS + 1)

    def test_limit_of_a_number(self):
        """A number that is cancelled and asked for again and again is not rung for ever."""
        values = {"queue_id": self.queue.id, "number": NUMBER, "source": "website", "tz": "UTC"}
        ask = self.env["crm.callback"]._ask_online
        for address in range(crm_callback.PER_NUMBER):
            ask(values, f"10.0.0.{address}").action_cancel()
        self.assertFalse(ask(values, "10.0.0.99"))

    def test_customers_see_change_and_cancel_their_own(self):
        self.authenticate("crm_customer", "crm_customer")
        self._ask("/my/callback", note="One", date_from=self._local(1, 9))
        callback = self._callbacks()
        self.assertEqual((callback.partner_id, callback.source), (self.partner, "portal"))
        place = callback.date_place
        self._ask("/my/callback", note="Two", date_from=self._local(2, 9))
        self.env.invalidate_all()
        self.assertEqual((self._callbacks(), callback.note, callback.date_place), (callback, "Two", place))
        theirs = self.env["crm.callback"].create(
            {"queue_id": self.queue.id, "partner_id": self.other.id, "number": "+38640999999"}
        )
        page = self.url_open("/my/callback").text
        self.assertIn(NUMBER, page)
        self.assertNotIn("+38640999999", page)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        for one in (theirs, callback):
            self.url_open(f"/my/callback/{one.id}/cancel", data={"csrf_token": token})
        self.env.invalidate_all()
        self.assertEqual((theirs.state, callback.state), ("waiting", "cancelled"))
        self.assertEqual(callback.call_ids.mapped("state"), ["cancelled"])


@tagged("post_install", "-at_install")
class TestPortalReadsNothing(CallbackCommon):
    """Portal users and visitors have no right to any model of calls, callbacks, privacy, consent or audit."""

    PREFIXES = ("crm.call", "crm.privacy.", "crm.audit.", "crm.consent", "crm.interaction", "crm.need", "crm.partner.")
    OWN = {"crm.privacy.request"}

    def test_no_right_at_all(self):
        models = [
            name for name in self.env.registry
            if name.startswith(self.PREFIXES) and not self.env[name]._abstract and name not in self.OWN
        ]
        self.assertGreater(len(models), 35)
        callback = self.env["crm.callback"].create({"queue_id": self.queue.id, "number": NUMBER})
        self.env.flush_all()
        for user in (self.user, self.env.ref("base.public_user")):
            for name in models:
                records = self.env[name].with_user(user)
                with self.subTest(user=user.login, model=name):
                    rights = [records.has_access(operation) for operation in ("read", "write", "create", "unlink")]
                    self.assertEqual(rights, [False] * 4)
                    for act in (lambda: records.search([], limit=1), lambda: records.name_search("x")):  # noqa: B023
                        with self.assertRaises(AccessError):
                            act()
            mine = callback.with_user(user)
            for act in (lambda: mine.read(["number"]), lambda: mine.write({"note": "x"}), mine.unlink):  # noqa: B023
                with self.assertRaises(AccessError):
                    act()
        self.assertEqual((callback.exists(), callback.note), (callback, False))

    def test_only_the_own_requests_are_seen(self):
        requests = self.env["crm.privacy.request"]
        mine, theirs = (
            requests.with_context(crm_privacy_quiet=True).create({"kind": "access", "partner_id": one.id})
            for one in (self.partner, self.other)
        )
        self.assertEqual(requests.with_user(self.user).search([]) & (mine | theirs), mine)
        with self.assertRaises(AccessError):
            theirs.with_user(self.user).read(["name"])
        with self.assertRaises(AccessError):
            mine.with_user(self.user).write({"details": "x"})
        with self.assertRaises(AccessError):
            mine.with_user(self.user).read(["bundle"])
        for action in ("action_identify", "action_answer", "action_withdraw", "action_erase"):
            with self.assertRaises(AccessError):
                getattr(mine.with_user(self.user), action)()
        self.assertEqual((mine.state, theirs.state), ("new", "new"))

    @mute_logger("odoo.http")
    def test_wrong_links_change_nothing(self):
        purpose = self.env["crm.consent.purpose"].create({"name": "Letter", "code": "wrong_links"})
        self.other.email = "other@example.com"
        asked = self.env["crm.consent.confirmation"]._ask(self.other, purpose, "link", "Test")
        request = self.env["crm.privacy.request"].with_context(crm_privacy_quiet=True).create(
            {"kind": "access", "partner_id": self.other.id}
        )
        page = self.url_open("/callback").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        for path in (
            f"/preferences/confirm/{asked.id}/wrong",
            f"/preferences/confirm/{asked.id}/{asked.token_digest}",
            "/preferences/confirm/99999999/wrong",
            f"/preferences/{self.other.id}/wrong",
            "/preferences/99999999/wrong",
            f"/my/callback/{self.queue.id}/cancel",
            f"/my/privacy/{request.id}/copy",
        ):
            with self.subTest(path):
                answer = self.url_open(path, data={"csrf_token": token, "nothing": "1"}, allow_redirects=False)
                self.assertLess(answer.status_code, 500)
        self.env.invalidate_all()
        self.assertEqual((asked.state, asked.consent_id, request.state), ("pending", self.env["crm.consent"], "new"))
        self.assertFalse(self.other.crm_consent_ids)
        self.authenticate("crm_customer", "crm_customer")
        answer = self.url_open(f"/my/privacy/{request.id}", allow_redirects=False)
        self.assertEqual((answer.status_code, answer.headers["Location"].endswith("/my/privacy")), (303, True))


@tagged("post_install", "-at_install")
class TestCallbackUi(CallbackCommon):
    browser_size = "390x844"
    touch_enabled = True

    def test_asked_for_on_a_phone(self):
        self.env["crm.call.queue"].create({"name": "Orders", "callback_online": True, "lead_ids": [Command.clear()]})
        self.partner.phone = "040 123 456"
        self.start_tour("/my/callback", "crm_relations_callback", login="crm_customer")
        callback = self._callbacks()
        self.assertEqual(
            (callback.partner_id, callback.number, callback.note, callback.state),
            (self.partner, NUMBER, "About my order", "waiting"),
        )
