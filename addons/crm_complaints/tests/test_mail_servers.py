import smtplib
from email.message import EmailMessage
from unittest.mock import patch

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import crm_complaint_acknowledge as acknowledge
from .mail_servers import PostOffice
from .test_intake import LOGGERS, IntakeCommon, mail

CARE = "care@our.example.com"
DORA = "dora@example.com"
FETCH_LOGGERS = (*LOGGERS, "odoo.addons.mail.models.fetchmail", "odoo.addons.crm_complaints.models.fetchmail_server")


@tagged("post_install", "-at_install")
class TestMailServers(IntakeCommon):
    """Real mail both ways: SMTP to the mailbox, IMAP into Odoo, the outgoing queue, SMTP to the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = PostOffice()
        cls.office.start()
        cls.addClassCleanup(cls.office.stop)
        # Odoo sends nothing while it is tested; here it shall
        opened = patch.object(IrMail_Server, "_disable_send", lambda self: False)
        opened.start()
        cls.addClassCleanup(opened.stop)
        cls.env["ir.mail_server"].search([]).active = False
        cls.env["ir.mail_server"].create(
            {"name": "test", "smtp_host": "127.0.0.1", "smtp_port": cls.office.smtp_port, "sequence": 0}
        )
        cls.env["fetchmail.server"].search([]).active = False
        cls.server = cls.env["fetchmail.server"].create(
            {
                "name": "test",
                "server_type": "imap",
                "server": "127.0.0.1",
                "port": cls.office.imap_port,
                "user": CARE,
                "password": "x",
                "object_id": cls.env["ir.model"]._get_id("crm.complaint"),
                "state": "done",
            }
        )
        cls.company.write({"email": "office@our.example.com"})

    def setUp(self):
        super().setUp()
        self.office.mailboxes.clear()

    def _send(self, raw, sender=DORA, to=CARE):
        with smtplib.SMTP("127.0.0.1", self.office.smtp_port, timeout=10) as client:
            client.sendmail(sender, [to], raw)

    def _fetch(self):
        with self.enter_registry_test_mode(), mute_logger(*FETCH_LOGGERS):
            self.env.ref("mail.ir_cron_mail_gateway_action").method_direct_trigger()
        self._run_acknowledgements()

    def _deliver(self):
        with self.enter_registry_test_mode():
            self.env.ref("mail.ir_cron_mail_scheduler_action").method_direct_trigger()
        self.env.invalidate_all()

    def _round(self):
        self._fetch()
        self._deliver()

    def _unread(self):
        return [item for item in self.office.box(CARE) if "\\Seen" not in item["flags"]]

    # === THE WAY OF A COMPLAINT === #

    def test_from_the_mailbox_to_the_acknowledgement(self):
        self._send(mail(number=500, subject="Kettle buy-now", body="It leaks."))
        self.assertEqual(len(self._unread()), 1)
        self._round()
        self.assertEqual(self._unread(), [])
        intake = self.intakes.search([("message_id", "=", "<m500@example.com>")])
        complaint = intake.complaint_id
        self.assertEqual((intake.state, complaint.phase, complaint.channel), ("done", "acknowledged", "email"))
        [answer] = self.office.received(DORA)
        self.assertEqual(answer["Auto-Submitted"], "auto-replied")
        # neither the writing nor the sending waited for its hour
        woken = self.env["ir.cron.trigger"].search([]).cron_id
        self.assertLessEqual(self.env.ref("crm_complaints.ir_cron_complaint_acknowledge"), woken)
        self.assertLessEqual(self.env.ref("mail.ir_cron_mail_scheduler_action"), woken)
        self.assertEqual(answer["X-Auto-Response-Suppress"], "All")
        self.assertEqual(answer["To"], "dora@example.com")
        self.assertIn(complaint.code, answer["Subject"])
        text = answer.get_body(("plain",)).get_content() + str(answer["Subject"])
        self.assertIn(complaint.code, text)
        for word in ("buy-now", "leaks"):
            self.assertNotIn(word, text)
        self.assertIn("-crm.complaint@", answer["Message-Id"])

    def test_thirty_mails_of_one_person_one_acknowledgement(self):
        for number in range(600, 630):
            self._send(mail(number=number, body=f"again {number}"))
        # a scheduled job stops after some seconds, the next one goes on
        for _run in range(5):
            if self._unread():
                self._fetch()
        self._deliver()
        rows = self.intakes.search([("message_id", "like", "<m6%@example.com>")])
        self.assertEqual((len(rows), len(rows.complaint_id), set(rows.mapped("state"))), (30, 30, {"done"}))
        self.assertEqual(len(self.office.received(DORA)), 1)

    def test_the_same_mail_in_two_mailboxes_is_one_complaint(self):
        raw = mail(number=None, body="twice")
        self._send(raw)
        self._send(b"Delivered-To: other@our.example.com\r\n" + raw)
        self._round()
        row = self.intakes.search([("subject", "=", "Kettle"), ("message_id", "=", False)])
        self.assertEqual((len(row), row.copies, len(row.complaint_id)), (1, 1, 1))

    def test_a_message_id_used_again_is_kept(self):
        self._send(mail(number=510, body="The kettle leaks."))
        self._send(mail(number=510, body="The toaster burns."))
        self._round()
        rows = self.intakes.search([("message_id", "=", "<m510@example.com>")])
        self.assertEqual((len(rows), len(rows.complaint_id)), (2, 2))
        self.assertEqual(rows.mapped("reused_id"), [True, False])

    # === NOTHING LOST === #

    def test_what_cannot_be_processed_waits_in_quarantine(self):
        self._send(mail(number=520).replace(b"charset=utf-8", b"charset=foo-8"))
        self._send(mail(number=521, body="fine", sender="eva@example.com"))
        with patch.object(
            self.env.registry["crm.complaint"], "message_new", side_effect=RuntimeError("disk on fire"), autospec=True
        ):
            self._send(mail(number=522, body="boom", sender="fred@example.com"))
            self._fetch()
        self.assertEqual(self._unread(), [])
        rows = self.intakes.search([("message_id", "in", [f"<m52{number}@example.com>" for number in range(3)])])
        self.assertEqual(set(rows.mapped("state")), {"quarantine"})
        self.assertIn("disk on fire", rows.filtered(lambda row: "522" in row.message_id).error)
        with self.enter_registry_test_mode(), mute_logger(*LOGGERS):
            rows.with_user(self.lead).action_replay()
        self.env.invalidate_all()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertEqual(len(rows.complaint_id), 3)

    def test_what_could_not_be_written_down_stays_unread(self):
        self._send(mail(number=530))
        with patch.object(
            self.env.registry["crm.complaint.intake"], "_keep_row", side_effect=OSError("no space left"), autospec=True
        ):
            self._fetch()
        self.assertEqual(len(self._unread()), 1)
        self.assertFalse(self.intakes.search([("message_id", "=", "<m530@example.com>")]))
        self._fetch()
        self.assertEqual(self._unread(), [])
        self.assertEqual(self.intakes.search([("message_id", "=", "<m530@example.com>")]).state, "done")

    # === MACHINES === #

    def test_machines_that_answer_us_get_no_answer(self):
        self._send(mail(number=540))
        self._round()
        [answer] = self.office.received(DORA)
        complaint = self.intakes.search([("message_id", "=", "<m540@example.com>")]).complaint_id
        reply = (
            f"In-Reply-To: {answer['Message-Id']}\r\nReferences: {answer['Message-Id']}\r\n"
            "Auto-Submitted: auto-replied\r\n"
        )
        self._send(mail(number=541, subject="Out of office", body="I am away.", extra=reply))
        self._round()
        row = self.intakes.search([("message_id", "=", "<m541@example.com>")])
        self.assertEqual((row.verdict, row.complaint_id), ("automatic", complaint))
        self.assertEqual(len(self.office.received(DORA)), 1)

    def test_lists_get_no_answer(self):
        for number, extra in enumerate(("Precedence: bulk\r\n", "List-Id: <x.example.com>\r\n"), 550):
            self._send(mail(number=number, extra=extra))
        self._round()
        rows = self.intakes.search([("message_id", "in", ["<m550@example.com>", "<m551@example.com>"])])
        self.assertEqual((rows.mapped("verdict"), len(rows.complaint_id)), (["list", "list"], 2))
        self.assertEqual(self.office.received(DORA), [])

    def test_our_own_address_as_sender_gets_no_answer(self):
        alias = self.team.complaint_alias_id
        own = alias.alias_full_name
        if own != CARE:
            alias.alias_domain_id = self.env["mail.alias.domain"].create({"name": "our.example.com"})
        self.assertEqual(alias.alias_full_name, CARE)
        self._send(mail(number=560, sender=CARE), sender=CARE)
        self._round()
        self.assertEqual(self.intakes.search([("message_id", "=", "<m560@example.com>")]).verdict, "automatic")
        self.assertEqual(len(self.office.received(CARE)), 1)

    def test_an_acknowledgement_that_does_not_arrive_is_a_task(self):
        self._send(mail(number=570))
        self._round()
        [answer] = self.office.received(DORA)
        complaint = self.intakes.search([("message_id", "=", "<m570@example.com>")]).complaint_id
        before = self.env["crm.complaint"].search_count([])
        bounce = (
            f"From: MAILER-DAEMON@example.com\r\nTo: {CARE}\r\nSubject: Undelivered\r\nMessage-ID: <b@example.com>\r\n"
            f"In-Reply-To: {answer['Message-Id']}\r\nReferences: {answer['Message-Id']}\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\nMIME-Version: 1.0\r\n\r\n"
            "--x\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n"
            "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.com\r\n\r\n"
            f"Final-Recipient: rfc822; {DORA}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "--x\r\nContent-Type: message/rfc822\r\n\r\n"
            f"Message-ID: {answer['Message-Id']}\r\nSubject: x\r\n\r\nx\r\n--x--\r\n"
        )
        self._send(bounce.encode(), sender="")
        self._round()
        self.assertEqual(self.env["crm.complaint"].search_count([]), before)
        self.assertEqual(complaint.activity_ids.mapped("summary"), [
            "A mail did not arrive: reach the customer in another way"
        ])  # fmt: skip
        self.assertEqual(len(self.office.received(DORA)), 1)

    def test_a_machine_under_ever_new_addresses_runs_dry(self):
        self.env["crm.complaint.rate"].search([]).unlink()  # of this hour, by tests that commit
        with patch.object(acknowledge, "ACKNOWLEDGEMENTS_PER_DOMAIN", 3):
            for number in range(5):
                self._send(mail(number=590 + number, sender=f"ticket-{number}@example.com"))
            self._round()
        rows = self.intakes.search([("message_id", "like", "<m59%@example.com>")])
        self.assertEqual(len(rows.complaint_id), 5)
        received = [len(self.office.received(f"ticket-{number}@example.com")) for number in range(5)]
        self.assertEqual(sorted(received), [0, 0, 1, 1, 1])

    # === FOREIGN ANSWERS === #

    def test_a_stranger_does_not_get_into_a_complaint(self):
        self._send(mail(number=580))
        self._round()
        [answer] = self.office.received(DORA)
        complaint = self.intakes.search([("message_id", "=", "<m580@example.com>")]).complaint_id
        extra = f"In-Reply-To: {answer['Message-Id']}\r\nCc: boris@example.com\r\n"
        self._send(mail(number=581, sender="mallory@example.com", body="Send it to me.", extra=extra))
        self._send(mail(number=582, body="The red one.", extra=extra))
        self._round()
        strangers = self.intakes.search([("message_id", "=", "<m581@example.com>")]).complaint_id
        self.assertNotEqual(strangers, complaint)
        self.assertEqual(strangers.related_ids, complaint)
        texts = " ".join(complaint.message_ids.mapped("body"))
        self.assertIn("The red one.", texts)
        self.assertNotIn("Send it to me.", texts)
        self.assertNotIn(self.boris, (complaint | strangers).message_partner_ids)

    def test_a_real_multipart_mail_with_a_picture(self):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Žofia <zofia@example.com>", CARE, "Kávovar 🔥"
        message["Message-ID"] = "<z@example.com>"
        message.set_content("Horí.")
        message.add_alternative("<p>Horí.</p><script>alert(1)</script>", subtype="html")
        message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="../../oheň.png")
        self._send(message.as_bytes(), sender="zofia@example.com")
        self._round()
        complaint = self.intakes.search([("message_id", "=", "<z@example.com>")]).complaint_id
        self.assertEqual((complaint.name, complaint.partner_name), ("Kávovar 🔥", "Žofia"))
        self.assertIn("Horí.", complaint.description)
        self.assertNotIn("script", complaint.description)
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.complaint"), ("res_id", "=", complaint.id)]
        )
        self.assertEqual(attachments.mapped("raw"), [b"\x89PNG"])
