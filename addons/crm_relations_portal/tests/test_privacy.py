import io
import re
import zipfile

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger


class PrivacyPortalCommon(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = new_test_user(
            cls.env, login="crm_portal_officer", groups="crm_relations.group_privacy", email="officer@example.com"
        )
        cls.user = new_test_user(
            cls.env,
            login="crm_asker",
            password="crm_asker",
            groups="base.group_portal",
            email="asker@example.com",
            name="Asker",
        )
        cls.partner = cls.user.partner_id
        cls.other = cls.env["res.partner"].create({"name": "Other", "email": "other@example.com"})
        cls.theirs = cls.env["crm.privacy.request"].create({"kind": "access", "partner_id": cls.other.id})

    def _mine(self):
        return self.env["crm.privacy.request"].search([("partner_id", "=", self.partner.id)], order="id")

    def _post(self, **values):
        page = self.url_open("/my/privacy").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.url_open("/my/privacy", data={"csrf_token": token, **values})


@tagged("post_install", "-at_install")
class TestPrivacyPortal(PrivacyPortalCommon):
    def test_a_customer_files_a_request_once(self):
        self.authenticate("crm_asker", "crm_asker")
        for _time in range(2):
            self._post(kind="access", details="Everything, please", partner_id=self.other.id, state="done")
        mine = self._mine()
        self.assertEqual(
            [(one.kind, one.details, one.source, one.state, one.identity_method, one.delivery) for one in mine],
            [("access", "Everything, please", "portal", "open", "portal", "portal")],
        )
        self.assertIn(mine.name, self.url_open("/my/privacy").text)
        self.assertIn("/my/privacy", self.url_open("/my/home").text)

    def test_bad_input(self):
        self.authenticate("crm_asker", "crm_asker")
        for values, error in (
            ({"kind": "everything"}, "choose what you ask for"),
            ({}, "choose what you ask for"),
            ({"kind": "rectification", "details": "  "}, "how it should read"),
            ({"kind": "access", "details": "x" * 5001}, "5000 characters at most"),
        ):
            self.assertIn(error, self._post(**values).text)
        self.assertFalse(self._mine())

    def test_the_copy_is_fetched_by_the_person_only(self):
        self.authenticate("crm_asker", "crm_asker")
        self._post(kind="access")
        request = self._mine().with_user(self.officer)
        path = f"/my/privacy/{request.id}"
        self.assertNotIn("Download", self.url_open(path).text)
        request.action_make_copy()
        self.assertNotEqual(self.url_open(f"{path}/copy").headers["Content-Type"], "application/zip")
        request.action_answer()
        self.assertIn("Download the copy", self.url_open(path).text)
        answer = self.url_open(f"{path}/copy")
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            self.assertIn("asker@example.com", archive.read("index.html").decode())
        # not with the mail, then: nobody else reads it
        self.assertFalse(request.sudo().message_ids.attachment_ids)
        new_test_user(self.env, login="crm_stranger", password="crm_stranger", groups="base.group_portal")
        self.authenticate("crm_stranger", "crm_stranger")
        answer = self.url_open(f"{path}/copy")
        self.assertNotEqual(answer.headers["Content-Type"], "application/zip")
        self.authenticate(None, None)
        self.assertNotEqual(self.url_open(f"{path}/copy").headers["Content-Type"], "application/zip")

    def test_an_answer_is_seen_once_it_is_given(self):
        """What an officer prepares is read neither on the page nor past it."""
        self.authenticate("crm_asker", "crm_asker")
        self._post(kind="rectification", details="My street is wrong")
        request = self._mine().with_user(self.officer)
        path = f"/my/privacy/{request.id}"
        request.write({"answer": "<p>Draft of an answer</p>", "recipients": "The carrier"})
        self.assertNotIn("Draft of an answer", self.url_open(path).text)
        mine = self._mine().with_user(self.user)
        self.assertEqual(mine.kind, "rectification")
        for name in ("answer", "recipients", "report", "bundle", "partner_legal_hold"):
            with self.assertRaises(AccessError):
                mine.read([name])
        request.answer = "<p>Your street is corrected</p>"
        request.action_answer()
        self.assertIn("Your street is corrected", self.url_open(path).text)

    def test_requests_of_others_stay_theirs(self):
        self.authenticate("crm_asker", "crm_asker")
        page = self.url_open(f"/my/privacy/{self.theirs.id}").text
        self.assertNotIn(self.theirs.name, page)
        theirs = self.theirs.with_user(self.user)
        with self.assertRaises(AccessError):
            theirs.read(["name"])
        self.assertFalse(theirs.search([]))
        with self.assertRaises(AccessError):
            theirs.create({"kind": "erasure", "partner_id": self.partner.id})
        self._post(kind="access")
        with self.assertRaises(AccessError):
            self._mine().with_user(self.user).write({"details": "x"})
        with self.assertRaises(AccessError):
            self._mine().with_user(self.user).action_answer()

    @mute_logger("odoo.http")
    def test_filing_needs_the_form(self):
        self.authenticate("crm_asker", "crm_asker")
        self.assertEqual(self.url_open("/my/privacy", data={"kind": "erasure"}).status_code, 400)
        self.assertFalse(self._mine())

    def test_the_public_is_asked_to_sign_in(self):
        self.assertIn("/web/login", self.url_open("/my/privacy").url)


@tagged("post_install", "-at_install")
class TestPrivacyPortalTour(PrivacyPortalCommon):
    browser_size = "1400x900"

    def test_tour_of_a_request(self):
        self.start_tour("/my/home", "crm_relations_privacy", login="crm_asker")
        mine = self._mine()
        self.assertEqual([(one.kind, one.details) for one in mine], [("rectification", "My street is Long Street 5")])


@tagged("post_install", "-at_install")
class TestPrivacyPortalTourPhone(TestPrivacyPortalTour):
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
