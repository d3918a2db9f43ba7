from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .test_intake import IntakeCommon, mail


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

    def test_what_is_to_mind_goes_on(self):
        self.first.write(
            {"is_vulnerable": True, "vulnerability_note": "Hardly hears", "representative_id": self.boris.id,
             "representative_authority": "Son", "product_reference": "L1"}
        )  # fmt: skip
        self._merge(self.first, self.second)
        self.assertEqual((self.second.is_vulnerable, self.second.vulnerability_note), (True, "Hardly hears"))
        self.assertEqual((self.second.representative_id, self.second.representative_authority), (self.boris, "Son"))
        self.assertEqual(self.second.product_reference, "L1")
        self.assertTrue(self.second.with_user(self.boris_user).has_access("read"))

    def test_the_first_acknowledgement_counts(self):
        """The customer was told of the first; the second is not late because the receipt became an earlier one."""
        self.company.complaint_auto_acknowledge = True
        with freeze_time("2026-03-02 09:00:00"):
            self.first._register_acknowledgement("letter")
        self._merge(self.first, self.second)
        self.assertEqual((self.second.phase, self.second.acknowledge_channel), ("acknowledged", "letter"))
        self.assertEqual(str(self.second.date_acknowledged), "2026-03-02 09:00:00")
        clock = self.second.sudo().clock_ids.filtered(lambda clock: clock.rule_id.stop_event == "acknowledged")
        self.assertEqual(set(clock.mapped("state")), {"met"})

    def test_nor_when_both_were_acknowledged(self):
        for complaint, moment in ((self.first, "2026-03-02 09:00:00"), (self.second, "2026-03-05 09:00:00")):
            with freeze_time(moment):
                complaint._register_acknowledgement("phone")
        self._merge(self.first, self.second)
        clock = self.second.sudo().clock_ids.filtered(lambda clock: clock.rule_id.stop_event == "acknowledged")
        self.assertEqual([str(moment) for moment in clock.mapped("date_start")], ["2026-03-02 08:00:00"])
        self.assertEqual([str(moment) for moment in clock.mapped("date_stop")], ["2026-03-02 09:00:00"])
        self.assertEqual(clock.mapped("state"), ["met"])

    def test_the_second_stage_is_not_left_by_merging(self):
        self.first.sudo()._write_move({"is_review": True, "user_id": self.lead.id})
        self.first.sudo()._write_move({"first_handler_ids": [Command.link(self.clerk.id)]})
        with self.assertRaisesRegex(UserError, "second stage: let it go on"):
            self._merge(self.first, self.second, self.lead)
        self._merge(self.second, self.first, self.lead)
        self.assertEqual((self.second.merged_into_id, self.first.is_review), (self.first, True))

    def test_merged_is_not_reopened(self):
        self.first.severity = "2_moderate"
        self._merge(self.first, self.second)
        wizard = self.env["crm.complaint.reopen"].with_user(self.clerk)
        with self.assertRaisesRegex(UserError, f"merged into {self.second.code}: go on there"):
            wizard.create({"complaint_ids": self.first.ids, "reason": "x"}).action_confirm()
        self.assertEqual(self.first.phase, "closed")

    def test_the_customer_writes_on_the_page_of_the_merged_one(self):
        self._merge(self.first, self.second)
        message = self.first.with_user(self.ana_user).message_post(
            body="And the lid, too", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(message.res_id, self.second.id)
        self.assertTrue(self.second.date_customer_wrote)
        note = self.first.with_user(self.clerk).message_post(body="Of the staff, for the file")
        self.assertEqual(note.res_id, self.first.id)

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
        self.first.write({"is_vulnerable": True, "vulnerability_note": "Hardly hears"})
        wizard = self.env["crm.complaint.split"].with_user(self.clerk).with_context(active_id=self.first.id)
        action = wizard.create({"point_ids": [Command.set(rude.ids)]}).action_confirm()
        part = self.env["crm.complaint"].browse(action["res_id"])
        self.assertEqual((part.name, part.parent_id, part.partner_id), ("Rude on the phone", self.first, self.ana))
        self.assertEqual((part.date_received, part.phase), (self.first.date_received, "acknowledged"))
        self.assertEqual((part.point_ids, self.first.point_ids), (rude, leak))
        self.assertEqual((part.is_vulnerable, part.vulnerability_note), (True, "Hardly hears"))
        with self.assertRaisesRegex(UserError, "At least one point stays"):
            self.first._split(leak, "all")

    def test_a_part_was_acknowledged_with_the_whole(self):
        """And stays in the stage of the whole; the day on which it was split off makes nothing late."""
        points = self.env["crm.complaint.point"].create(
            [{"complaint_id": self.first.id, "name": name} for name in ("It leaks", "Rude")]
        )
        with freeze_time("2026-03-02 09:00:00"):
            self.first._register_acknowledgement("letter")
        self.first.sudo()._write_move({"user_id": self.lead.id})
        self.first.sudo()._write_move({"is_review": True, "first_handler_ids": [Command.link(self.clerk.id)]})
        part = self.first.with_user(self.lead)._split(points[0].with_user(self.lead), "Leaks").sudo()
        self.assertEqual((str(part.date_acknowledged), part.acknowledge_channel), ("2026-03-02 09:00:00", "letter"))
        clock = part.clock_ids.filtered(lambda clock: clock.rule_id.stop_event == "acknowledged")
        self.assertEqual(clock.mapped("state"), ["met"])
        self.assertEqual((part.is_review, part.first_handler_ids), (True, self.clerk))
        self.assertIn(f"with {self.first.code}", " ".join(part.message_ids.mapped("body")))

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
