import json
from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import ComplaintsCommon

LOGGERS = ("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.models")


@tagged("post_install", "-at_install")
class TestPortalIsolation(ComplaintsCommon, HttpCase):
    """Another customer's complaint, by every door: refused, and afterwards everything is as it was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anas = cls._answered(description="<p>private words</p>")
        cls.message = cls.anas.message_post(
            body="private answer", message_type="comment", subtype_xmlid="mail.mt_comment",
            attachments=[("private.txt", b"private file")],
        )  # fmt: skip
        cls.point = cls.env["crm.complaint.point"].create({"complaint_id": cls._complaint().id, "name": "private"})
        cls.boriss = cls._complaint(partner_id=cls.boris.id)
        cls.token = cls.anas._portal_ensure_token()

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.before = self._state()
        self.authenticate("cmp_boris", "cmp_boris")

    def _state(self):
        self.env.invalidate_all()
        complaint = self.anas.sudo()
        return (
            complaint.read(["name", "phase", "decision", "response", "date_accepted", "is_review", "date_rated"])[0],
            complaint.message_ids.ids,
            complaint.message_partner_ids.ids,
            self.env["ir.attachment"].search([("res_model", "=", complaint._name), ("res_id", "=", complaint.id)]).ids,
        )

    def tearDown(self):
        self.assertEqual(self._state(), self.before)
        super().tearDown()

    def _refused(self, model, method, *args, **kwargs):
        with mute_logger(*LOGGERS), self.assertRaises(JsonRpcException, msg=(model, method)) as caught:
            self.make_jsonrpc_request(
                "/web/dataset/call_kw", {"model": model, "method": method, "args": args, "kwargs": kwargs}
            )
        return caught.exception

    def _call(self, model, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw", {"model": model, "method": method, "args": args, "kwargs": kwargs}
        )

    def test_by_rpc_nothing_is_found(self):
        domain = [("id", "=", self.anas.id)]
        model = "crm.complaint"
        self.assertEqual(self._call(model, "search_read", domain, ["name"]), [])
        self.assertEqual(self._call(model, "search_count", domain), 0)
        self.assertEqual(self._call(model, "name_search", self.anas.code), [])
        [group] = self._call(model, "formatted_read_group", domain, [], ["__count"])
        self.assertEqual(group["__count"], 0)
        self.assertEqual(self._call(model, "web_search_read", domain, {"name": {}})["length"], 0)
        self.assertEqual(
            self._call(model, "search_read", [*domain, ("active", "in", [True, False])], ["name"]), []
        )

    def test_by_rpc_nothing_is_read_or_done(self):
        model, ids = "crm.complaint", self.anas.ids
        for method, args in (
            ("read", (ids, ["name"])),
            ("web_read", (ids, {"name": {}})),
            ("write", (ids, {"name": "x"})),
            ("write", (self.boriss.ids, {"name": "x"})),
            ("create", ([{"name": "x"}],)),
            ("unlink", (ids,)),
            ("copy", (ids,)),
            ("message_post", (ids,)),
            ("message_subscribe", (ids, self.ana.ids)),
            ("action_take", (ids,)),
            ("action_acknowledge", (ids,)),
            ("get_portal_url", (ids,)),
            ("_customer_accepts", (ids,)),
            ("_customer_is_unhappy", (ids,)),
        ):
            self._refused(model, method, *args)
        # Odoo answers this one instead of refusing; the followers are compared in the end
        self.assertFalse(self._call(model, "message_subscribe", ids, self.boris.ids))
        for other in ("crm.complaint.point", "crm.complaint.letter", "crm.complaint.intake", "crm.complaint.rate",
                      "crm.complaint.clock", "crm.complaint.letter.template", "crm.complaint.merge"):  # fmt: skip
            self._refused(other, "search_read", [], ["display_name"])
        self._refused("crm.complaint.intake", "submit", [])
        self._refused("mail.message", "action_make_complaint", self.message.ids)

    def test_the_own_complaint_shows_no_secret_of_the_company(self):
        for name in ("point_ids", "letter_ids", "related_ids", "accused_user_ids", "is_vulnerable", "source_model",
                     "satisfaction_process", "first_handler_ids", "merged_into_id", "parent_id"):  # fmt: skip
            self._refused("crm.complaint", "read", self.boriss.ids, [name])
            self._refused("crm.complaint", "search_count", [(name, "!=", False)])

    @mute_logger(*LOGGERS)
    def test_files(self):
        attachment = self.message.attachment_ids
        token = attachment._get_raw_access_token()
        for url in (
            f"/web/content/{attachment.id}",
            f"/web/content/{attachment.id}?download=true",
            f"/web/content/{attachment.id}?access_token=x",
            f"/web/content/{attachment.id}?access_token={self.token}",
            f"/web/image/{attachment.id}",
            f"/web/content/crm.complaint/{self.anas.id}/description",
            f"/mail/attachment/zip?file_ids={attachment.id}&zip_name=x",
        ):
            response = self.url_open(url)
            self.assertNotIn(b"private", response.content, url)
        with self.assertRaises(AccessError):
            attachment.with_user(self.boris_user).read(["raw"])
        self.assertNotEqual(token, self.token)

    @mute_logger(*LOGGERS)
    def test_reports(self):
        for report in ("report_letter", "report_register"):
            for kind in ("html", "pdf", "text"):
                response = self.url_open(f"/report/{kind}/crm_complaints.{report}/{self.anas.id}")
                self.assertNotEqual(response.status_code, 200, (report, kind))
                self.assertNotIn(b"private", response.content)
        response = self.url_open(f"/my/complaints/{self.anas.id}?report_type=pdf&download=true")
        self.assertTrue(response.url.rstrip("/").endswith("/my"))

    @mute_logger(*LOGGERS)
    def test_chatter(self):
        thread = {"thread_model": "crm.complaint", "thread_id": self.anas.id}
        foreign = self.boriss._portal_ensure_token()
        for extra in ({}, {"token": "x"}, {"token": foreign}, {"hash": "x", "pid": self.ana.id}):
            for route, params in (
                ("/mail/chatter_fetch", thread | extra),
                ("/mail/thread/messages", thread | extra),
                ("/mail/message/post", thread | extra | {"post_data": {"body": "x"}}),
                ("/mail/message/reaction", {"message_id": self.message.id, "content": "x", "action": "add", **extra}),
                (
                    "/mail/message/update_content",
                    {"message_id": self.message.id, "update_data": {"body": "x"}, **extra},
                ),
            ):
                try:
                    answer = json.dumps(self.make_jsonrpc_request(route, params))
                except JsonRpcException as error:
                    answer = str(error)
                self.assertNotIn("private", answer, (route, extra))
        self.assertEqual(self.message.sudo().body, "<p>private answer</p>")
        self.assertFalse(self.message.sudo().reaction_ids)

    @mute_logger(*LOGGERS)
    def test_upload(self):
        csrf = self.url_open("/my/complaints/new").text.split('name="csrf_token" value="')[1].split('"')[0]
        response = self.url_open(
            "/mail/attachment/upload",
            data={"csrf_token": csrf, "thread_id": self.anas.id, "thread_model": "crm.complaint"},
            files={"ufile": ("x.txt", b"x", "text/plain")},
        )
        self.assertNotEqual(response.status_code, 200)

    @mute_logger(*LOGGERS)
    def test_json2(self):
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.boris_user)
            .sudo()
            ._generate("rpc", "test", datetime(2099, 1, 1))
        )
        headers = {"Authorization": f"bearer {key}", "Content-Type": "application/json"}
        for method, body in (
            ("read", {"ids": self.anas.ids, "fields": ["name"]}),
            ("write", {"ids": self.anas.ids, "vals": {"name": "x"}}),
            ("action_take", {"ids": self.anas.ids}),
            ("message_post", {"ids": self.anas.ids, "body": "x"}),
        ):
            response = self.opener.post(
                f"{self.base_url()}/json/2/crm.complaint/{method}", data=json.dumps(body), headers=headers
            )
            self.assertIn(response.status_code, (401, 403), method)
        response = self.opener.post(
            f"{self.base_url()}/json/2/crm.complaint/search_read",
            data=json.dumps({"domain": [["id", "=", self.anas.id]], "fields": ["name"]}),
            headers=headers,
        )
        self.assertNotIn(self.anas.name, response.text)

    def test_ratings(self):
        rating = self.env["rating.rating"].create(
            {"res_model_id": self.env["ir.model"]._get_id("crm.complaint"), "res_id": self.anas.id}
        )
        self._refused("rating.rating", "search_read", [], ["access_token"])
        self._refused("rating.rating", "write", rating.ids, {"rating": 1})
        self.url_open(f"/rate/{self.token}/1")
        self.url_open(f"/rate/{rating.access_token}/1")  # what a mail scanner does
        rating.invalidate_recordset()
        self.assertFalse(rating.consumed)


@tagged("post_install", "-at_install")
class TestAccessEnds(ComplaintsCommon):
    def test_when_the_complainant_changes_the_old_one_loses_the_file(self):
        complaint = self._complaint()
        complaint.message_subscribe(self.ana.ids)
        self.assertTrue(complaint.with_user(self.ana_user).has_access("read"))
        complaint.write({"partner_id": self.boris.id})
        self.assertFalse(complaint.with_user(self.ana_user).has_access("read"))
        self.assertNotIn(self.ana, complaint.message_partner_ids)
        self.assertTrue(complaint.with_user(self.boris_user).has_access("read"))

    def test_and_the_old_secret_link_is_dead(self):
        complaint = self._complaint()
        token = complaint._portal_ensure_token()
        complaint.write({"partner_id": self.boris.id})
        self.assertNotEqual(complaint._portal_ensure_token(), token)

    def test_nothing_more_is_sent_to_the_old_one(self):
        """The new complainant has no address: better none than that of the wrong one."""
        self.boris.write({"email": False, "phone": False})
        complaint = self._complaint(phone="+421 900 000 000")
        complaint.with_user(self.clerk).partner_id = self.boris
        self.assertEqual((complaint.partner_name, complaint.email_from), ("Boris", False))
        self.assertEqual(complaint.phone, "+421 900 000 000", "what the clerk typed stays")

    def test_a_contact_instead_of_the_company_is_reached_at_the_company(self):
        self.ana.email = False
        complaint = self._complaint(partner_id=self.acme.id)
        complaint.with_user(self.clerk).partner_id = self.ana
        self.assertEqual((complaint.partner_name, complaint.email_from), ("Ana", "office@acme.example.com"))

    def test_a_representative_who_is_replaced_hears_nothing_more(self):
        complaint = self._complaint(representative_id=self.boris.id)
        complaint.message_subscribe(self.boris.ids)
        complaint.with_user(self.clerk).representative_id = False
        self.assertNotIn(self.boris, complaint.message_partner_ids)
        self.assertFalse(complaint.with_user(self.boris_user).has_access("read"))

    def test_who_complains_for_himself_from_now_on_follows_as_before(self):
        complaint = self._complaint(representative_id=self.boris.id)
        complaint.message_subscribe((self.ana | self.boris).ids)
        complaint.with_user(self.clerk).write({"partner_id": self.boris.id, "representative_id": False})
        self.assertEqual(complaint.message_partner_ids & (self.ana | self.boris), self.boris)
