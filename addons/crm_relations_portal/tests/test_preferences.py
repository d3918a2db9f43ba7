import re
from urllib.parse import urlsplit

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger


class PreferencesCommon(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # only the rule of consent: others would answer by the time of day
        cls.env["crm.contact.rule"].search([]).active = False
        cls.env["crm.contact.rule"].create({"name": "Consent", "condition": "consent", "effect": "refuse"})
        cls.env["crm.consent.purpose"].search([]).active = False
        cls.letter, cls.offers, cls.contract = cls.env["crm.consent.purpose"].create(
            [
                {"name": "Letter", "code": "tour_letter", "wording_ids": [Command.create({"text": "I want letters."})]},
                {"name": "Offers", "code": "tour_offers", "lawful_basis": "legitimate_interest"},
                {"name": "Contract", "code": "tour_contract", "lawful_basis": "contract"},
            ]
        )
        cls.user = new_test_user(cls.env, login="crm_customer", password="crm_customer", groups="base.group_portal")
        cls.partner = cls.user.partner_id
        cls.partner.email = "customer@example.com"
        cls.other = cls.env["res.partner"].create({"name": "Other", "email": "other@example.com"})

    def _path(self, partner):
        return urlsplit(partner.crm_preferences_url).path

    def _words(self, partner):
        return [
            (entry.purpose_id.code, entry.channel, entry.state, entry.source)
            for entry in partner.crm_consent_ids.sorted("id")
        ]

    def _post(self, path, **values):
        return self._post_to(path, path, **values)

    def _post_to(self, form, path, **values):
        page = self.url_open(form).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.url_open(path, data={"csrf_token": token, **values})


@tagged("post_install", "-at_install")
class TestPreferences(PreferencesCommon):
    def test_the_portal_shows_what_the_customer_decides(self):
        self.authenticate("crm_customer", "crm_customer")
        page = self.url_open("/my/preferences").text
        self.assertIn("Letter", page)
        self.assertIn("I want letters.", page)
        self.assertNotIn("Contract", page)
        self.assertIn("/my/preferences", self.url_open("/my/home").text)

    def test_pages_say_what_they_are(self):
        """In the tab, with or without a website."""
        asked, _new = self.env["crm.privacy.request"].with_context(crm_privacy_quiet=True)._file_from_portal(
            self.partner, "access", ""
        )
        titles = {
            "/privacy/purposes": "What we use your data for", "/callback": "Call me back",
            "/callback/thank-you": "We call you", self._path(self.other): "Contact preferences",
            "/preferences/confirm/0/none": "Please confirm",
        }  # fmt: skip
        self._assert_titles(titles)
        self.authenticate("crm_customer", "crm_customer")
        self._assert_titles(
            {
                "/my/home": "My account", "/my/preferences": "Contact preferences", "/my/privacy": "My data",
                "/my/callback": "Call me back",
                f"/my/privacy/{asked.id}": f"Copy of the data {asked.name}",
            }
        )  # fmt: skip

    def _assert_titles(self, titles):
        for path, title in titles.items():
            page = self.url_open(path).text
            self.assertRegex(page, rf"<title>\s*{re.escape(title)} \| \S", path)

    def test_a_secret_link_without_signing_in(self):
        path = self._path(self.other)
        for _time in range(2):  # looking changes nothing
            self.assertEqual(self.url_open(path).status_code, 200)
        self.assertFalse(self.other.crm_consent_ids)
        letters, offers = self.letter.id, self.offers.id
        boxes = {f"{offers}_{channel}": "1" for channel in ("email", "phone", "sms", "letter")}
        for _time in range(2):  # saving twice is saving once
            self._post(path, **boxes, **{f"{letters}_sms": "1"})
        self.assertEqual(self._words(self.other), [("tour_letter", "sms", "given", "link")])
        self.assertEqual(self.other._crm_may_contact("sms", "tour_letter")[self.other.id].effect, "allow")

    @mute_logger("odoo.http")
    def test_a_wrong_link_opens_nothing(self):
        path = self._path(self.other)
        wrong = [
            path[:-1] + ("0" if path[-1] != "0" else "1"),
            path.replace(f"/{self.other.id}/", f"/{self.partner.id}/"),
            f"/preferences/{self.other.id}/x",
        ]
        for url in wrong:
            page = self.url_open(url)
            self.assertNotIn("o_crm_preferences", page.text)
            self.assertEqual(page.status_code, 404)
            self.assertIn("This link is not valid any more", page.text)
            # with the token of a form that anybody may open
            self.assertEqual(self._post_to(self._path(self.other), url, nothing="1").status_code, 404)
        self.assertFalse((self.other | self.partner).crm_consent_ids)

    @mute_logger("odoo.http")
    def test_a_link_ends_with_the_address(self):
        path = self._path(self.other)
        self.other.email = "new@example.com"
        self.assertNotEqual(self.url_open(path).status_code, 200)
        self.assertEqual(self.url_open(self._path(self.other)).status_code, 200)

    @mute_logger("odoo.http")
    def test_saving_needs_the_form(self):
        """Without the form's token (a picture, another site) nothing is saved."""
        path = self._path(self.other)
        self.assertEqual(self.url_open(path, data={"nothing": "1"}).status_code, 400)
        self.assertFalse(self.other.crm_consent_ids)

    def test_other_boxes_are_not_read(self):
        contract, letters = self.contract.id, self.letter.id
        self._post(self._path(self.other), **{f"{contract}_email": "1", f"{letters}_fax": "1", "999_email": "1"})
        purposes = {code for code, _channel, _state, _source in self._words(self.other)}
        self.assertEqual(purposes, {"tour_offers"})

    def test_boxes_are_ticked_as_the_law_says(self):
        """Nothing that needs consent is ticked before the customer ticks it."""
        self.offers.basis_ids = [
            Command.create({"channel": "email", "lawful_basis": "consent"}),
            Command.create({"channel": "phone", "lawful_basis": "contract"}),
        ]
        offers = self.other._crm_preference_rows()[1]
        boxes = {channel["code"]: channel["allowed"] for channel in offers["channels"]}
        self.assertEqual(boxes, {"email": False, "sms": True, "letter": True})

    def test_portal_users_read_and_write_no_ledger(self):
        entry = self.env["crm.consent"].create({"partner_id": self.partner.id, "purpose_id": self.letter.id})
        with self.assertRaises(AccessError):
            entry.with_user(self.user).read(["state"])
        with self.assertRaises(AccessError):
            entry.with_user(self.user).create({"partner_id": self.partner.id, "purpose_id": self.letter.id})
        with self.assertRaises(AccessError):
            self.other.with_user(self.user).read(["crm_preferences_url"])

    # === WHAT CHANGED MEANWHILE === #

    def _save_page(self, page, path, *ticked):
        """Save a page as it was opened, whatever has changed since."""
        fields = {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("csrf_token", "shown")}
        return self.url_open(path, data=fields | dict.fromkeys(ticked, "1"))

    def test_a_no_by_telephone_is_not_taken_back_by_an_older_page(self):
        path = self._path(self.other)
        self.env["crm.consent"].create({"partner_id": self.other.id, "purpose_id": self.letter.id, "channel": "email"})
        page = self.url_open(path).text
        self.env["crm.consent"].create(
            {"partner_id": self.other.id, "purpose_id": self.letter.id, "channel": "email", "state": "withdrawn"}
        )
        offers = [f"{self.offers.id}_{code}" for code in ("email", "phone", "sms", "letter")]
        self._save_page(page, path, f"{self.letter.id}_email", f"{self.letter.id}_sms", *offers)
        self.assertEqual(
            [(code, channel, state) for code, channel, state, _source in self._words(self.other)],
            [
                ("tour_letter", "email", "given"),
                ("tour_letter", "email", "withdrawn"),
                ("tour_letter", "sms", "given"),
            ],
        )

    def test_a_purpose_that_came_since_is_not_objected_to(self):
        path = self._path(self.other)
        page = self.url_open(path).text
        offers = [f"{self.offers.id}_{code}" for code in ("email", "phone", "sms", "letter")]
        new = {"name": "Fairs", "code": "tour_fairs", "lawful_basis": "legitimate_interest"}
        self.env["crm.consent.purpose"].create(new)
        self._save_page(page, path, *offers)
        self.assertEqual(self._words(self.other), [])
        self._post(path, nothing="1")
        self.assertEqual(
            {code for code, _channel, state, _source in self._words(self.other) if state == "withdrawn"},
            {"tour_offers", "tour_fairs"},
        )


@tagged("post_install", "-at_install")
class TestPreferencesTour(PreferencesCommon):
    browser_size = "1400x900"

    def test_tour_of_the_portal(self):
        self.start_tour("/my/preferences", "crm_relations_preferences", login="crm_customer")
        words = self._words(self.partner)
        self.assertEqual(words[0], ("tour_letter", "email", "given", "portal"))
        self.assertEqual(
            sorted(words[1:]),
            sorted(
                [
                    ("tour_letter", "email", "withdrawn", "portal"),
                    *(("tour_offers", code, "withdrawn", "portal") for code in ("email", "phone", "sms", "letter")),
                ]
            ),
        )
        first = self.partner.crm_consent_ids.sorted("id")[0]
        self.assertEqual((first.actor, first.wording_id.text), (self.partner.name, "I want letters."))


@tagged("post_install", "-at_install")
class TestPreferencesTourPhone(TestPreferencesTour):
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
