import base64
import random
import string
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, freeze_time, get_db_name, tagged
from odoo.tools import mute_logger

from ..tools import intake as reader
from .common import ComplaintsCommon

LOGGERS = (
    "odoo.addons.crm_complaints.models.crm_complaint_intake",
    "odoo.addons.mail.models.mail_thread",
    "odoo.sql_db",
)


def mail(
    number=1, sender="Dora <dora@example.com>", body="It leaks.", subject="Kettle", extra="", to="care@our.example.com"
):
    """A mail as bytes; ``number`` none: without Message-ID."""
    message_id = f"Message-ID: <m{number}@example.com>\r\n" if number else ""
    return (
        f"{message_id}From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
        f"{extra}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


@tagged("post_install", "-at_install", "pure")
class TestIntakeReader(BaseCase):
    def test_who_wrote(self):
        for extra, expected in (
            ("", "human"),
            ("Auto-Submitted: no\r\n", "human"),
            ("Auto-Submitted:  No ; x=y\r\n", "human"),
            ("Auto-Submitted: auto-replied\r\n", "automatic"),
            ("auto-submitted: Auto-Generated; x=y\r\n", "automatic"),
            ("X-Auto-Response-Suppress: All\r\n", "automatic"),
            ("X-Auto-Response-Suppress: DR, OOF\r\n", "automatic"),
            ("X-Auto-Response-Suppress: None\r\n", "human"),
            ("Precedence: Bulk\r\n", "list"),
            ("Precedence: auto_reply\r\n", "automatic"),
            ("List-Id: <x.example.com>\r\n", "list"),
            ("Return-Path: <>\r\n", "bounce"),
        ):
            self.assertEqual(reader.verdict(mail(extra=extra)), expected, extra)
        self.assertEqual(reader.verdict(mail(sender="no-reply@example.com")), "automatic")
        self.assertEqual(reader.verdict(mail(sender="MAILER-DAEMON@example.com")), "bounce")
        self.assertEqual(reader.verdict(mail(sender="noreply.fan@example.com")), "human")

    def test_copies_have_one_fingerprint(self):
        first = mail()
        self.assertEqual(reader.fingerprint(first), reader.fingerprint(first.replace(b"\r\n", b"\n")))
        copy = b"Received: from x by y\r\nDelivered-To: other@our.example.com\r\n" + first
        self.assertEqual(reader.fingerprint(first), reader.fingerprint(copy))
        for other in (mail(2), mail(body="It burns."), mail(subject="Toaster"), mail(None)):
            self.assertNotEqual(reader.fingerprint(first), reader.fingerprint(other))

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=300))
    def test_nothing_is_unreadable(self, raw):
        assert len(reader.fingerprint(raw)) == 64
        assert reader.verdict(raw) in reader.VERDICTS
        reader.addresses(reader.headers(raw))
        assert b"\0" not in reader.repaired(raw)

    @settings(max_examples=100, deadline=None)
    @given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=80))
    def test_another_message_id(self, subject):
        raw = mail(subject=subject)
        changed = reader.with_message_id(raw, "<x@y>")
        assert reader.header(reader.headers(changed), "message-id") == "<x@y>"
        assert changed.count(b"essage-I") <= 1 + subject.lower().count("essage-i")
        assert changed.endswith(b"It leaks.\r\n")


