import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .test_preferences import PreferencesCommon


@tagged("post_install", "-at_install")
class TestConfirmation(PreferencesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letter.double_opt_in = True

    def _say_yes(self):
        """The customer ticks "by e-mail" on the page; returns the path of the link in the mail."""
        before = self._mails()
        page = self._post(self._path(self.other), **self._boxes(email=True))
        self.assertIn("We sent you an e-mail", page.text)
        mail = self._mails() - before
        return re.search(r'href="https?://[^/]+(/preferences/confirm/[^"]+)"', mail.body_html)[1]

    def _boxes(self, email=False):
        boxes = {f"{self.offers.id}_{channel}": "1" for channel in ("email", "phone", "sms", "letter")}
        return boxes | ({f"{self.letter.id}_email": "1"} if email else {})

    def _mails(self):
        return self.env["mail.mail"].search([("email_to", "=", "other@example.com")])

    def _effect(self):
        return self.other._crm_may_contact("email", "tour_letter")[self.other.id].effect

    def _confirm(self, path):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.url_open(path).text)[1]
        return self.url_open(path, data={"csrf_token": token})

    def test_a_yes_counts_once_it_is_confirmed(self):
        path = self._say_yes()
        self.assertFalse(self.other.crm_consent_ids)
        self.assertEqual(self._effect(), "refuse")
        for _time in range(2):  # looking confirms nothing
            self.assertIn("I want letters.", self.url_open(path).text)
        self.assertEqual(self._effect(), "refuse")
        for _time in range(2):  # twice is once
            self.assertIn("Thank you", self._confirm(path).text)
        self.assertEqual(self._effect(), "allow")
        self.assertEqual(self._words(self.other), [("tour_letter", "email", "given", "link")])
        entry = self.other.crm_consent_ids
        self.assertEqual((entry.wording_id, entry.actor), (self.letter.wording_id, "Other"))
        self.assertRegex(
            entry.evidence,
            r"^Asked on .* \(Preference page, by secret link\), confirmed by the link sent to other@example.com",
        )

    def test_links_end(self):
        path = self._say_yes()
        asked = self.env["crm.consent.confirmation"].search([("partner_id", "=", self.other.id)])
        asked.date_end = fields.Datetime.now() - timedelta(minutes=1)
        self.assertIn("not valid any more", self.url_open(path).text)
        self.assertFalse(asked._confirm("127.0.0.1"))
        self.assertEqual((asked.state, self._effect()), ("expired", "refuse"))

    def test_a_new_link_ends_the_old_one(self):
        old, new = self._say_yes(), self._say_yes()
        self.assertIn("not valid any more", self.url_open(old).text)
        self.assertIn("Thank you", self._confirm(new).text)

    def test_wrong_links_and_other_addresses(self):
        path = self._say_yes()
        for wrong in (path[:-1] + ("0" if path[-1] != "0" else "1"), path.rsplit("/", 1)[0] + "/x"):
            self.assertIn("not valid any more", self.url_open(wrong).text)
        self.other.email = "new@example.com"
        self.assertIn("not valid any more", self.url_open(path).text)
        self.assertFalse(self.other.crm_consent_ids)

    def test_saying_no_needs_no_confirmation(self):
        self._confirm(self._say_yes())
        page = self._post(self._path(self.other), **self._boxes())
        self.assertIn("This counts from now on", page.text)
        self.assertEqual(self._effect(), "refuse")

    def test_no_mailbox_is_filled(self):
        confirmations = self.env["crm.consent.confirmation"]
        purposes = self.env["crm.consent.purpose"].create(
            [{"name": f"P{number}", "code": f"tour_p{number}"} for number in range(7)]
        )
        asked = [bool(confirmations._ask(self.other, purpose, "link", "x")) for purpose in purposes]
        self.assertEqual(asked, [True] * 5 + [False] * 2)

    def test_what_was_never_confirmed_is_forgotten(self):
        self._say_yes()
        asked = self.env["crm.consent.confirmation"].search([("partner_id", "=", self.other.id)])
        asked.date_end = fields.Datetime.now() - timedelta(days=31)
        asked._gc_expired()
        self.assertFalse(asked.exists())

    def test_nobody_reads_the_secret_or_writes(self):
        path = self._say_yes()
        agent = new_test_user(self.env, login="crm_confirm_agent", groups="crm_relations.group_user")
        asked = self.env["crm.consent.confirmation"].search([("partner_id", "=", self.other.id)])
        self.assertNotIn(path.rsplit("/", 1)[1], str(asked.sudo().read()))
        self.assertEqual(asked.with_user(agent).state, "pending")
        with self.assertRaises(AccessError):
            asked.with_user(agent).read(["token_digest"])
        with self.assertRaises(AccessError):
            asked.with_user(agent).write({"date_confirmed": fields.Datetime.now()})
        with self.assertRaises(AccessError):
            asked.with_user(self.user).read(["email"])


@tagged("post_install", "-at_install")
class TestPolicyPage(PreferencesCommon):
    def test_the_page_says_what_the_records_say(self):
        self.offers.write({"description": "Things you may like"})
        self.offers.basis_ids = [(0, 0, {"channel": code, "lawful_basis": "consent"}) for code in ("sms", "email")]
        page = self.url_open("/privacy/purposes")
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.text))
        self.assertEqual(page.status_code, 200)
        self.assertIn("Things you may like", text)
        self.assertIn("Consent: E-mail, SMS", text)
        self.assertIn("Legitimate interest (may be objected to): every other channel", text)
        self.assertNotIn("How long we keep what", text)
        self.env["crm.privacy.retention"].search([]).unlink()
        self.env["crm.privacy.retention"].with_context(active_test=False).search([("category", "=", "lead")]).unlink()
        self.env["crm.privacy.retention"].create({"category": "lead", "months": 24, "reason": "They may ask again"})
        text = self.url_open("/privacy/purposes").text
        self.assertIn("24 months", re.sub(r"<[^>]+>", "", text))
        self.assertIn("They may ask again", text)
        self.letter.active = False
        self.assertNotIn("I want letters", self.url_open("/privacy/purposes").text)
