from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestAccess(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls._complaint(name="mine")
        cls.his = cls._complaint(cls.other, name="his")
        cls.nobodys = cls._complaint(name="nobody's", user_id=False)
        # whoever logs a document follows it; here only the responsible person shall count
        for complaint in cls.mine | cls.his | cls.nobodys:
            complaint.sudo().message_unsubscribe(complaint.sudo().message_partner_ids.ids)
        cls.all = cls.mine | cls.his | cls.nobodys

    def _seen_by(self, user):
        return self.env["crm.complaint"].with_user(user).search([("id", "in", self.all.ids)])

    def test_who_sees_what(self):
        self.assertEqual(self._seen_by(self.clerk), self.mine | self.nobodys)
        self.assertEqual(self._seen_by(self.other), self.his | self.nobodys)
        for user in (self.lead, self.admin, self.auditor):
            self.assertEqual(self._seen_by(user), self.all)

    def test_a_follower_sees_and_helps(self):
        self.his.sudo().message_subscribe(self.clerk.partner_id.ids)
        self.assertEqual(self._seen_by(self.clerk), self.all)
        self.his.with_user(self.clerk).findings = "Saw it"

    def test_another_clerks_complaint_is_refused(self):
        his = self.his.with_user(self.clerk)
        for call in (
            lambda: his.read(["name"]),
            lambda: his.write({"name": "x"}),
            his.action_take,
            his.action_acknowledge,
            lambda: his.message_post(body="x"),
            lambda: his.write({"stage_id": self._stage("assessed").id}),
        ):
            with self.assertRaises(AccessError):
                call()
        self.his.invalidate_recordset()
        self.assertEqual((self.his.name, self.his.user_id, self.his.phase), ("his", self.other, "received"))
        self.assertFalse(self.his.date_acknowledged)

    def test_wizards_are_no_way_around(self):
        stage = self._stage("closed", "withdrawn")
        values = {
            "crm.complaint.close": {"stage_id": stage.id, "note": "x"},
            "crm.complaint.reopen": {"reason": "x"},
            "crm.complaint.acknowledge": {"channel": "phone", "note": "x"},
        }
        for model, vals in values.items():
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.clerk).create(
                    {**vals, "complaint_ids": [(6, 0, self.his.ids)]}
                ).action_confirm()
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.auditor).create(vals)
        self.his.invalidate_recordset()
        self.assertEqual(self.his.phase, "received")
        self.assertFalse(self.his.date_acknowledged)

    def test_the_auditor_changes_nothing(self):
        complaint = self.mine.with_user(self.auditor)
        self.assertEqual(complaint.name, "mine")
        for call in (
            lambda: complaint.write({"name": "x"}),
            complaint.action_take,
            complaint.action_acknowledge,
            lambda: complaint.message_post(body="x"),
            lambda: complaint.create({"name": "x"}),
            complaint.copy,
            complaint.unlink,
        ):
            with self.assertRaises(AccessError):
                call()
        self.mine.invalidate_recordset()
        self.assertEqual((self.mine.name, self.mine.user_id), ("mine", self.clerk))

    def test_only_the_administrator_configures(self):
        for user in (self.clerk, self.lead, self.auditor):
            with self.assertRaises(AccessError):
                self.env["crm.complaint.stage"].with_user(user).create({"name": "x", "phase": "received"})
            with self.assertRaises(AccessError):
                self.env["crm.complaint.category"].with_user(user).create({"name": "x"})
        self.env["crm.complaint.stage"].with_user(self.admin).create({"name": "x", "phase": "received"})
        self.env["crm.complaint.category"].with_user(self.admin).create({"name": "x"})

    def test_companies_are_apart(self):
        second = self.env["res.company"].create({"name": "Second"})
        there = self._user("cmp_there", "group_user_all", company_id=second.id, company_ids=[(6, 0, second.ids)])
        foreign = self._complaint(there, name="foreign", partner_id=False)
        self.assertEqual(foreign.company_id, second)
        self.assertFalse(foreign.with_user(self.admin).has_access("read"))
        self.assertFalse(self.mine.with_user(there).has_access("read"))
        with self.assertRaises(AccessError):
            foreign.with_user(self.admin).write({"name": "x"})
        foreign.invalidate_recordset()
        self.assertEqual(foreign.name, "foreign")

    # === THE CUSTOMER, BY RPC === #

    def test_a_customer_sees_the_own_and_those_of_the_own_company(self):
        anas = self._complaint(partner_id=self.ana.id)
        acmes = self._complaint(partner_id=self.acme.id)
        boriss = self._complaint(partner_id=self.boris.id)
        represented = self._complaint(partner_id=self.boris.id, representative_id=self.ana.id)
        group = anas | acmes | boriss | represented
        search = self.env["crm.complaint"].with_user(self.ana_user).search([("id", "in", group.ids)])
        self.assertEqual(search, anas | acmes | represented)
        colleague = self.env["res.partner"].create({"name": "Colleague", "parent_id": self.acme.id})
        colleague_user = self._portal_users(cmp_colleague=colleague)
        self.assertEqual(self.env["crm.complaint"].with_user(colleague_user).search([("id", "in", group.ids)]), acmes)

    def test_following_does_not_open_the_file_to_a_customer(self):
        boriss = self._complaint(partner_id=self.boris.id)
        boriss.message_subscribe(self.ana.ids)
        self.assertFalse(boriss.with_user(self.ana_user).has_access("read"))

    def test_a_customer_reads_no_internal_field_and_changes_nothing(self):
        complaint = self._answered(findings="<p>secret</p>")
        mine = complaint.with_user(self.ana_user)
        self.assertEqual(mine.read(["name", "phase"])[0]["phase"], "response")
        for name in ("findings", "severity", "decision", "decision_reason", "response", "closing_note"):
            with self.assertRaises(AccessError):
                mine.read([name])
            with self.assertRaises(AccessError):
                mine.search([(name, "!=", False)])
        for call in (
            lambda: mine.write({"name": "x"}),
            lambda: mine.write({"stage_id": self._stage("closed", "settled").id}),
            lambda: mine.create({"name": "x"}),
            mine.action_take,
            mine.action_propose,
            mine.unlink,
        ):
            with self.assertRaises(AccessError):
                call()
        complaint.invalidate_recordset()
        self.assertEqual((complaint.name, complaint.phase), ("Kettle leaks", "response"))

    def test_files_are_not_read_by_rpc(self):
        complaint = self._complaint()
        evidence = complaint.message_post(
            body="laboratory", attachments=[("report.txt", b"acid")], subtype_xmlid="mail.mt_note"
        ).attachment_ids
        for user in (self.ana_user, self.boris_user):
            with self.assertRaises(AccessError):
                evidence.with_user(user).read(["raw"])
            self.assertFalse(self.env["ir.attachment"].with_user(user).search([("id", "=", evidence.id)]))
        self.assertEqual(evidence.with_user(self.lead).raw, b"acid")
