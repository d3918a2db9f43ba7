import re

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestPortal(ComplaintsCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anas = cls._answered(description="<p>Ana's words</p>", findings="<p>secret</p>")
        cls.boriss = cls._complaint(partner_id=cls.boris.id, name="Boris complains")

    def _csrf(self, url="/my/complaints/new"):
        return re.search(r'name="csrf_token" value="([^"]+)"', self.url_open(url).text)[1]

    def _file(self, **values):
        data = {"name": "Wrong colour", "description": "It is\nred <b>x</b>", "csrf_token": self._csrf(), **values}
        return self.url_open("/my/complaints/new", data=data)

    def _fetch(self, complaint):
        """What the customer's browser gets for the messages of a complaint."""
        params = {"thread_model": "crm.complaint", "thread_id": complaint.id}
        return self.make_jsonrpc_request("/mail/chatter_fetch", params)["data"]

    # === OWN === #

    def test_list_and_page(self):
        self.authenticate("cmp_ana", "cmp_ana")
        page = self.url_open("/my/complaints").text
        self.assertIn(self.anas.code, page)
        self.assertNotIn(self.boriss.code, page)
        page = self.url_open(f"/my/complaints/{self.anas.id}").text
        for text in (self.anas.code, "Ana's words", "You get a new kettle.", "Answered"):
            self.assertIn(text, page.replace("&#39;", "'"))
        self.assertNotIn("secret", page)
        self.assertIn("/my/complaints", self.url_open("/my").text)

    def test_a_draft_of_the_answer_is_not_shown(self):
        complaint = self._complaint(response="<p>Perhaps a refund</p>", decision="upheld", decision_reason="we know")
        self.authenticate("cmp_ana", "cmp_ana")
        page = self.url_open(f"/my/complaints/{complaint.id}").text
        self.assertIn(complaint.code, page)
        self.assertNotIn("Perhaps a refund", page)
        self.assertNotIn("we know", page)

    def test_filters_bad_values_and_pages(self):
        self.authenticate("cmp_ana", "cmp_ana")
        for query in ("?sortby=name", "?filterby=closed", "?sortby=nonsense&filterby='", "/page/99"):
            response = self.url_open("/my/complaints" + query)
            self.assertEqual(response.status_code, 200, query)
        self.assertNotIn(self.anas.code, self.url_open("/my/complaints?filterby=closed").text)

    def test_file_a_complaint(self):
        self.company.complaint_auto_acknowledge = True
        self.authenticate("cmp_ana", "cmp_ana")
        response = self._file(remedy_sought="A blue one", product_reference="S0001")
        complaint = self.env["crm.complaint"].search([("name", "=", "Wrong colour")])
        self.assertEqual(len(complaint), 1)
        self.assertIn(complaint.code, response.text)
        self.assertEqual(
            (complaint.partner_id, complaint.channel, complaint.remedy_sought, complaint.product_reference),
            (self.ana, "portal", "A blue one", "S0001"),
        )
        self.assertFalse(complaint.user_id)
        self.assertEqual(complaint.team_id, self.team)
        self._run_acknowledgements()
        self.assertEqual(complaint.phase, "acknowledged")
        self.assertIn("&lt;b&gt;x&lt;/b&gt;", complaint.description)
        mail = self.env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "=", complaint.id)])
        self.assertEqual(mail.email_to, "ana@acme.example.com")

    def test_files_come_along_and_can_be_read_again(self):
        self.authenticate("cmp_ana", "cmp_ana")
        self.url_open(
            "/my/complaints/new",
            data={"name": "With photo", "description": "see photo", "csrf_token": self._csrf()},
            files=[("files", ("../../photo.txt", b"photo", "text/plain"))],
        )
        complaint = self.env["crm.complaint"].search([("name", "=", "With photo")])
        attachment = complaint.message_ids.attachment_ids
        self.assertEqual(attachment.raw, b"photo")
        fetched = self._fetch(complaint)
        file = fetched["mail.message"][0]["attachment_ids"][0]
        self.assertEqual(file["name"], "photo.txt")
        token = file["raw_access_token"]
        self.assertEqual(self.url_open(f"/web/content/{attachment.id}?access_token={token}").content, b"photo")

    @mute_logger("odoo.http")
    def test_files_of_the_staff_are_withheld(self):
        note = self.anas.message_post(
            body="laboratory", attachments=[("report.txt", b"acid")], subtype_xmlid="mail.mt_note"
        )
        self.authenticate("cmp_ana", "cmp_ana")
        self.assertNotIn("report.txt", str(self._fetch(self.anas)))
        response = self.url_open(f"/web/content/{note.attachment_ids.id}")
        self.assertEqual(response.status_code, 404)
        self.assertNotIn(b"acid", response.content)

    def test_bad_forms_are_explained_and_create_nothing(self):
        self.authenticate("cmp_ana", "cmp_ana")
        before = self.env["crm.complaint"].search_count([])
        for values in (
            {"name": ""},
            {"description": "   "},
            {"name": "x" * 201},
            {"description": "x" * 20_001},
        ):
            response = self._file(**values)
            self.assertEqual(response.status_code, 200)
            self.assertIn("is-invalid", response.text)
        self.assertEqual(self.env["crm.complaint"].search_count([]), before)
        self._file(name="nul \x00 and\r\nBcc: x@example.com")
        self.assertEqual(self.env["crm.complaint"].search_count([("name", "=", "nul and Bcc: x@example.com")]), 1)

    def test_only_the_fields_of_the_form_are_read(self):
        self.authenticate("cmp_ana", "cmp_ana")
        closed = self._stage("closed", "settled")
        self._file(
            name="Sneaky",
            priority="3",
            severity="4_critical",
            partner_id=str(self.boris.id),
            stage_id=str(closed.id),
            user_id=str(self.clerk.id),
            code="CMP/2000/00001",
            date_closed="2026-01-01 00:00:00",
        )
        complaint = self.env["crm.complaint"].search([("name", "=", "Sneaky")])
        self.assertEqual((complaint.partner_id, complaint.phase, complaint.priority), (self.ana, "received", "0"))
        self.assertFalse(complaint.severity or complaint.user_id or complaint.date_closed)
        self.assertNotEqual(complaint.code, "CMP/2000/00001")

    @mute_logger("odoo.http")
    def test_no_change_by_get_and_none_without_token(self):
        self.authenticate("cmp_ana", "cmp_ana")
        before = self.env["crm.complaint"].search_count([])
        self.url_open("/my/complaints/new?name=a&description=b")
        response = self.url_open("/my/complaints/new", data={"name": "a", "description": "b"})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self.env["crm.complaint"].search_count([]), before)

    # === ANOTHER'S === #

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_anothers_complaint_is_refused(self):
        self.authenticate("cmp_boris", "cmp_boris")
        url = f"/my/complaints/{self.anas.id}"
        token = self.boriss._portal_ensure_token()
        messages = len(self.anas.message_ids)
        for path in (
            url,
            f"{url}?access_token=wrong",
            f"{url}?access_token={token}",
            f"{url}?report_type=pdf",
            f"{url}?report_type=html&access_token={token}",
        ):
            response = self.url_open(path)
            self.assertNotIn("Ana's words", response.text.replace("&#39;", "'"), path)
            self.assertNotIn(self.anas.code, response.text, path)
            self.assertTrue(response.url.rstrip("/").endswith("/my"), path)
        for extra in ({}, {"token": token}, {"hash": "x", "pid": self.ana.id}):
            with self.assertRaises(Exception):  # noqa: B017  whichever error the route answers with
                self.make_jsonrpc_request(
                    "/mail/message/post",
                    {
                        "thread_model": "crm.complaint",
                        "thread_id": self.anas.id,
                        "post_data": {"body": "hello"},
                        **extra,
                    },
                )
        self.anas.invalidate_recordset()
        self.assertEqual(len(self.anas.message_ids), messages)
        self.assertEqual(self.anas.phase, "response")

    @mute_logger("odoo.http")
    def test_strange_identifiers(self):
        self.authenticate("cmp_boris", "cmp_boris")
        self.assertEqual(self.url_open("/my/complaints/abc").status_code, 404)
        for number in (0, 2**31, 10**30):
            self.assertLess(self.url_open(f"/my/complaints/{number}").status_code, 500, number)

    def test_the_secret_link_works_without_login(self):
        self.authenticate(None, None)
        token = self.anas._portal_ensure_token()
        self.assertIn("Ana's words", self.url_open(self.anas.get_portal_url()).text.replace("&#39;", "'"))
        for wrong in ("", token[:-1], "x" + token[1:]):
            page = self.url_open(f"/my/complaints/{self.anas.id}?access_token={wrong}").text
            self.assertNotIn(self.anas.code, page)

    def test_the_customer_writes_on_the_own_complaint(self):
        self.authenticate("cmp_ana", "cmp_ana")
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "crm.complaint",
                "thread_id": self.anas.id,
                "post_data": {
                    "body": "I accept",
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                },
            },
        )
        message = self.anas.message_ids[0]
        self.assertIn("I accept", message.body)
        self.assertEqual(message.author_id, self.ana)
        # the company's notes are not in what the customer fetches
        self.anas.message_post(body="internal remark", subtype_xmlid="mail.mt_note")
        fetched = str(self._fetch(self.anas))
        self.assertIn("I accept", fetched)
        self.assertNotIn("internal remark", fetched)
