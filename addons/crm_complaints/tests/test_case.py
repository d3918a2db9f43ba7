from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, freeze_time, tagged

from ..tools import points
from .common import ComplaintsCommon
from .test_intake import IntakeCommon, mail


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


@tagged("post_install", "-at_install")
class TestMerge(IntakeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.complaint_auto_acknowledge = False
        cls.first = cls._complaint(name="By phone", date_received="2026-03-02 08:00:00", description="<p>It leaks</p>")
        cls.second = cls._complaint(name="By mail", date_received="2026-03-05 08:00:00", safety_risk=True)

    def _merge(self, sources, target, user=None):
        wizard = Form(
            self.env["crm.complaint.merge"]
            .with_user(user or self.clerk)
            .with_context(active_ids=(sources | target).ids, active_model="crm.complaint")
        )
        wizard.target_id = target
        wizard.save().action_confirm()

    def test_the_earliest_receipt_wins_and_nothing_is_lost(self):
        message = self.first.message_post(
            body="Call me", message_type="comment", subtype_xmlid="mail.mt_comment", attachments=[("a.txt", b"a")]
        )
        self.first.activity_schedule("mail.mail_activity_data_todo", user_id=self.clerk.id)
        self.first.message_subscribe(self.other.partner_id.ids)
        point = self.env["crm.complaint.point"].create({"complaint_id": self.first.id, "name": "p"})
        self._merge(self.first, self.second)
        self.assertEqual(str(self.second.date_received), "2026-03-02 08:00:00")
        self.assertEqual((self.first.merged_into_id, self.first.active), (self.second, False))
        self.assertEqual((self.first.phase, self.first.outcome), ("closed", "withdrawn"))
        self.assertEqual((message.res_id, message.attachment_ids.res_id), (self.second.id, self.second.id))
        self.assertEqual((len(self.second.activity_ids), point.complaint_id), (1, self.second))
        self.assertIn(self.other.partner_id, self.second.message_partner_ids)
        self.assertIn("It leaks", " ".join(self.second.message_ids.mapped("body")))
        self.assertTrue(self.second.safety_risk)

    def test_default_is_the_earliest(self):
        wizard = (
            self.env["crm.complaint.merge"]
            .with_user(self.clerk)
            .with_context(active_ids=(self.second | self.first).ids)
            .create({})
        )
        self.assertEqual(wizard.target_id, self.first)

    def test_ledger_rows_follow_and_answers_reach_the_survivor(self):
        arrived = self._receive(mail(700, sender="ana@acme.example.com")).complaint_id
        sent = arrived.message_post(body="Which one?", message_type="comment", subtype_xmlid="mail.mt_comment")
        self._merge(arrived, self.second, self.lead)
        self.assertEqual(self.second.sudo().intake_ids.mapped("message_id"), ["<m700@example.com>"])
        extra = f"In-Reply-To: {sent.message_id}\r\n"
        answer = self._receive(mail(701, sender="ana@acme.example.com", extra=extra, body="The red one"), model=None)
        self.assertEqual(answer.complaint_id, self.second)

    def test_no_circles(self):
        self._merge(self.first, self.second)
        with self.assertRaisesRegex(UserError, "Already merged"):
            self._merge(self.second, self.first)
        with self.assertRaisesRegex(UserError, "Already merged"):
            self.first._merge_into(self._complaint())
        with self.assertRaisesRegex(UserError, "at least two"):
            self._merge(self.second, self.second)
        self.assertFalse(self.second.merged_into_id)

    def test_not_across_complainants_or_companies(self):
        boriss = self._complaint(partner_id=self.boris.id)
        with self.assertRaisesRegex(UserError, "different complainants"):
            self._merge(boriss, self.first)
        company = self.env["res.company"].create({"name": "Second"})
        foreign = self.env["crm.complaint"].create({"name": "x", "company_id": company.id})
        with self.assertRaisesRegex(UserError, "different companies"):
            (foreign | self.first)._merge_into(self.first)
        self.assertFalse((boriss | foreign).merged_into_id)

    def test_not_what_two_strangers_wrote(self):
        strangers = [
            self._complaint(partner_id=False, partner_name=name, email_from=f"{name}@example.com")
            for name in ("eva", "uwe", "ana")
        ]
        for source, target in ((strangers[0], strangers[1]), (strangers[0], self.first)):
            with self.assertRaisesRegex(UserError, "different complainants"):
                self._merge(source, target)
        self.ana.email = "ana@example.com"  # known by this address, too
        self._merge(strangers[2], self.first)
        self.assertEqual(strangers[2].merged_into_id, self.first)

    def test_an_open_one_does_not_end_in_a_closed_one(self):
        self.first._move_to("closed", "withdrawn", "x")
        with self.assertRaisesRegex(UserError, "is closed: let an open one go on"):
            self._merge(self.second, self.first)
        self.assertEqual(self.second.phase, "received")
        wizards = self.env["crm.complaint.merge"].with_user(self.clerk)
        wizard = wizards.with_context(active_ids=(self.first | self.second).ids).create({})
        self.assertEqual(wizard.target_id, self.second)

    def test_promises_money_and_actions_follow(self):
        promises = self.env["crm.complaint.promise"].with_user(self.clerk)
        promise = promises.create({"name": "Call back", "complaint_id": self.first.id})
        remedy = self.env["crm.complaint.remedy"].create(
            {"complaint_id": self.first.id, "kind": "gift", "amount": 50, "reason": "x"}
        )
        remedy._write_step({"state": "done"})
        action = self.env["crm.complaint.action"].create(
            {"name": "x", "cause_id": self.env["crm.complaint.cause"].create({"name": "x"}).id,
             "date_due": "2026-06-30", "complaint_ids": self.first.ids}
        )  # fmt: skip
        self.first.cost, self.second.cost = 10, 5
        self._merge(self.first, self.second)
        self.assertEqual((promise.complaint_id, remedy.complaint_id), (self.second, self.second))
        self.assertIn(self.second, action.complaint_ids)
        self.assertEqual((self.second.cost, self.second.remedy_amount, self.second.cost_total), (15, 50, 65))
        self.assertEqual((self.first.cost, self.first.cost_total), (0, 0))

    def test_not_what_one_may_not_change(self):
        his = self._complaint(self.other)
        with self.assertRaises(AccessError):
            (his.with_user(self.clerk) | self.first)._merge_into(self.first.with_user(self.clerk))
        with self.assertRaises(AccessError):
            (self.second | self.first).with_user(self.auditor)._merge_into(self.first.with_user(self.auditor))
        self.assertFalse(his.merged_into_id)

    def test_split(self):
        names = ("It leaks", "Rude on the phone")
        leak, rude = self.env["crm.complaint.point"].create(
            [{"complaint_id": self.first.id, "name": name} for name in names]
        )
        self.first._register_acknowledgement("phone")
        wizard = self.env["crm.complaint.split"].with_user(self.clerk).with_context(active_id=self.first.id)
        action = wizard.create({"point_ids": [Command.set(rude.ids)]}).action_confirm()
        part = self.env["crm.complaint"].browse(action["res_id"])
        self.assertEqual((part.name, part.parent_id, part.partner_id), ("Rude on the phone", self.first, self.ana))
        self.assertEqual((part.date_received, part.phase), (self.first.date_received, "acknowledged"))
        self.assertEqual((part.point_ids, self.first.point_ids), (rude, leak))
        with self.assertRaisesRegex(UserError, "At least one point stays"):
            self.first._split(leak, "all")

    def test_the_whole_is_not_closed_before_its_parts(self):
        part = self._complaint(parent_id=self.first.id)
        self.first.write({"decision": "upheld", "decision_reason": "x"})
        with self.assertRaisesRegex(UserError, "has open parts"):
            self.first._move_to("closed", "settled")
        part._move_to("closed", "withdrawn", "x")
        self.first._move_to("closed", "settled")
        self.assertEqual(self.first.phase, "closed")

    def test_links_read_the_same_from_both_ends(self):
        self.first.related_ids = self.second
        self.assertEqual(self.second.related_ids, self.first)
        self.second.related_ids = [Command.unlink(self.first.id)]
        self.assertFalse(self.first.related_ids)
        with self.assertRaises(ValidationError):
            self.first.parent_id = self.first
