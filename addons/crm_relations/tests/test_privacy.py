import io
import json
import zipfile
from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .privacy_common import PrivacyCommon


@tagged("post_install", "-at_install")
class TestPrivacyRequest(PrivacyCommon):
    # === FILING === #

    @freeze_time("2026-01-31 10:00:00")
    def test_a_request_has_a_number_a_month_and_a_reminder(self):
        request = self._file()
        self.assertRegex(request.name, r"^PR/2026/\d{4}$")
        self.assertEqual((request.state, request.user_id, request.date_due), ("new", self.officer, date(2026, 3, 2)))
        activity = request.activity_ids
        self.assertEqual((activity.user_id, activity.date_deadline), (self.officer, date(2026, 2, 23)))
        self.assertEqual(self._mails(request), [f"We received your request {request.name}"])

    def test_public_holidays_move_the_last_day(self):
        company = self.env.company
        request = self._file(date_received=date(2026, 10, 25))
        self.assertEqual(request.date_due, date(2026, 11, 25))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "company_id": company.id,
                "calendar_id": company.resource_calendar_id.id,
                "date_from": "2026-11-25 06:00:00",
                "date_to": "2026-11-25 16:00:00",
            }
        )
        request.date_received = date(2026, 10, 24)
        request.date_received = date(2026, 10, 25)
        self.assertEqual(request.date_due, date(2026, 11, 26))

    def test_staff_file_what_they_hear_and_see_their_own_only(self):
        mine = self._file("erasure", user=self.agent, details="Please delete me", source="phone")
        other = self._file("access")
        self.assertNotEqual(mine.sudo().user_id, self.agent)
        self.assertEqual(self.env["crm.privacy.request"].with_user(self.agent).search([]), mine)
        with self.assertRaises(AccessError):
            other.with_user(self.agent).read(["name"])
        with self.assertRaises(AccessError):
            mine.with_user(self.agent).write({"details": "x"})
        with self.assertRaises(AccessError):
            self._file("objection", user=self.agent, identity_method="known")
        for method in ("action_identify", "action_answer", "action_make_copy", "action_withdraw"):
            with self.assertRaises(AccessError):
                getattr(mine.with_user(self.agent), method)()
        self.assertEqual(mine.sudo().state, "new")

    def test_auditors_read_and_clerks_do_not(self):
        request = self._file()
        self.assertEqual(request.with_user(self.auditor).kind, "access")
        with self.assertRaises(AccessError):
            request.with_user(self.auditor).write({"answer": "x"})
        with self.assertRaises(AccessError):
            request.with_user(self.clerk).read(["kind"])
        with self.assertRaises(AccessError):
            request.with_user(self.manager).write({"answer": "x"})

    def test_requests_are_kept(self):
        request = self._file()
        with self.assertRaises(AccessError):
            request.unlink()

    def test_requests_of_other_companies_are_theirs(self):
        other = self.env["res.company"].create({"name": "Other"})
        request = self._file().sudo()
        request.company_id = other
        with self.assertRaises(AccessError):
            request.with_user(self.officer).read(["name"])

    def test_bad_input(self):
        with self.assertRaisesRegex(ValidationError, "in the future"):
            self._file(date_received=self._today() + timedelta(days=3))
        with self.assertRaisesRegex(ValidationError, "works here"):
            self._file(partner=self.agent.partner_id)

    @mute_logger("odoo.sql_db")
    def test_one_open_request_of_a_kind(self):
        request = self._file()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self._file()
        request.action_withdraw()
        self.assertEqual(self._file().state, "new")

    # === STEPS === #

    def test_who_it_is_comes_first(self):
        request = self._file("restriction")
        with self.assertRaisesRegex(UserError, "check first who it is"):
            request.action_answer()
        with self.assertRaisesRegex(UserError, "how you checked"):
            request.action_identify()
        request.identity_method = "document"
        request.action_identify()
        self.assertEqual((request.state, request.identity_user_id), ("open", self.officer))
        self.assertFalse(self.single.crm_restricted)

    def test_two_more_months_with_a_reason(self):
        request = self._file(date_received=self._ago(20))
        due = request.date_due
        action = request.with_context(privacy_step="extend").action_step()
        with Form(
            self.env["crm.privacy.request.step"].with_user(self.officer).with_context(**action["context"])
        ) as form:
            form.reason = "Many requests"
        form.record.action_confirm()
        self.assertGreater((request.date_due - due).days, 57)
        self.assertEqual(request.activity_ids.date_deadline, request.date_due - timedelta(days=7))
        self.assertEqual(self._mails(request)[-1], f"Your request {request.name} takes longer")
        with self.assertRaisesRegex(UserError, "extended already"):
            request._extend("Again")

    def test_no_extension_after_the_month(self):
        request = self._file(date_received=self._ago(40))
        with self.assertRaisesRegex(UserError, "The month is over"):
            request._extend("Late")
        self.assertLess(request.days_left, 0)
        self.assertFalse(request.extended)

    def test_a_refusal_says_why_and_where_to_complain(self):
        request = self._file("erasure")
        action = request.with_context(privacy_step="refuse").action_step()
        step = self.env["crm.privacy.request.step"].with_user(self.officer).with_context(**action["context"])
        with self.assertRaisesRegex(UserError, "give the reason"):
            step.create({"reason": "  "}).action_confirm()
        step.create({"reason": "Still in court"}).action_confirm()
        self.assertEqual((request.state, request.refusal_reason), ("refused", "Still in court"))
        body = request.sudo().message_ids.filtered("subject").sorted("id")[-1].body
        self.assertIn("Still in court", body)
        self.assertIn("data protection authority", body)
        self.assertFalse(request.activity_ids)
        request.action_answer()  # closed: nothing happens any more
        self.assertEqual(self.single.name, "Ion Popescu")

    # === KINDS === #

    def test_a_correction_says_what_was_corrected(self):
        request = self._identified("rectification")
        with self.assertRaisesRegex(UserError, "what was corrected"):
            request.action_answer()
        request.answer = "<p>The street</p>"
        request.action_answer()
        self.assertEqual(
            (request.state, self._mails(request)[-1]), ("done", f"Your request {request.name} is answered")
        )

    def test_an_objection_is_a_word_in_the_ledger(self):
        offers, contract = self.env["crm.consent.purpose"].create(
            [
                {"name": "Wine offers", "code": "wine_offers", "lawful_basis": "legitimate_interest"},
                {"name": "Deliveries", "code": "deliveries", "lawful_basis": "contract"},
            ]
        )
        self._rule("consent")
        self.assertEqual(self._effect(self.single, "letter", "wine_offers", fields.Datetime.now()), "allow")
        request = self._identified("objection")
        request.action_answer()
        self.assertEqual(self._effect(self.single, "letter", "wine_offers", fields.Datetime.now()), "refuse")
        entry = self.single.crm_consent_ids.filtered(lambda one: one.purpose_id == offers)
        self.assertEqual(
            (entry.state, entry.evidence, entry.actor), ("withdrawn", f"Objection {request.name}", "Officer")
        )
        self.assertFalse(self.single.crm_consent_ids.filtered(lambda one: one.purpose_id == contract))

    def test_an_objection_to_one_purpose_leaves_the_others(self):
        one, two = self.env["crm.consent.purpose"].create(
            [{"name": "One", "code": "one_purpose"}, {"name": "Two", "code": "two_purpose"}]
        )
        self._identified("objection", purpose_ids=one.ids).action_answer()
        self.assertEqual(self.single.crm_consent_ids.purpose_id, one)
        self.assertNotIn(two, self.single.crm_consent_ids.purpose_id)

    def test_restricted_customers_are_left_alone(self):
        self.assertEqual(self._effect(self.single, "email", "marketing"), "allow")
        request = self._identified("restriction")
        request.action_answer()
        self.assertTrue(self.single.crm_restricted and request.partner_restricted)
        for purpose, effect in (("marketing", "refuse"), ("sales", "refuse"), ("service", "warn")):
            decision = self._ask(self.single, "email", purpose)
            self.assertEqual(decision.effect, effect)
            self.assertEqual(decision.reasons, ("The processing of Ion Popescu's data is restricted",))
        self.assertFalse(self.single.with_user(self.agent)._crm_contact_filter("email", "marketing"))
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                self.single.with_user(user).action_crm_lift_restriction()
            with self.assertRaises(AccessError):
                self.single.with_user(user).write({"crm_restricted": False})
        request.action_lift_restriction()
        self.assertFalse(self.single.crm_restricted)
        self.assertEqual(self._effect(self.single, "email", "marketing"), "allow")

    def test_alerts_do_not_touch_restricted_customers(self):
        rule = self.env["crm.alert.rule"].create(
            {
                "name": "Wine lovers",
                "condition": "domain",
                "domain": repr([("id", "in", (self.single | self.person).ids)]),
                "user_id": self.manager.id,
            }
        )
        self.single.sudo().crm_restricted = True
        rule._evaluate()
        self.assertEqual(
            rule.alert_ids.partner_id | rule.alert_ids.commercial_partner_id, self.person | self.company_partner
        )

    # === THE COPY === #

    def _copy(self, request):
        request.action_make_copy()
        with zipfile.ZipFile(io.BytesIO(request.sudo().bundle_id.raw)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def test_the_copy_holds_everything_and_nobody_else(self):
        other = self._create_partner("Maria Ionescu", email="maria@example.com", parent_id=self.single.id)
        self._create_interaction(
            self.single,
            outcome="Spoke with Maria Ionescu (maria@example.com) about red wine",
            note="<p>Likes Merlot</p>",
        )
        self.env["crm.need"].create({"partner_id": self.single.id, "statement": "Ten bottles of Merlot"})
        self.single.message_post(
            body="Thank you for the letter", author_id=self.single.id, attachments=[("letter.txt", b"Dear all")]
        )
        self.single.message_post(body="Internal: careful, says Maria Ionescu")
        strange = self._create_interaction(self.person, outcome="Not for Ion")
        request = self._identified()
        files = self._copy(request)
        data, page = json.loads(files["data.json"]), files["index.html"].decode()
        self.assertEqual(data["sections"]["crm.need"][0]["statement"], "Ten bottles of Merlot")
        self.assertEqual(
            data["sections"]["crm.interaction"][0]["outcome"],
            "Spoke with [another person] ([another person]) about red wine",
        )
        self.assertEqual(data["sections"]["res.partner"][0]["email"], "ion@example.com")
        texts = [row["body"] for row in data["sections"]["mail.message"] if row.get("body")]
        self.assertIn("Thank you for the letter", texts)
        self.assertIn("Internal: careful, says [another person]", texts)
        self.assertEqual([content for name, content in files.items() if name.endswith("letter.txt")], [b"Dear all"])
        for text in (page, files["data.json"].decode()):
            for name in (other.name, other.email, self.agent.name, strange.outcome, self.person.name):
                self.assertNotIn(name, text)
            self.assertIn("Likes Merlot", text)
        request.action_answer()
        self.assertEqual(request.state, "done")
        self.assertFalse(request.sudo().message_ids.attachment_ids)
        mail = self.env["mail.mail"].search([("attachment_ids.name", "=", request.sudo().bundle_id.name)])
        self.assertEqual((mail.email_to, mail.auto_delete), ('"Ion Popescu" <ion@example.com>', True))
        self.assertEqual(mail.attachment_ids.checksum, request.sudo().bundle_id.checksum)

    def test_whoever_files_does_not_see_what_it_brings_to_light(self):
        request = self._file(user=self.agent).with_user(self.officer)
        request.identity_method = "known"
        request.action_identify()
        request.action_make_copy()
        request.action_answer()
        bundle = request.sudo().bundle_id
        sent = self.env["ir.attachment"].search([("checksum", "=", bundle.checksum), ("id", "!=", bundle.id)])
        self.assertEqual(len(sent), 1)
        self.assertTrue(bundle.with_user(self.officer).raw)
        for user in (self.agent, self.auditor, self.manager):
            for attachment in (bundle, sent):
                with self.assertRaises(AccessError):
                    attachment.with_user(user).read(["raw"])
        with self.assertRaises(AccessError):
            request.with_user(self.agent).read(["bundle"])

    def test_no_copy_before_the_identity(self):
        request = self._file()
        with self.assertRaisesRegex(UserError, "check first who it is"):
            request.action_make_copy()
        request.identity_method = "known"
        request.action_identify()
        with self.assertRaisesRegex(UserError, "make the copy"):
            request.action_answer()

    def test_copies_are_forgotten(self):
        request = self._identified()
        request.action_make_copy()
        request.action_answer()
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_privacy_copies").method_direct_trigger()
        self.assertTrue(request.bundle_id)
        request.sudo().date_closed = self._ago(31)
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_privacy_copies").method_direct_trigger()
        self.assertFalse(request.bundle_id)

    def test_copies_of_archived_requests_are_forgotten(self):
        request = self._identified()
        request.action_make_copy()
        request.action_answer()
        request.sudo().write({"date_closed": self._ago(31), "active": False})
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_privacy_copies").method_direct_trigger()
        self.assertFalse(request.bundle_id)

    # === UNDER EVERY ADDRESS === #

    def test_an_objection_holds_for_further_addresses_of_the_person(self):
        home = self._create_partner("Home", parent_id=self.single.id, type="other", email="home@example.com")
        letters = self.env["crm.consent.purpose"].create(
            {"name": "Offers", "code": "test_offers", "lawful_basis": "legitimate_interest"}
        )
        self._rule("consent")
        self.assertEqual(self._effect(home, "email", letters.code, at=None), "allow")
        self._identified("objection").action_answer()
        self.assertEqual(self._effect(home, "email", letters.code, at=None), "refuse")

    def test_an_objection_to_a_purpose_that_was_archived_is_none_to_all(self):
        beer, wine = self.env["crm.consent.purpose"].create(
            [{"name": name, "code": f"test_{name}"} for name in ("beer", "wine")]
        )
        request = self._identified("objection", purpose_ids=[Command.set(beer.ids)])
        beer.active = False
        self.env.invalidate_all()
        request.action_answer()
        said = self.env["crm.consent"].search([("partner_id", "=", self.single.id)])
        self.assertEqual((said.purpose_id, said.state), (beer, "withdrawn"))

    def test_a_restriction_holds_for_further_addresses_of_a_colleague(self):
        """Their company is somebody else, so it would not be found there."""
        home = self._create_partner("Home", parent_id=self.person.id, type="other", email="home@example.com")
        request = self._identified("restriction", partner=self.person)
        request.action_answer()
        self.assertEqual((self._effect(home), self._effect(self.company_partner)), ("refuse", "allow"))
        request.action_lift_restriction()
        self.assertEqual(self._effect(home), "allow")

    # === REMINDER === #

    def test_the_reminder_follows_the_day_of_receipt(self):
        request = self._file()
        request.date_received = self._ago(10)
        self.assertEqual(request.activity_ids.date_deadline, request.date_due - timedelta(days=7))

    def test_an_officer_of_the_company_answers(self):
        """Who works elsewhere could not even open the request."""
        abroad = self.env["res.company"].create({"name": "Abroad"})
        values = {"company_id": abroad.id, "company_ids": [Command.set(abroad.ids)]}
        theirs = self._create_user("officer_abroad", "crm_relations.group_privacy", **values)
        clerk = self._create_user("agent_abroad", "crm_relations.group_user", **values)
        self.assertIn(self.env.company, self._file(user=self.agent).sudo().user_id.company_ids)
        self.assertEqual(self._file("erasure", user=clerk).sudo().user_id, theirs)

    def test_the_reminder_goes_to_who_answers_now(self):
        other = self._create_user("officer_two", "crm_relations.group_privacy")
        request = self._file()
        call = request.activity_schedule("mail.mail_activity_data_todo", summary="Ask back", user_id=self.officer.id)
        call.automated = False
        request.user_id = other
        self.assertEqual((request.activity_ids - call).user_id, other)
        self.assertEqual((call.user_id, call.summary), (self.officer, "Ask back"))


@tagged("post_install", "-at_install")
class TestPrivacyMerge(PrivacyCommon):
    """One person twice in the database, who asked twice."""

    def test_open_requests_of_one_kind_become_one(self):
        twin = self._create_partner("Twin of the single")
        later = self._file(partner=self.single, date_received=self._ago(2))
        earlier = self._file(partner=twin, date_received=self._ago(9), details="My second address")
        other = self._file("erasure", partner=twin)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.single | twin).ids, self.single)
        self.assertEqual((earlier | later | other).partner_id, self.single)
        self.assertEqual([one.state for one in (earlier, later, other)], ["new", "withdrawn", "new"])
        self.assertEqual(later.date_closed, self._today())
        self.assertIn(f"Asked again as {later.name}", earlier.message_ids[0].body)
