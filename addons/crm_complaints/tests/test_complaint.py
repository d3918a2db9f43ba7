from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged, users
from odoo.tools import mute_logger

from .common import ComplaintsCommon


@tagged("post_install", "-at_install")
class TestComplaint(ComplaintsCommon):
    # === REGISTRATION === #

    @users("cmp_clerk")
    def test_a_clerk_logs_a_call_with_the_least_typing(self):
        form = Form(self.env["crm.complaint"])
        form.name = "Kettle leaks"
        form.partner_id = self.boris
        complaint = form.save()
        self.assertRegex(complaint.code, r"^CMP/\d{4}/\d{5}$")
        self.assertEqual(complaint.display_name, f"{complaint.code} Kettle leaks")
        self.assertEqual(complaint.stage_id, self._stage("received"))
        self.assertEqual(complaint.user_id, self.clerk)
        self.assertEqual(complaint.team_id, self.team)
        self.assertEqual(complaint.email_from, "boris@example.com")
        self.assertEqual(complaint.email_normalized, "boris@example.com")
        self.assertEqual(complaint.phone, "+421 2 5555 0000")
        self.assertEqual(complaint.partner_name, "Boris")
        self.assertEqual(complaint.commercial_partner_id, self.boris)
        self.assertEqual(complaint.company_id, self.company)

    def test_an_unknown_person_needs_no_customer_record(self):
        complaint = self._complaint(partner_id=False, partner_name="A passer-by", email_from="P B <PB@Example.com>")
        self.assertFalse(complaint.partner_id)
        self.assertEqual(complaint.email_normalized, "pb@example.com")

    def test_a_batch_is_numbered_in_order(self):
        complaints = self.env["crm.complaint"].with_user(self.clerk).create([{"name": str(n)} for n in range(100)])
        codes = complaints.mapped("code")
        self.assertEqual(len(set(codes)), 100)
        numbers = [int(code[-5:]) for code in codes]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 100)))

    def test_each_company_has_its_own_register(self):
        company = self.env["res.company"].create({"name": "Second"})
        first = self.env["crm.complaint"].create({"name": "Here", "company_id": company.id})
        self.assertEqual(first.code[-5:], "00001")
        self.env["res.company"]._create_all_complaint_sequences()
        sequences = self.env["ir.sequence"].search([("code", "=", "crm.complaint")])
        self.assertEqual(len(sequences), len(sequences.company_id))
        self.assertIn(company, sequences.company_id)

    @mute_logger("odoo.sql_db")
    def test_a_number_stands_once_in_a_register(self):
        complaint = self._complaint()
        with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.env["crm.complaint"].sudo().create({"name": "Copy", "code": complaint.code})

    def test_a_copy_is_a_new_complaint(self):
        complaint = self._answered()
        copy = complaint.copy()
        self.assertNotEqual(copy.code, complaint.code)
        self.assertEqual(copy.phase, "received")
        self.assertFalse(copy.decision)
        self.assertFalse(copy.date_acknowledged)

    def test_a_copy_stays_in_its_company(self):
        second = self.env["res.company"].create({"name": "Second"})
        self.lead.company_ids += second
        team = self.env["crm.team"].create({"name": "There", "use_complaints": True, "company_id": second.id})
        complaint = self.env["crm.complaint"].create({"name": "x", "company_id": second.id, "team_id": team.id})
        both = [self.company.id, second.id]
        copy = complaint.with_user(self.lead).with_context(allowed_company_ids=both).copy()
        self.assertEqual((copy.company_id, copy.team_id), (second, team))

    def test_contact_data_is_a_snapshot(self):
        complaint = self._complaint(partner_id=self.boris.id)
        self.boris.email = "new@example.com"
        self.assertEqual(complaint.email_from, "boris@example.com")

    def test_the_team_of_the_user_comes_first(self):
        own = self.env["crm.team"].create(
            {"name": "Own", "use_complaints": True, "sequence": 99, "member_ids": [(4, self.clerk.id)]}
        )
        self.assertEqual(self._complaint().team_id, own)
        self.assertEqual(self._complaint(self.other).team_id, self.team)

    # === DATES === #

    @freeze_time("2026-11-20 12:00:00")
    def test_received_may_be_before_logged_but_not_after(self):
        complaint = self._complaint(date_received="2026-10-30 09:00:00")
        self.assertEqual(complaint.date_logged, fields.Datetime.to_datetime("2026-11-20 12:00:00"))
        self.assertEqual(complaint.days_open, 21)
        # the clock of a browser may be ahead a little
        self._complaint(date_received="2026-11-20 12:05:00")
        with self.assertRaisesRegex(ValidationError, "received after it was logged"):
            self._complaint(date_received="2026-11-20 12:05:01")

    def test_a_later_correction_stays_before_the_logging(self):
        complaint = self._complaint()
        received = complaint.date_received
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            complaint.date_received = received + timedelta(days=1)
        complaint.invalidate_recordset()
        self.assertEqual(complaint.date_received, received)

    # === RULES === #

    def test_nobody_represents_himself(self):
        with self.assertRaisesRegex(ValidationError, "Nobody represents himself"):
            self._complaint(representative_id=self.ana.id)

    def test_what_is_still_to_ask(self):
        complaint = self._complaint(representative_id=self.boris.id)
        self.assertEqual(
            complaint.missing_info,
            "what happened, what the complainant asks for, product or category, authority of the representative",
        )
        complaint.write(
            {
                "description": "<p>Water everywhere</p>",
                "remedy_sought": "A new one",
                "product_reference": "LOT-7",
                "representative_authority": "Letter of 1 May",
            }
        )
        self.assertEqual(complaint.missing_info, "")

    def test_the_company_cannot_change(self):
        complaint = self._complaint(self.lead)
        company = self.env["res.company"].create({"name": "Second"})
        with self.assertRaisesRegex(UserError, "cannot change company"):
            complaint.sudo().company_id = company
        self.assertEqual(complaint.company_id, self.company)

    def test_complaints_are_not_deleted(self):
        complaint = self._complaint(self.admin)
        with self.assertRaises(UserError):
            complaint.with_user(self.admin).unlink()
        self.assertTrue(complaint.exists())

    def test_dates_of_the_workflow_are_not_typed(self):
        complaint = self._complaint(self.admin)
        now = fields.Datetime.now()
        for name in ("date_acknowledged", "date_closed", "date_responded", "date_logged"):
            before = complaint[name]
            for context in ({}, {"import_file": True}, {"complaint_move": True}):
                with self.assertRaisesRegex(UserError, "set by the handling"):
                    complaint.with_context(**context).write({name: now - timedelta(days=9)})
            self.assertEqual(complaint[name], before)
        with self.assertRaisesRegex(UserError, "Number"):
            self._complaint(self.admin, code="CMP/2026/99999")

    def test_neither_are_waits_deadlines_and_sums(self):
        complaint = self._complaint(self.admin, cost=7)
        for name, value in (
            ("date_waiting_since", "2026-03-02 09:00:00"),
            ("date_last_contact", "2026-03-02 09:00:00"),
            ("date_deadline", False),
            ("deadline_clock_id", False),
            ("remedy_amount", 3),
            ("cost_total", 3),
        ):
            before = complaint[name]
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "set by the handling"):
                complaint.write({name: value})
            self.assertEqual(complaint[name], before)

    def test_a_customer_with_complaints_cannot_vanish(self):
        self._complaint(partner_id=self.boris.id)
        self.boris_user.unlink()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.boris.unlink()

    def test_merging_customers_keeps_every_complaint(self):
        twin = self.env["res.partner"].create({"name": "Boris", "email": "boris2@example.com"})
        mine, his = self._complaint(partner_id=self.boris.id), self._complaint(partner_id=twin.id)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.boris | twin).ids, self.boris)
        (mine | his).invalidate_recordset()
        self.assertEqual((mine | his).partner_id, self.boris)
        self.assertEqual((mine | his).commercial_partner_id, self.boris)
        self.assertEqual(self.boris.with_user(self.clerk).complaint_count, 2)

    def test_privacy_lookup_finds_the_complaint(self):
        complaint = self._complaint(partner_id=False, partner_name="Vera", email_from="vera@example.com")
        wizard = self.env["privacy.lookup.wizard"].create({"name": "Vera", "email": "vera@example.com"})
        wizard.action_lookup()
        lines = wizard.line_ids.filtered(lambda line: line.res_model == "crm.complaint")
        self.assertEqual(lines.mapped("res_id"), complaint.ids)
