import re
from unittest.mock import patch

from odoo.addons.crm_complaints.tests.common import ComplaintsCommon
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestWebsiteComplaint(ComplaintsCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.intakes = cls.env["crm.complaint.intake"]

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _page(self):
        return self.url_open("/complaint").text

    def _value(self, name, page):
        return re.search(rf'name="{name}" value="([^"]+)"', page)[1]

    def _file(self, page=None, **values):
        page = page or self._page()
        data = {
            "name": "Dora",
            "email": "dora@example.com",
            "subject": "Kettle leaks",
            "description": "After <b>one</b> week",
            "csrf_token": self._value("csrf_token", page),
            "form_key": self._value("form_key", page),
            **values,
        }
        response = self.url_open("/complaint", data=data)
        self.env.invalidate_all()
        return response

    def _complaints(self, name="Kettle leaks"):
        return self.env["crm.complaint"].search([("name", "=", name)])

    def test_filed(self):
        self.company.complaint_auto_acknowledge = True
        response = self._file(remedy_sought="A new one", phone="123")
        complaint = self._complaints()
        self.assertIn(complaint.code, response.text)
        self.assertTrue(response.url.endswith("/complaint/thank-you"))
        self.assertEqual((complaint.channel, complaint.partner_name, complaint.phone), ("web", "Dora", "123"))
        self.assertFalse(complaint.partner_id or complaint.user_id)
        self.assertIn("&lt;b&gt;one", complaint.description)
        self.assertEqual((complaint.intake_ids.channel, complaint.intake_ids.state), ("web", "done"))
        self._run_acknowledgements()
        mail = self.env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "=", complaint.id)])
        self.assertEqual(mail.email_to, "dora@example.com")
        for word in ("Kettle", "week", "Dora"):
            self.assertNotIn(word, mail.subject + mail.body_html)

    def test_the_answer_carries_nothing_of_what_was_typed(self):
        self.company.complaint_auto_acknowledge = True
        self._file(email="Call 555 0199 now <dora@example.com>", subject="Unlike others")
        complaint = self.env["crm.complaint"].search([("name", "=", "Unlike others")])
        self._run_acknowledgements()
        sent = self.env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "=", complaint.id)])
        self.assertEqual([mail["email_to"] for mail in sent._prepare_outgoing_list()], [["dora@example.com"]])

    def test_a_known_address_is_not_linked_unproved(self):
        self._file(email="ana@acme.example.com")
        self.assertFalse(self._complaints().partner_id)

    def test_pressed_twice_is_one_complaint(self):
        page = self._page()
        first, second = self._file(page), self._file(page)
        self.assertEqual(len(self._complaints()), 1)
        self.assertIn(self._complaints().code, first.text)
        self.assertIn(self._complaints().code, second.text)
        self._file(page, subject="Kettle burns")
        self.assertEqual(len(self._complaints("Kettle burns")), 1)

    def test_files(self):
        page = self._page()
        data = {name: self._value(name, page) for name in ("csrf_token", "form_key")}
        self.url_open(
            "/complaint",
            data={**data, "name": "Dora", "email": "d@example.com", "subject": "Photo", "description": "x"},
            files=[("files", ("../../a.png", b"photo", "image/png"))],
        )
        attachment = self._complaints("Photo").message_ids.attachment_ids
        self.assertEqual((attachment.name, attachment.raw), ("a.png", b"photo"))

    def test_bad_input_is_explained_and_creates_nothing(self):
        for values in (
            {"name": ""},
            {"email": "nonsense"},
            {"email": "a@example.com\r\nBcc: b@example.com"},
            {"subject": "x" * 201},
            {"description": " "},
        ):
            response = self._file(**values)
            self.assertEqual(response.status_code, 200)
            self.assertIn("is-invalid", response.text)
        self.assertFalse(self._complaints())
        self.assertFalse(self.intakes.search([("channel", "=", "web")]))

    def test_a_file_instead_of_words(self):
        page = self._page()
        data = {"csrf_token": self._value("csrf_token", page), "name": "Dora", "email": "dora@example.com"}
        files = {name: ("x.txt", b"x") for name in ("subject", "description", "form_key")}
        response = self.url_open("/complaint", data=data, files=files)
        self.assertEqual(response.status_code, 200)
        self.assertIn("Please fill this in.", response.text)

    def test_only_the_fields_of_the_form_are_read(self):
        self._file(
            partner_id=str(self.ana.id), found_partner_id=str(self.ana.id), severity="4_critical", priority="3",
            stage_id="6", company_id="99", date_received="2020-01-01", channel="letter", user_id="2",
        )  # fmt: skip
        complaint = self._complaints()
        self.assertFalse(complaint.partner_id or complaint.severity or complaint.user_id)
        self.assertEqual((complaint.priority, complaint.phase, complaint.channel), ("0", "received", "web"))
        self.assertEqual(complaint.company_id, self.env["website"].get_current_website().company_id)

    def test_a_machine_that_fills_everything_in(self):
        response = self._file(company_url="https://spam.example.com")
        self.assertEqual(response.status_code, 200)
        row = self.intakes.search([("channel", "=", "web")])
        self.assertEqual((row.state, row.verdict, row.complaint_id.id), ("ignored", "automatic", False))
        self.assertFalse(self._complaints())

    @mute_logger("odoo.http")
    def test_no_change_by_get_and_none_without_token(self):
        self.url_open("/complaint?name=a&email=a@example.com&subject=Kettle+leaks&description=b")
        data = {"name": "a", "email": "a@example.com", "subject": "Kettle leaks", "description": "b"}
        self.assertEqual(self.url_open("/complaint", data=data).status_code, 400)
        self.assertFalse(self._complaints())

    def test_sixty_in_a_row(self):
        page = self._page()
        codes = [self._file(page, subject="Kettle leaks", phone=str(number),
                            email=f"d{number}@example.com").status_code for number in range(60)]  # fmt: skip
        self.assertEqual((codes.count(200), codes.count(429)), (20, 40))
        self.assertEqual(len(self._complaints()), 20)

    def test_ten_under_one_address(self):
        page = self._page()
        responses = [self._file(page, phone=str(number)) for number in range(11)]
        self.assertEqual([response.status_code for response in responses], [200] * 10 + [429])
        self.assertIn("Please call us", responses[-1].text)

    def test_what_fails_is_kept(self):
        with patch.object(
            self.env.registry["crm.complaint"], "_next_code", side_effect=RuntimeError("no number"), autospec=True
        ), mute_logger("odoo.addons.crm_complaints.models.crm_complaint_intake"):
            response = self._file()
        self.assertEqual(response.status_code, 200)
        self.assertIn("gives it its number", response.text)
        row = self.intakes.search([("channel", "=", "web")])
        self.assertEqual((row.state, row.complaint_id.id), ("quarantine", False))
        with self.enter_registry_test_mode():
            row.with_user(self.lead).action_replay()
        self.env.invalidate_all()
        self.assertEqual((row.state, row.complaint_id.name), ("done", "Kettle leaks"))

    def test_the_number_is_shown_to_who_filed_only(self):
        self._file()
        self.authenticate(None, None)
        self.opener.cookies.clear()
        self.assertNotIn("CMP/", self.url_open("/complaint/thank-you").text)

    def test_in_the_browser(self):
        self.start_tour("/complaint", "crm_complaints_website_file")
        self.assertEqual(len(self._complaints()), 1)


@tagged("post_install", "-at_install")
class TestWebsiteComplaintPhone(ComplaintsCommon, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_on_a_phone(self):
        self.start_tour("/complaint", "crm_complaints_website_file")
        self.assertEqual(self.env["crm.complaint"].search([("name", "=", "Kettle leaks")]).partner_name, "Dora")
