from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestConfidential(ComplaintsCommon):
    """The employee complained about, here one who otherwise sees everything, meets the complaint nowhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaint = cls._complaint(cls.other, name="The team leader shouted", severity="3_major")
        cls.accused = cls.lead
        cls.team.user_id = cls.accused
        cls.complaint.message_subscribe(cls.accused.partner_id.ids)
        cls.note = cls.complaint.message_post(
            body="A witness says so", partner_ids=cls.accused.partner_id.ids, attachments=[("w.txt", b"witness")]
        )
        cls.complaint.activity_schedule(
            "mail.mail_activity_data_todo", user_id=cls.accused.id, summary="Call the witness"
        )
        # with these he would see the timelines and export lists
        for user in (cls.accused, cls.admin):
            user.group_ids += cls.env.ref("base.group_allow_export") + cls.env.ref("crm_relations.group_user_all")
        cls.point = cls.env["crm.complaint.point"].create({"complaint_id": cls.complaint.id, "name": "Shouting"})
        cls.complaint.with_user(cls.other).accused_user_ids = cls.accused
        cls.env.flush_all()
        cls.env.invalidate_all()

    def _env(self, model):
        return self.env[model].with_user(self.accused)

    def test_search_read_group_name_export(self):
        complaints = self._env("crm.complaint")
        mine = [("id", "=", self.complaint.id)]
        self.assertFalse(complaints.with_context(active_test=False).search(mine))
        self.assertEqual(complaints.search_count(mine), 0)
        self.assertEqual(complaints._read_group(mine, [], ["__count"]), [(0,)])
        self.assertFalse(complaints.name_search("shouted"))
        self.assertFalse(complaints.search([("display_name", "ilike", self.complaint.code)]))
        self.assertFalse(complaints.web_search_read(mine, {"name": {}})["records"])
        for call in (
            lambda record: record.read(["name"]),
            lambda record: record.export_data(["name"]),
            lambda record: record.write({"name": "x"}),
            lambda record: record.message_post(body="x"),
            lambda record: record.get_portal_url(),
        ):
            with self.assertRaises(AccessError):
                call(complaints.browse(self.complaint.id))
        # and everybody else goes on
        for user in (self.other, self.admin, self.auditor):
            self.assertTrue(self.complaint.with_user(user).has_access("read"), user.login)

    def test_chatter_files_and_notifications(self):
        with self.assertRaises(AccessError):
            self._env("mail.message").browse(self.note.id).read(["body"])
        self.assertFalse(self._env("mail.message").search([("body", "ilike", "witness")]))
        with self.assertRaises(AccessError):
            self._env("ir.attachment").browse(self.note.attachment_ids.id).read(["raw"])
        self.assertFalse(self._env("ir.attachment").search([("name", "=", "w.txt")]))
        self.assertNotIn(self.accused.partner_id, self.note.notification_ids.res_partner_id)
        self.assertNotIn(self.accused.partner_id, self.complaint.message_partner_ids)

    def test_audit_log(self):
        """An accused who reads the audit log sees that something changed, and nothing of what; others see it."""
        remedy = self.env["crm.complaint.remedy"].create(
            {"complaint_id": self.complaint.id, "kind": "gift", "reason": "For the shouting"}
        )
        self.complaint.name = "The team leader shouted twice"
        self.env.flush_all()
        audit = self.env.ref("crm_relations.group_audit")
        (self.accused | self.admin).group_ids += audit
        for record, word in ((self.complaint, "shouted twice"), (self.point, "Shouting"), (remedy, "For the shouting")):
            entries = self.env["crm.audit.entry"].search(
                [("res_model", "=", record._name), ("res_id", "=", record.id)]
            )
            self.assertIn(word, "".join(entries.with_user(self.admin).mapped("changes")))
            hidden = entries.with_user(self.accused)
            self.assertEqual(set(hidden.mapped("changes")), {"You may not see this document."})
            self.assertNotIn("shout", "".join(hidden.mapped("document")).lower())

    def test_activities(self):
        self.assertFalse(self._env("mail.activity").search([("res_model", "=", "crm.complaint")]))
        self.assertEqual(self.complaint.activity_ids.user_id, self.other)
        activity = self.complaint.activity_schedule("mail.mail_activity_data_todo", user_id=self.accused.id)
        self.assertEqual(activity.user_id, self.other)
        activity.user_id = self.accused
        self.assertEqual(activity.user_id, self.other)

    def test_timeline_and_counts_of_the_customer(self):
        timeline = self.env["crm.timeline"].with_user(self.admin).search([("res_model", "=", "crm.complaint")])
        self.assertIn(self.complaint.id, timeline.mapped("res_id"))
        seen = self._env("crm.timeline").search([("res_model", "=", "crm.complaint")])
        self.assertNotIn(self.complaint.id, seen.mapped("res_id"))
        partner = self._env("res.partner").browse(self.ana.id)
        self.assertEqual(partner.complaint_count, 0)

    def test_what_hangs_on_it(self):
        for model in (
            "crm.complaint.point",
            "crm.complaint.clock",
            "crm.complaint.letter",
            "crm.complaint.intake",
        ):
            self.assertEqual(self._env(model).search_count([("complaint_id", "=", self.complaint.id)]), 0, model)
        with self.assertRaises(AccessError):
            self._env("crm.complaint.point").browse(self.point.id).read(["name"])

    def test_reports(self):
        for report in ("crm_complaints.report_register", "crm_complaints.report_letter"):
            with self.assertRaises(AccessError):
                self._env("ir.actions.report")._render_qweb_html(report, self.complaint.ids)

    def test_never_responsible_never_follower_never_told(self):
        with self.assertRaises(ValidationError):
            self.complaint.with_user(self.admin).user_id = self.accused
        self.complaint.with_user(self.admin).message_subscribe(self.accused.partner_id.ids)
        self.assertNotIn(self.accused.partner_id, self.complaint.message_partner_ids)
        message = self.complaint.message_post(body="x", partner_ids=self.accused.partner_id.ids)
        self.assertNotIn(self.accused.partner_id, message.notified_partner_ids)

    def test_escalation_goes_round_the_accused(self):
        self.complaint.user_id = False
        with freeze_time(fields.Datetime.now() + timedelta(days=400)), self.enter_registry_test_mode():
            self.env.ref("crm_complaints.ir_cron_clock").method_direct_trigger()
        self.env.invalidate_all()
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "crm.complaint"), ("res_id", "=", self.complaint.id)]
        )
        self.assertNotIn(self.accused, activities.user_id)

    def test_the_customer_is_unhappy_and_the_accused_leader_does_not_review(self):
        self.point.unlink()
        self.complaint.write({"decision": "not_upheld", "decision_reason": "x", "response": "<p>No</p>"})
        self.complaint._register_acknowledgement("phone")
        self.complaint.action_investigate()
        self.complaint.action_propose()
        self.complaint.sudo()._customer_is_unhappy("")
        self.assertNotIn(self.complaint.user_id, self.accused | self.other)

    def test_nobody_accuses_himself_and_the_merged_keeps_the_secret(self):
        with self.assertRaises(UserError):
            self._complaint(accused_user_ids=[Command.link(self.clerk.id)])
        target = self._complaint(self.other, name="Again")
        (self.complaint | target).with_user(self.other)._merge_into(target.with_user(self.other))
        self.assertFalse(target.with_user(self.accused).has_access("read"))

    def test_a_copy_keeps_the_secret(self):
        copy = self.complaint.with_user(self.other).copy()
        self.assertEqual(copy.accused_user_ids, self.accused)
        self.assertFalse(copy.with_user(self.accused).has_access("read"))

    def test_who_is_away_learns_nothing_on_return(self):
        """An archived user is complained about as before, and so in what is merged, split off or a part."""
        self.accused.sudo().active = False
        self.assertEqual(self.complaint.accused_user_ids, self.accused)
        target = self._complaint(self.other, name="Again")
        (self.complaint | target).with_user(self.other)._merge_into(target.with_user(self.other))
        points = self.env["crm.complaint.point"].with_user(self.other)
        points.create({"complaint_id": target.id, "name": "Rude, too"})
        part = target.with_user(self.other)._split(self.point.with_user(self.other), "Shouting")
        self.accused.sudo().active = True
        self.env.invalidate_all()
        for complaint in (self.complaint, target, part):
            self.assertFalse(complaint.with_user(self.accused).has_access("read"), complaint.name)

    def test_parts_share_the_secret(self):
        whole = self._complaint(self.other, name="The whole")
        self.complaint.with_user(self.other).parent_id = whole
        self.assertFalse(whole.with_user(self.accused).has_access("read"))
        part = self._complaint(self.other, name="Another part", parent_id=whole.id)
        self.assertFalse(part.with_user(self.accused).has_access("read"))

    def test_own_words_stay_readable_to_who_wrote_them_but_lead_nowhere(self):
        """A message is its author's: what the accused wrote before stays, without a way to the complaint."""
        complaint = self._complaint(self.other, name="Secret subject")
        own = complaint.with_user(self.lead).message_post(body="I called the customer")
        complaint.with_user(self.other).accused_user_ids = self.lead
        self.env.invalidate_all()
        self.assertFalse(complaint.with_user(self.lead).has_access("read"))
        self.assertIn("I called", own.with_user(self.lead).body)
