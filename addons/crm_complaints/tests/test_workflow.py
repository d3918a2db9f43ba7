from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged, users

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestWorkflow(ComplaintsCommon):
    def _assert_stays(self, complaint, message, move):
        def state():
            complaint.env.flush_all()
            complaint.invalidate_recordset()
            return {
                name: value for name, value in complaint.read()[0].items() if name not in ("write_uid", "write_date")
            }

        before = state()
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            move()
        self.assertEqual(state(), before)

    @users("cmp_clerk")
    def test_from_receipt_to_settlement(self):
        with freeze_time("2026-03-02 08:00:00"):
            complaint = self._complaint()
        with freeze_time("2026-03-02 09:00:00"):
            complaint._register_acknowledgement("phone", "told her the number")
        self.assertEqual(complaint.stage_id, self._stage("acknowledged"))
        complaint.severity = "3_major"
        with freeze_time("2026-03-03 08:00:00"):
            complaint.action_assess()
        with freeze_time("2026-03-04 08:00:00"):
            complaint.action_investigate()
        complaint.write({"decision": "partly", "decision_reason": "Wear", "response": "<p>Half price.</p>"})
        with freeze_time("2026-03-05 08:00:00"):
            complaint.action_propose()
        with freeze_time("2026-03-09 08:00:00"):
            wizard = self.env["crm.complaint.close"].with_context(active_ids=complaint.ids).create({})
            self.assertEqual(wizard.stage_id, self._stage("closed", "settled"))
            self.assertEqual((wizard.decision, wizard.decision_reason), ("partly", "Wear"))
            wizard.note = "She agrees"
            wizard.action_confirm()
        self.assertEqual(
            [
                fields.Datetime.to_string(complaint[name])
                for name in (
                    "date_received",
                    "date_acknowledged",
                    "date_assessed",
                    "date_investigated",
                    "date_responded",
                    "date_closed",
                )
            ],
            [
                "2026-03-02 08:00:00",
                "2026-03-02 09:00:00",
                "2026-03-03 08:00:00",
                "2026-03-04 08:00:00",
                "2026-03-05 08:00:00",
                "2026-03-09 08:00:00",
            ],
        )
        self.assertEqual((complaint.phase, complaint.outcome), ("closed", "settled"))
        self.assertEqual(complaint.closing_note, "She agrees")
        self.assertEqual(complaint.acknowledge_channel, "phone")
        self.assertEqual(complaint.acknowledge_user_id, self.clerk)
        self.assertEqual(complaint.days_open, 7)

    def test_drag_and_drop_obeys_the_same_rules(self):
        complaint = self._complaint()
        self._assert_stays(
            complaint, "the acknowledgement", lambda: complaint.write({"stage_id": self._stage("acknowledged").id})
        )
        self._assert_stays(
            complaint, "Missing: the severity", lambda: complaint.write({"stage_id": self._stage("assessed").id})
        )
        self._assert_stays(
            complaint,
            "Missing: the decision, the reasons",
            lambda: complaint.write({"stage_id": self._stage("closed", "settled").id}),
        )
        self._assert_stays(
            complaint, "cannot go from Received", lambda: complaint.write({"stage_id": self._stage("response").id})
        )
        self._assert_stays(
            complaint, "before an answer", lambda: complaint.write({"stage_id": self._stage("closed", "rejected").id})
        )

    def test_values_and_stage_in_one_write(self):
        complaint = self._complaint()
        complaint.write({"severity": "1_minor", "stage_id": self._stage("assessed").id})
        self.assertEqual(complaint.phase, "assessed")
        self.assertTrue(complaint.date_assessed)

    def test_creation_in_a_later_stage_obeys_too(self):
        with self.assertRaisesRegex(UserError, "the severity"):
            self._complaint(stage_id=self._stage("assessed").id)
        complaint = self._complaint(stage_id=self._stage("assessed").id, severity="1_minor")
        self.assertEqual(complaint.phase, "assessed")
        self.assertTrue(complaint.date_assessed)

    def test_an_investigation_has_an_owner(self):
        complaint = self._complaint(user_id=False, severity="1_minor")
        self._assert_stays(complaint, "a responsible person", complaint.action_investigate)
        complaint.action_take()
        complaint.action_investigate()
        self.assertEqual((complaint.user_id, complaint.phase), (self.clerk, "investigation"))

    def test_rejection_needs_the_decision_to_say_so(self):
        complaint = self._answered()
        rejected = self._stage("closed", "rejected")
        self._assert_stays(complaint, "Not Upheld", lambda: complaint.write({"stage_id": rejected.id}))
        complaint.decision = "not_upheld"
        complaint.stage_id = rejected
        self.assertEqual(complaint.outcome, "rejected")

    def test_closing_several_keeps_what_each_file_says(self):
        first = self._complaint(decision="upheld", decision_reason="The seal")
        second = self._complaint(decision="partly", decision_reason="Wear")
        third = self._complaint(decision="upheld")

        def close(complaints, **values):
            wizards = self.env["crm.complaint.close"].with_user(self.clerk).with_context(active_ids=complaints.ids)
            form = Form(wizards)
            for name, value in values.items():
                form[name] = value
            form.save().action_confirm()

        close(first | third, decision_reason="As the other one")
        self.assertEqual((first | third).mapped("decision_reason"), ["The seal", "As the other one"])
        first.severity = "2_moderate"
        first._move_to("assessed", reason="again")
        close(first | second)
        self.assertEqual((first | second).mapped("decision"), ["upheld", "partly"])
        self.assertEqual((first | second).mapped("decision_reason"), ["The seal", "Wear"])
        self.assertEqual((first | second).mapped("outcome"), ["settled", "settled"])

    def test_withdrawal_needs_a_reason(self):
        complaint = self._complaint()
        self._assert_stays(
            complaint, "a reason", lambda: complaint.write({"stage_id": self._stage("closed", "withdrawn").id})
        )
        wizard = self.env["crm.complaint.close"].with_user(self.clerk).with_context(active_ids=complaint.ids)
        wizard.create({"stage_id": self._stage("closed", "withdrawn").id, "note": "Found it"}).action_confirm()
        self.assertEqual((complaint.outcome, complaint.closing_note), ("withdrawn", "Found it"))
        self.assertFalse(complaint.decision)

    def test_closed_is_closed(self):
        complaint = self._answered()
        complaint._move_to("closed", "settled")
        closed = complaint.date_closed
        self._assert_stays(
            complaint,
            "already closed",
            lambda: complaint.write({"stage_id": self._stage("closed", "withdrawn").id}),
        )
        complaint._move_to("closed", "settled")  # the same stage again: nothing to do
        self.assertEqual(complaint.date_closed, closed)

    def test_from_the_archive_too(self):
        complaint = self._complaint(severity="2_moderate", active=False)

        def confirm(name, **values):
            wizard = self.env[f"crm.complaint.{name}"].with_user(self.clerk).with_context(active_ids=complaint.ids)
            wizard.create(values).action_confirm()

        confirm("acknowledge", note="Called back")
        self.assertEqual(complaint.phase, "acknowledged")
        confirm("close", stage_id=self._stage("closed", "withdrawn").id, note="By mistake")
        self.assertEqual(complaint.phase, "closed")
        confirm("reopen", reason="Not by mistake")
        self.assertEqual(complaint.phase, "investigation")

    def test_reopening_leaves_a_trace(self):
        complaint = self._answered()
        complaint._move_to("closed", "settled", reason="She agrees")
        self._assert_stays(
            complaint, "a reason", lambda: complaint.write({"stage_id": self._stage("investigation").id})
        )
        investigated = complaint.date_investigated
        wizard = self.env["crm.complaint.reopen"].with_user(self.other).with_context(active_ids=complaint.ids)
        complaint.user_id = self.other  # from here the clerk has nothing to do with it
        complaint = complaint.sudo()
        wizard.create({"reason": "It leaks again"}).action_confirm()
        self.assertEqual(complaint.phase, "investigation")
        self.assertEqual(complaint.reopen_count, 1)
        self.assertTrue(complaint.date_reopened)
        self.assertFalse(complaint.date_closed)
        self.assertFalse(complaint.date_responded)
        self.assertFalse(complaint.closing_note)
        self.assertEqual(complaint.date_investigated, investigated)
        message = complaint.message_ids.filtered(lambda message: "It leaks again" in message.body)
        self.assertEqual(message.author_id, self.other.partner_id)
        self.assertTrue(message.subtype_id.internal)

    def test_who_moved_it_is_on_the_chatter(self):
        complaint = self._complaint(severity="1_minor").with_context(tracking_disable=False, mail_notrack=False)
        self.env.flush_all()
        self.cr.precommit.run()
        complaint.action_assess()
        self.env.flush_all()
        self.cr.precommit.run()
        tracking = complaint.message_ids.sudo().tracking_value_ids.filtered(
            lambda value: value.field_id.name == "stage_id"
        )
        self.assertEqual(len(tracking), 1)
        self.assertEqual(
            (tracking.old_value_char, tracking.new_value_char, tracking.mail_message_id.author_id),
            ("Received", "Assessed", self.clerk.partner_id),
        )

    # === STAGES === #

    def test_a_stage_of_a_team_comes_before_the_common_one(self):
        laboratory = self.env["crm.complaint.stage"].create(
            {"name": "Laboratory", "phase": "investigation", "team_ids": [(4, self.team.id)], "sequence": 99}
        )
        complaint = self._complaint(severity="1_minor")
        complaint.action_investigate()
        self.assertEqual(complaint.stage_id, laboratory)
        other_team = self.env["crm.team"].create({"name": "Other", "use_complaints": True})
        complaint.team_id = other_team
        self.assertEqual(complaint.stage_id, self._stage("investigation"))
        self.assertTrue(complaint.date_investigated)
        self._assert_stays(complaint, "not used by the team", lambda: complaint.write({"stage_id": laboratory.id}))

    def test_moves_inside_a_phase_are_free_and_write_no_date(self):
        waiting = self.env["crm.complaint.stage"].create({"name": "Waiting", "phase": "received", "sequence": 11})
        complaint = self._complaint()
        complaint.stage_id = waiting
        self.assertFalse(complaint.date_assessed)
        complaint.stage_id = self._stage("received")
        self.assertEqual(complaint.phase, "received")

    def test_the_meaning_of_a_used_stage_is_fixed(self):
        complaint = self._complaint()
        stage = complaint.stage_id
        with self.assertRaisesRegex(UserError, "Received"):
            stage.with_user(self.admin).phase = "assessed"
        with self.assertRaisesRegex(UserError, "Received"):
            stage.with_user(self.admin).unlink()
        stage.with_user(self.admin).name = "New arrivals"
        self.assertEqual(complaint.phase, "received")

    def test_there_is_always_a_way_in(self):
        with self.assertRaisesRegex(ValidationError, "nothing can arrive"):
            self._stage("received").active = False

    def test_the_last_way_in_is_not_deleted_when_it_is_empty(self):
        stage = self._stage("received")
        used = self.env["crm.complaint"].with_context(active_test=False).search([("phase", "=", "received")])
        used._write_move({"stage_id": self._stage("acknowledged").id})
        self.env["crm.complaint.stage"].create(
            {"name": "Of a team", "phase": "received", "team_ids": [Command.link(self.team.id)]}
        )
        with self.assertRaisesRegex(ValidationError, "nothing can arrive"):
            stage.with_user(self.admin).unlink()
        self.assertTrue(stage.exists())

    def test_empty_columns_show_in_the_kanban(self):
        self._complaint()
        complaints = self.env["crm.complaint"].with_context(read_group_expand=True)
        groups = complaints.web_read_group([], ["stage_id"], ["__count"])["groups"]
        shown = {group["stage_id"][0] for group in groups}
        self.assertEqual(shown, set(self.env["crm.complaint.stage"].search([]).ids))

    def test_stale_complaints_are_found_but_not_closed_ones(self):
        with freeze_time("2026-01-01 08:00:00"):
            stale = self._complaint()
            done = self._complaint()
            done._move_to("closed", "withdrawn", reason="Found it")
        done.stage_id.sudo().rotting_threshold_days = 1
        fresh = self._complaint()
        found = self.env["crm.complaint"].search([("is_rotting", "=", True)])
        self.assertIn(stale, found)
        self.assertFalse(found & (done | fresh))
        self.assertTrue(stale.is_rotting)
        self.assertFalse(done.is_rotting)
