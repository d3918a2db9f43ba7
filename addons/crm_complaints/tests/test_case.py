from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, freeze_time, tagged
from odoo.tools.translate import code_translations

from ..tools import points
from .common import ComplaintsCommon


@tagged("post_install", "-at_install", "pure")
class TestPointRules(BaseCase):
    def test_the_whole_follows_from_the_parts(self):
        for decisions, expected in (
            ([], None),
            (["upheld"], "upheld"),
            (["upheld", "upheld"], "upheld"),
            (["not_upheld", "not_upheld"], "not_upheld"),
            (["upheld", "not_upheld"], "partly"),
            (["partly", "upheld"], "partly"),
            (["upheld", False], None),
        ):
            self.assertEqual(points.overall(decisions), expected, decisions)


@tagged("post_install", "-at_install")
class TestPoints(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaint = cls._complaint(
            severity="2_moderate", decision_reason="The seal was missing.", response="<p>A new kettle.</p>"
        )
        cls.complaint._register_acknowledgement("phone")
        cls.complaint.action_investigate()
        cls.leak, cls.rude = (
            cls.env["crm.complaint.point"]
            .with_user(cls.clerk)
            .create([{"complaint_id": cls.complaint.id, "name": name} for name in ("It leaks", "Rude on the phone")])
        )

    def test_no_answer_while_a_point_is_open(self):
        self.leak.write({"finding": "No seal", "decision": "upheld"})
        self.rude.decision = "not_upheld"
        with self.assertRaisesRegex(UserError, "without a finding and a decision: Rude on the phone"):
            self.complaint.action_propose()
        self.assertEqual(self.complaint.phase, "investigation")
        self.rude.finding = "The recording is friendly"
        self.complaint.action_propose()
        self.assertEqual((self.complaint.phase, self.complaint.decision), ("response", "partly"))

    def test_the_whole_agrees_with_the_points(self):
        (self.leak | self.rude).write({"finding": "x", "decision": "upheld"})
        self.complaint.decision = "not_upheld"
        with self.assertRaisesRegex(UserError, "amount to 'Upheld'"):
            self.complaint.action_propose()
        self.assertEqual(self.complaint.phase, "investigation")

    def test_answered_points_stay_as_they_were(self):
        (self.leak | self.rude).write({"finding": "x", "decision": "upheld"})
        self.complaint.action_propose()
        for change in (
            lambda: self.leak.write({"decision": "not_upheld"}),
            self.leak.unlink,
            lambda: self.leak.create({"complaint_id": self.complaint.id, "name": "More"}),
        ):
            with self.assertRaisesRegex(UserError, "were answered"), self.cr.savepoint():
                change()
        self.assertEqual(self.leak.decision, "upheld")

    def test_withdrawing_needs_no_finding(self):
        self.complaint._move_to("closed", "withdrawn", "Called it off")
        self.assertEqual(self.complaint.outcome, "withdrawn")

    def test_points_are_seen_by_who_sees_the_complaint(self):
        self.complaint.sudo().message_unsubscribe(self.complaint.message_partner_ids.ids)
        for user, seen in ((self.clerk, 2), (self.other, 0), (self.lead, 2), (self.auditor, 2)):
            found = self.env["crm.complaint.point"].with_user(user).search_count(
                [("complaint_id", "=", self.complaint.id)]
            )  # fmt: skip
            self.assertEqual(found, seen, user.login)
        with self.assertRaises(AccessError):
            self.leak.with_user(self.auditor).write({"finding": "x"})
        with self.assertRaises(AccessError):
            self.leak.with_user(self.ana_user).read(["name"])
        with self.assertRaises(AccessError):
            self.complaint.with_user(self.ana_user).read(["point_ids"])


@tagged("post_install", "-at_install")
class TestSecondStage(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.write({"user_id": cls.lead.id, "member_ids": [Command.link(cls.clerk.id)]})
        cls.complaint = cls._answered()

    def _unhappy(self, reason="The new one leaks too"):
        self.complaint.sudo()._customer_is_unhappy(reason)
        self.complaint.invalidate_recordset()

    def test_another_person_looks_again(self):
        self._unhappy()
        complaint = self.complaint.sudo()
        self.assertEqual((complaint.phase, complaint.is_review, complaint.user_id), ("assessed", True, self.lead))
        self.assertEqual(complaint.first_handler_ids, self.clerk)
        self.assertEqual((complaint.first_decision, complaint.decision), ("upheld", False))
        self.assertFalse(complaint.date_responded)
        self.assertIn("The new one leaks too", " ".join(complaint.message_ids.mapped("body")))
        self.assertIn("You get a new kettle.", " ".join(complaint.message_ids.mapped("body")))
        self.assertEqual(complaint.activity_ids.user_id, self.lead)

    def test_who_handled_it_before_does_not_answer(self):
        self._unhappy()
        complaint = self.complaint.with_user(self.lead)
        with self.assertRaisesRegex(ValidationError, "another person's"):
            complaint.user_id = self.clerk
        complaint.write({"decision": "not_upheld", "decision_reason": "x", "response": "<p>y</p>"})
        complaint.action_investigate()
        self.complaint.message_subscribe(self.clerk.partner_id.ids)
        with self.assertRaisesRegex(UserError, "second stage"):
            self.complaint.with_user(self.clerk).action_propose()
        complaint.action_propose()
        self.assertEqual(complaint.phase, "response")

    def test_who_is_told_reads_the_own_language(self):
        """Not that of the customer who pressed the button."""
        self.env["res.lang"]._activate_lang("sk_SK")
        english, slovak = "Second stage: the customer does not agree", "Druhý stupeň: zákazník nesúhlasí"
        other = self._answered()

        def translations(_self, _module, lang):
            return {english: slovak} if lang == "sk_SK" else {}

        with patch.object(type(code_translations), "get_python_translations", translations):
            self.complaint.with_context(lang="sk_SK").sudo()._customer_is_unhappy("")
            self.lead.lang = "sk_SK"
            other.sudo()._customer_is_unhappy("")
        self.assertEqual(self.complaint.sudo().activity_ids.mapped("summary"), [english])
        self.assertEqual(other.sudo().activity_ids.mapped("summary"), [slovak])

    def test_another_answer_is_not_accepted_yet(self):
        self.complaint.sudo()._customer_accepts()
        self.complaint._move_to("closed", "settled")
        self.assertTrue(self.complaint.date_accepted)
        self.complaint._move_to("investigation", reason="The new one leaks")
        self.complaint.action_propose()
        self.assertFalse(self.complaint.date_accepted)
        self.complaint.sudo()._customer_accepts()
        self.assertTrue(self.complaint.date_accepted)

    def test_who_answered_is_gone(self):
        self.complaint.sudo().user_id = False
        self._unhappy()
        self.assertEqual((self.complaint.phase, self.complaint.user_id), ("assessed", self.lead))

    def test_after_closing_within_the_time_of_the_company(self):
        self.complaint._move_to("closed", "settled")
        self.company.complaint_review_days = 10
        with freeze_time(fields.Datetime.now() + timedelta(days=11)), self.assertRaises(UserError):
            self.complaint.sudo()._customer_is_unhappy("late")
        self.assertEqual(self.complaint.phase, "closed")
        with freeze_time(fields.Datetime.now() + timedelta(days=9)):
            self._unhappy()
        complaint = self.complaint.sudo()
        self.assertEqual((complaint.phase, complaint.reopen_count), ("assessed", 1))

    def test_settled_on_the_spot_without_severity(self):
        complaint = self._complaint(decision="upheld", decision_reason="sorry")
        complaint._move_to("closed", "settled")
        complaint.sudo()._customer_is_unhappy("")
        self.assertEqual((complaint.phase, complaint.severity), ("assessed", "2_moderate"))

    def test_only_once_and_not_before_an_answer(self):
        with self.assertRaises(UserError):
            self._complaint().sudo()._customer_is_unhappy("")
        withdrawn = self._complaint()
        withdrawn._move_to("closed", "withdrawn", "x")
        with self.assertRaises(UserError):
            withdrawn.sudo()._customer_is_unhappy("")
        self._unhappy()
        complaint = self.complaint.with_user(self.lead)
        complaint.write({"decision": "not_upheld", "decision_reason": "x", "response": "<p>y</p>"})
        complaint.action_investigate()
        complaint.action_propose()
        self.assertFalse(complaint._can_review())
        with self.assertRaises(UserError):
            self._unhappy()

    def test_all_who_were_responsible_are_first_handlers(self):
        self.complaint.with_user(self.lead).user_id = self.other
        self._unhappy()
        self.assertEqual(self.complaint.sudo().first_handler_ids, self.clerk | self.other)

    def test_accepting(self):
        self.complaint.sudo()._customer_accepts()
        self.assertTrue(self.complaint.date_accepted)
        self.assertEqual(self.complaint.activity_ids.user_id, self.clerk)
        self.assertEqual(self.complaint.message_ids[0].author_id, self.ana)
        with self.assertRaises(UserError):
            self.complaint.sudo()._customer_accepts()
        with self.assertRaises(UserError):
            self._complaint().sudo()._customer_accepts()

    def test_nobody_writes_what_the_customer_says(self):
        for name, value in (
            ("date_accepted", fields.Datetime.now()),
            ("satisfaction_process", "5"),
            ("is_review", True),
            ("first_handler_ids", [Command.clear()]),
            ("merged_into_id", self.complaint.id),
        ):
            with self.assertRaises(UserError):
                self.complaint.with_user(self.admin).write({name: value})
        self.assertFalse(self.complaint.date_accepted or self.complaint.satisfaction_process)

    def test_rating_asks_handling_and_outcome_apart_once(self):
        complaint = self.complaint.sudo()
        with self.assertRaises(UserError):
            complaint._customer_rates("5", "1")
        complaint._move_to("closed", "settled")
        for process, outcome in (("6", "1"), ("", "1"), ("5", "x")):
            with self.assertRaises(UserError):
                complaint._customer_rates(process, outcome)
        complaint._customer_rates("5", "1", "Friendly, but no refund")
        self.assertEqual((complaint.satisfaction_process, complaint.satisfaction_outcome), ("5", "1"))
        with self.assertRaises(UserError):
            complaint._customer_rates("1", "1")
        self.assertEqual((complaint.satisfaction_process, complaint.satisfaction_outcome), ("5", "1"))

    def test_the_question_is_sent_once_where_the_company_wants_it(self):
        self.company.complaint_ask_rating = True
        mails = [("model", "=", "crm.complaint"), ("res_id", "=", self.complaint.id), ("subject", "like", "How did we")]
        self.complaint._move_to("closed", "settled")
        self.complaint._move_to("assessed", reason="look again")
        self.complaint._move_to("closed", "settled")
        self.assertEqual(self.env["mail.mail"].search_count(mails), 1)
        other = self._complaint()
        other._move_to("closed", "withdrawn", "x")
        restricted = self._complaint(decision="upheld", decision_reason="No seal", response="<p>z</p>")
        restricted.partner_id.sudo().crm_restricted = True
        restricted._move_to("closed", "settled")
        for quiet in (other, restricted):
            self.assertFalse(
                self.env["mail.mail"].search([("res_id", "=", quiet.id), ("subject", "like", "How did we")])
            )

    def test_who_said_no_is_not_asked(self):
        """Saying nothing is no "no": the question belongs to the complaint. Each "no" is written down."""
        self.company.complaint_ask_rating = True
        surveys = self.env.ref("crm_relations.consent_purpose_survey")
        customers = self.env["res.partner"].create(
            [
                {"name": name, "email": f"{name}@rating.example.com"}
                for name in ("silent", "withdrew", "left_alone", "no_advertising", "excluded")
            ]
        )
        silent, withdrew, left_alone, no_advertising, excluded = customers
        self.env["crm.consent"].create({"partner_id": withdrew.id, "purpose_id": surveys.id, "state": "withdrawn"})
        left_alone.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked"})
        no_advertising.write({"crm_no_contact": "marketing", "crm_no_contact_reason": "Asked"})
        self.env["mail.blacklist"]._add(excluded.email)
        complaints = self.env["crm.complaint"].union(
            *(
                self._complaint(
                    partner_id=customer.id, decision="upheld", decision_reason="No seal", response="<p>A new one.</p>"
                )
                for customer in customers
            )
        )
        for complaint in complaints:
            complaint._move_to("closed", "settled")
        mails = self.env["mail.mail"].search(
            [("model", "=", "crm.complaint"), ("res_id", "in", complaints.ids), ("subject", "like", "How did we")]
        )
        self.assertEqual(mails.mapped("res_id"), complaints[0].ids)
        self.assertEqual(complaints.filtered("date_rating_asked"), complaints[0])
        decisions = self.env["crm.contact.decision"].search([("partner_id", "in", customers.ids)])
        self.assertEqual(decisions.partner_id, customers - silent)
        self.assertEqual(set(decisions.mapped("effect")), {"refuse"})

    def test_a_no_counts_for_the_address_when_no_customer_is_named(self):
        self.company.complaint_ask_rating = True
        customer = self.env["res.partner"].create(
            {
                "name": "Left Alone",
                "email": "alone@rating.example.com",
                "crm_no_contact": "all",
                "crm_no_contact_reason": "Asked",
            }
        )
        complaint = self._complaint(
            partner_id=False,
            email_from="alone@rating.example.com",
            decision="upheld",
            decision_reason="No seal",
            response="<p>A new one.</p>",
        )
        complaint._move_to("closed", "settled")
        self.assertFalse(complaint.date_rating_asked)
        self.assertEqual(self.env["crm.contact.decision"].search([("partner_id", "=", customer.id)]).channel, "email")
