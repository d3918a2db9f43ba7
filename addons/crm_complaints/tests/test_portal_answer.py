import re

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestPortalAnswer(ComplaintsCommon, HttpCase):
    """Accept, second look and rating: by login, by the secret link, never by GET, never somebody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.user_id = cls.lead
        cls.anas = cls._answered()
        cls.boriss = cls._answered(partner_id=cls.boris.id)
        cls.token = cls.anas._portal_ensure_token()
        cls.foreign = cls.boriss._portal_ensure_token()

    def _url(self, act="", complaint=None):
        return f"/my/complaints/{(complaint or self.anas).id}{act}"

    def _csrf(self, page):
        return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    def _press(self, act, page=None, **data):
        text = self.url_open(page or self._url()).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        csrf = found[1] if found else self._csrf(self.url_open("/my/complaints/new").text)
        response = self.url_open(self._url(act), data={"csrf_token": csrf, **data})
        self.env.invalidate_all()
        return response

    def test_accept(self):
        self.authenticate("cmp_ana", "cmp_ana")
        self.assertIn("I accept the answer", self.url_open(self._url()).text)
        page = self._press("/accept").text
        self.assertTrue(self.anas.date_accepted)
        self.assertIn("You accepted the answer on", page)
        self.assertNotIn("I accept the answer</button>", page)
        self.assertIn("not possible", self._press("/accept", page="/my/complaints/new").text)

    def test_still_unhappy_without_login(self):
        self.authenticate(None, None)
        page = self._url(f"?access_token={self.token}")
        response = self._press("/unhappy", page=page, access_token=self.token, reason="It leaks again")
        self.assertIn("We have noted it", response.text)
        complaint = self.anas.sudo()
        self.assertEqual((complaint.phase, complaint.is_review, complaint.user_id), ("assessed", True, self.lead))
        self.assertIn("It leaks again", " ".join(complaint.message_ids.mapped("body")))

    def test_get_changes_nothing(self):
        """What a mail scanner does: it opens every link it finds."""
        self.authenticate(None, None)
        self.boriss._move_to("closed", "settled")
        before = self.env["mail.message"].search_count([])
        for act in ("/accept", "/unhappy"):
            response = self.url_open(self._url(f"{act}?access_token={self.token}&reason=x"))
            self.assertIn(response.status_code, (404, 405), act)
        for value in ("", "&process=1&outcome=1"):
            self.url_open(f"/my/complaints/{self.boriss.id}/rate?access_token={self.foreign}{value}")
        self.env.invalidate_all()
        self.assertFalse(self.anas.date_accepted or self.anas.is_review or self.boriss.date_rated)
        self.assertEqual(self.env["mail.message"].search_count([]), before)

    @mute_logger("odoo.http")
    def test_not_without_the_token_of_the_form(self):
        self.authenticate("cmp_ana", "cmp_ana")
        for act in ("/accept", "/unhappy", "/rate"):
            self.assertEqual(self.url_open(self._url(act), data={"access_token": self.token}).status_code, 400)
        self.env.invalidate_all()
        self.assertFalse(self.anas.date_accepted or self.anas.is_review)

    def test_rate_both_questions_once(self):
        self.anas._move_to("closed", "settled")
        self.authenticate(None, None)
        page = self._url(f"/rate?access_token={self.token}")
        text = self.url_open(page).text
        self.assertIn("with the way we handled", text)
        self.assertIn("what came out of it", text)
        self.assertIn("answer both", self._press("/rate", page=page, access_token=self.token, process="4").text)
        self.assertFalse(self.anas.date_rated)
        done = self._press("/rate", page=page, access_token=self.token, process="4", outcome="2", comment="<b>ok</b>")
        self.assertIn("We read every answer", done.text)
        self.assertEqual((self.anas.satisfaction_process, self.anas.satisfaction_outcome), ("4", "2"))
        self.assertIn("you have told us already", self.url_open(page).text)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_somebody_elses_is_refused_and_nothing_changes(self):
        closed = self._answered()
        closed._move_to("closed", "settled")
        self.authenticate("cmp_boris", "cmp_boris")
        for token in ({}, {"access_token": "x"}, {"access_token": self.foreign}, {"access_token": self.token[:-1]}):
            for act in ("/accept", "/unhappy", "/rate"):
                response = self._press(act, page="/my/complaints/new", process="1", outcome="1", **token)
                self.assertTrue(response.url.rstrip("/").endswith("/my"), (act, token))
            page = self.url_open(f"/my/complaints/{closed.id}/rate?access_token={token.get('access_token', '')}")
            self.assertNotIn(closed.code, page.text)
        self.env.invalidate_all()
        self.assertFalse(self.anas.date_accepted or self.anas.is_review or closed.date_rated)

    def test_an_employee_does_not_answer_for_the_customer(self):
        self.authenticate("cmp_lead", "cmp_lead")
        self._press("/accept", page="/my/complaints/new")
        self.assertFalse(self.anas.date_accepted)

    @mute_logger("odoo.http")
    def test_strange_identifiers(self):
        self.authenticate("cmp_boris", "cmp_boris")
        for number in ("0", "2147483648", "99999999999999999999"):
            self.assertLess(self.url_open(f"/my/complaints/{number}/rate").status_code, 500, number)
        self.assertEqual(self.url_open("/my/complaints/abc/rate").status_code, 404)

    def test_the_token_is_long_and_random(self):
        """A version 4 UUID: 122 random bits; no two complaints share one."""
        self.assertRegex(self.token, r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertNotEqual(self.token, self.foreign)

    def test_letters_on_the_page(self):
        letter = self.env["crm.complaint.letter"].create({"complaint_id": self.anas.id, "kind": "final"})
        draft = self.env["crm.complaint.letter"].create({"complaint_id": self.anas.id, "kind": "final"})
        letter.with_context(force_report_rendering=True).action_send()
        url = f"/my/complaints/{self.anas.id}/letter/{letter.id}"
        self.authenticate("cmp_ana", "cmp_ana")
        self.assertIn(url, self.url_open(self._url()).text)
        response = self.url_open(url)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertTrue(response.content.startswith(b"%PDF"))
        self.assertEqual(self.url_open(f"/my/complaints/{self.anas.id}/letter/{draft.id}").status_code, 404)
        self.assertEqual(self.url_open(f"/my/complaints/{self.boriss.id}/letter/{letter.id}").url[-3:], "/my")
        self.authenticate("cmp_boris", "cmp_boris")
        self.assertEqual(self.url_open(f"/my/complaints/{self.boriss.id}/letter/{letter.id}").status_code, 404)
        self.assertNotIn(b"%PDF", self.url_open(url).content)