class IntakeCommon(ComplaintsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.intakes = cls.env["crm.complaint.intake"]
        cls.company.complaint_auto_acknowledge = True
        cls.team.complaint_alias_name = "care"

    def _receive(self, raw, model="crm.complaint"):
        """As the gateway does; in the transaction of the test."""
        with self.enter_registry_test_mode(), mute_logger(*LOGGERS):
            self.env["mail.thread"].message_process(model, raw)
        self._run_acknowledgements()
        return self.intakes.search([("fingerprint", "=", reader.fingerprint(raw))])

    def _acknowledgements(self, complaints):
        return self.env["mail.mail"].search_count([("model", "=", "crm.complaint"), ("res_id", "in", complaints.ids)])


@tagged("post_install", "-at_install")
class TestIntake(IntakeCommon):
    def test_a_mail_becomes_a_complaint(self):
        with freeze_time("2026-03-02 12:00:00"):
            intake = self._receive(mail())
        complaint = intake.complaint_id
        self.assertEqual((intake.state, intake.verdict, intake.copies), ("done", "human", 0))
        self.assertEqual(base64.b64decode(intake.raw), mail())
        self.assertEqual((complaint.name, complaint.channel, complaint.partner_name), ("Kettle", "email", "Dora"))
        self.assertEqual(complaint.email_normalized, "dora@example.com")
        self.assertEqual(str(complaint.date_received), "2026-03-02 12:00:00")
        self.assertIn("It leaks.", complaint.description)
        self.assertFalse(complaint.user_id)
        self.assertTrue(complaint.code)
        self.assertEqual(self._acknowledgements(complaint), 1)

    def test_by_the_address_of_the_team(self):
        alias = self.team.complaint_alias_id
        self.assertEqual(alias.alias_model_id.model, "crm.complaint")
        address = alias.alias_full_name if "@" in (alias.alias_full_name or "") else "care@our.example.com"
        alias.alias_incoming_local = True
        intake = self._receive(mail(to=address), model=None)
        self.assertEqual(intake.complaint_id.team_id, self.team)

    def test_the_address_follows_its_team_to_another_company(self):
        self.team.complaint_alias_id.alias_incoming_local = True
        self.team.company_id = self.env["res.company"].create({"name": "Second"})
        intake = self._receive(mail(2), model=None)
        self.assertEqual((intake.state, intake.complaint_id.team_id), ("done", self.team), intake.error)
        self.assertEqual(intake.complaint_id.company_id, self.team.company_id)

    def test_the_address_of_an_archived_team(self):
        self.team.complaint_alias_id.alias_incoming_local = True
        self.team.active = False
        complaint = self._receive(mail(6), model=None).complaint_id
        self.assertNotEqual(complaint.team_id, self.team)
        self.assertEqual(complaint.phase, "acknowledged")

    def test_the_address_goes_with_its_team(self):
        alias = self.team.complaint_alias_id
        self.team.unlink()
        self.assertFalse(alias.exists())
        again = self.env["crm.team"].create({"name": "Again", "complaint_alias_name": "care"})
        self.assertEqual(again.complaint_alias_id.alias_name, "care")

    def test_what_is_not_for_complaints_is_left_alone(self):
        self.assertFalse(self.intakes._concerns(mail(to="sales@our.example.com"), "crm.lead"))
        self.assertTrue(self.intakes._concerns(mail(to="sales@our.example.com"), "crm.complaint"))

    def test_known_customer(self):
        complaint = self._receive(mail(sender="ana@acme.example.com")).complaint_id
        self.assertEqual(complaint.partner_id, self.ana)

    def test_a_contact_of_another_company(self):
        """To the address of a team it is that team's, from a contact not linked; else the contact's company's."""
        second = self.env["res.company"].create({"name": "Second"})
        partner = self.env["res.partner"].create(
            {"name": "Theirs", "email": "theirs@example.com", "company_id": second.id}
        )
        self.team.complaint_alias_id.alias_incoming_local = True
        self.team.company_id = self.company
        for number, model, company, known in ((4, None, self.company, False), (5, "crm.complaint", second, partner.id)):
            to = "care@our.example.com" if model is None else "x@our.example.com"
            intake = self._receive(mail(number, sender="Theirs <theirs@example.com>", to=to), model=model)
            self.assertEqual(intake.state, "done", intake.error)
            complaint = intake.complaint_id
            self.assertEqual((complaint.company_id, complaint.partner_id.id), (company, known))
            self.assertEqual((complaint.partner_name, complaint.email_from), ("Theirs", "theirs@example.com"))

    def test_a_colleague_who_forwards_is_not_who_complains(self):
        """To tell the colleague would be noted as the acknowledgement that the customer never got."""
        body = "-- Forwarded -- From: dora@example.com -- It leaks."
        raw = mail(3, sender=self.clerk.email_formatted, subject="Fwd: Kettle", body=body)
        complaint = self._receive(raw).complaint_id
        self.assertEqual((complaint.partner_id.id, complaint.email_from, complaint.partner_name), (False, False, False))
        self.assertEqual((complaint.phase, self._acknowledgements(complaint)), ("received", 0))
        self.assertIn("who complains", complaint.missing_info)
        self.assertIn("It leaks.", complaint.description)
        self.assertEqual(complaint.message_ids.author_id & self.clerk.partner_id, self.clerk.partner_id)

    # === ONCE === #

    def test_the_same_mail_twice(self):
        for number in (1, None):
            raw = mail(number, body=f"number {number}")
            self._receive(raw)
            intake = self._receive(b"Received: again\r\n" + raw)
            self.assertEqual((len(intake), intake.copies), (1, 1))
            self.assertEqual(len(self.env["crm.complaint"].search([("description", "ilike", f"number {number}")])), 1)

    def test_a_message_id_used_again_for_something_else(self):
        first = self._receive(mail(body="The kettle leaks."))
        second = self._receive(mail(body="The toaster burns."))
        self.assertTrue(second.reused_id)
        self.assertFalse(first.reused_id)
        self.assertEqual(second.state, "done")
        self.assertNotEqual(first.complaint_id, second.complaint_id)
        self.assertIn("toaster", second.complaint_id.description)

    # === NEVER LOST === #

    def test_what_nobody_can_read_waits_in_quarantine(self):
        broken = (
            mail(11, body="x").replace(b"charset=utf-8", b"charset=foo-8"),
            mail(12, subject="Ke\0ttle"),
        )
        for raw in broken:
            intake = self._receive(raw)
            self.assertEqual((intake.state, intake.complaint_id.id), ("quarantine", False), raw)
            self.assertTrue(intake.error)
            self.assertEqual(base64.b64decode(intake.raw), raw)
            with self.enter_registry_test_mode(), mute_logger(*LOGGERS):
                intake.with_user(self.lead).action_replay()
            self.env.invalidate_all()
            self.assertEqual(intake.state, "done", intake.error)
            self.assertTrue(intake.complaint_id)
            # replayed again it is not processed again
            complaint = intake.complaint_id
            with self.enter_registry_test_mode():
                intake.with_user(self.lead).action_replay()
            self.assertEqual(intake.complaint_id, complaint)

    def test_strange_mails_are_kept(self):
        for raw in (
            b"",
            b"\0\0\0",
            b"no header at all",
            mail(21, subject="", body=""),
            mail(22).replace(b"text/plain", b"multipart/mixed; boundary=x"),
            mail(23).replace(b"Mon, 2 Mar 2026", b"Foo, 99 Bar 2099"),
            mail(24, subject="x" * 3000),
            "Subject: ж\r\nFrom: ж@example.com\r\n\r\nж".encode("koi8-r"),
        ):
            intake = self._receive(raw)
            self.assertEqual(len(intake), 1, raw[:60])
            self.assertIn(intake.state, ("done", "quarantine"), raw[:60])
            self.assertEqual(bool(intake.complaint_id), intake.state == "done")

    def test_what_the_database_never_takes_waits_in_quarantine(self):
        """Too long for an index: tried again for ever it would be neither a complaint nor anybody's to decide on."""
        generator = random.Random(7)  # what cannot be compressed
        long = "".join(generator.choices(string.ascii_lowercase, k=6000))
        for raw in (
            mail(25, sender=f"{long}@example.com"),
            mail(None, extra=f"Message-ID: <{long}@example.com>\r\n"),
        ):
            intake = self._receive(raw)
            self.assertEqual((intake.state, intake.complaint_id.id), ("quarantine", False))
            intake.with_user(self.lead).action_register()
            self.assertEqual(intake.state, "done")

    def test_still_unreadable(self):
        intake = self._receive(b"")
        self.assertEqual(intake.state, "quarantine")
        with self.enter_registry_test_mode(), mute_logger(*LOGGERS), self.assertRaisesRegex(UserError, "empty"):
            intake.with_user(self.lead).action_replay()

    # === AUTOMATION === #

    def test_robots_get_no_acknowledgement(self):
        for number, extra in enumerate(
            ("Auto-Submitted: auto-replied\r\n", "Precedence: list\r\n", "X-Auto-Response-Suppress: All\r\n"), 30
        ):
            intake = self._receive(mail(number, extra=extra, body=extra))
            self.assertEqual(intake.state, "done", extra)
            self.assertEqual(self._acknowledgements(intake.complaint_id), 0, extra)

    def test_the_name_beside_the_address_is_not_sent_back(self):
        sender = '"Call 555 0199 now" <dora@example.com>, eva@example.com'
        complaint = self._receive(mail(41, sender=sender)).complaint_id
        sent = self.env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "=", complaint.id)])
        self.assertEqual([one["email_to"] for one in sent._prepare_outgoing_list()], [["dora@example.com"]])
        self.assertEqual(complaint.partner_name, "Call 555 0199 now")

    def test_an_unknown_sender_is_answered_in_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("sk_SK")
        self.company.partner_id.lang = "sk_SK"
        self.assertEqual(self._receive(mail(42)).complaint_id.lang, "sk_SK")

    def test_a_bounce_is_no_complaint(self):
        intake = self._receive(mail(40, sender="MAILER-DAEMON@example.com"))
        self.assertEqual((intake.state, intake.verdict, intake.complaint_id.id), ("ignored", "bounce", False))

    def test_thirty_mails_of_one_person(self):
        complaints = self.env["crm.complaint"]
        with freeze_time("2026-03-02 12:00:00"):
            for number in range(100, 130):
                complaints += self._receive(mail(number)).complaint_id
        self.assertEqual(len(complaints), 30)
        self.assertEqual(self._acknowledgements(complaints), 1)
        with freeze_time("2026-03-02 13:00:01"):
            later = self._receive(mail(131)).complaint_id
        self.assertEqual(self._acknowledgements(later), 1)

    # === FOLLOWERS === #

    def test_nobody_follows_by_being_copied(self):
        complaint = self._receive(mail(50, extra="Cc: Boris <boris@example.com>\r\n")).complaint_id
        self.assertNotIn(self.boris, complaint.message_partner_ids)
        self.assertFalse(complaint.message_partner_ids & (self.ana | self.boris))

    def test_an_answer_arrives_on_its_complaint(self):
        complaint = self._receive(mail(60)).complaint_id
        sent = complaint.message_post(body="Which kettle?", message_type="comment", subtype_xmlid="mail.mt_comment")
        with self.enter_registry_test_mode():
            complaint.action_wait_customer()
        extra = f"In-Reply-To: {sent.message_id}\r\nCc: boris@example.com\r\n"
        intake = self._receive(mail(61, extra=extra, subject="Re: Kettle", body="The red one."), model=None)
        self.assertEqual((intake.state, intake.complaint_id), ("done", complaint))
        self.assertTrue(complaint.message_ids.filtered(lambda message: "The red one." in message.body))
        self.assertNotIn(self.boris, complaint.message_partner_ids)
        self.assertFalse(complaint.date_waiting_since)

    def test_out_of_office_is_no_answer(self):
        complaint = self._receive(mail(62)).complaint_id
        sent = complaint.message_post(body="Which kettle?", message_type="comment", subtype_xmlid="mail.mt_comment")
        with self.enter_registry_test_mode():
            complaint.action_wait_customer()
        extra = f"In-Reply-To: {sent.message_id}\r\nAuto-Submitted: auto-replied\r\n"
        intake = self._receive(mail(63, extra=extra, subject="Out of office", body="Back in May."), model=None)
        self.assertEqual((intake.verdict, intake.complaint_id), ("automatic", complaint))
        self.assertTrue(complaint.date_waiting_since)
        self.assertTrue(complaint.date_customer_wrote, "somebody looks at it all the same")

    def test_a_stranger_who_quotes_a_complaint_does_not_tell_the_accused(self):
        complaint = self._receive(mail(64)).complaint_id
        complaint.accused_user_ids = self.lead
        sent = complaint.message_post(body="Who shouted?", message_type="comment", subtype_xmlid="mail.mt_comment")
        extra = f"In-Reply-To: {sent.message_id}\r\n"
        raw = mail(65, sender="o@other.example.com", extra=extra, body="He did.")
        other = self._receive(raw, model=None).complaint_id
        self.assertEqual((other.related_ids, other.accused_user_ids), (complaint, self.lead))
        self.assertFalse(other.with_user(self.lead).has_access("read"))

    # === RESUME, ACCESS === #

    def test_what_a_dead_worker_left_is_taken_up(self):
        with self.enter_registry_test_mode():
            intake = self.intakes.browse(self.intakes._keep_row(self.intakes._ledger_values(mail(70))))
        self.assertEqual(intake.state, "received")
        with freeze_time(fields.Datetime.now() + timedelta(minutes=11)), self.enter_registry_test_mode():
            self.env.ref("crm_complaints.ir_cron_intake").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(intake.state, "done")

    def test_who_reads_the_ledger_and_nobody_writes(self):
        intake = self._receive(mail(80))
        for user in (self.lead, self.admin, self.auditor):
            self.assertTrue(intake.with_user(user).read(["subject"]))
            with self.assertRaises(AccessError):
                intake.with_user(user).write({"state": "ignored"})
            with self.assertRaises(AccessError):
                intake.with_user(user).unlink()
        for user in (self.clerk, self.ana_user):
            with self.assertRaises(AccessError):
                intake.with_user(user).read(["raw"])
        for user in (self.clerk, self.auditor, self.ana_user):
            with self.assertRaises(AccessError if user != self.auditor else UserError):
                intake.with_user(user).action_replay()
        self.assertEqual(intake.state, "done")


@tagged("post_install", "-at_install")
class TestIntakeParallel(BaseCase):
    def test_two_workers_one_mail(self):
        """Two connections of their own, both with a snapshot from before; what they commit is removed."""
        registry = Registry(get_db_name())
        raw = mail(None, body="parallel " * 20, sender="parallel@example.com")
        with registry.cursor() as cr1, registry.cursor() as cr2:
            workers = [api.Environment(cr, SUPERUSER_ID, {}) for cr in (cr1, cr2)]
            for env in workers:
                env["crm.complaint.intake"].search_count([])
            for env in workers:
                env["mail.thread"].message_process("crm.complaint", raw)
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            intake = env["crm.complaint.intake"].search([("fingerprint", "=", reader.fingerprint(raw))])
            complaints = env["crm.complaint"].search([("email_normalized", "=", "parallel@example.com")])
            found = len(intake), intake.mapped("state"), intake.mapped("copies"), len(complaints)
            env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "in", complaints.ids)]).unlink()
            intake.unlink()
            complaints.message_ids.unlink()
            complaints.unlink()
        self.assertEqual(found, (1, ["done"], [1], 1))
