import io
import json
import zipfile
from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, fields, http
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, HttpCase, get_db_name, tagged
from odoo.tools import mute_logger

from .common import ComplaintsCommon
from .test_intake import IntakeCommon, mail
from .test_odd_mails import TEXT, file_part, multipart

FORMULA = '=HYPERLINK("https://x.example.com","click")'


@tagged("post_install", "-at_install")
class TestRouting(IntakeCommon):
    """Groups 9-11 of the bad inputs: where a mail goes that looks like an answer."""

    def _words(self, complaint):
        return " ".join(complaint.message_ids.mapped("body"))

    def test_a_number_guessed_in_the_subject_opens_nothing(self):
        complaint = self._complaint()
        intake = self._receive(mail(800, subject=f"Re: [{complaint.code}] {complaint.name}", body="Close it at once."))
        self.assertEqual(intake.state, "done")
        self.assertNotEqual(intake.complaint_id, complaint)
        self.assertFalse(intake.complaint_id.related_ids)
        self.assertNotIn("Close it at once.", self._words(complaint))

    def test_an_answer_under_another_subject_stays_on_its_complaint(self):
        complaint = self._receive(mail(801)).complaint_id
        with self.enter_registry_test_mode():
            sent = complaint.message_post(body="Which?", message_type="comment", subtype_xmlid="mail.mt_comment")
        extra = f"In-Reply-To: {sent.message_id}\r\n"
        answer = mail(802, extra=extra, subject="My bill is wrong, too", body="One more thing.")
        intake = self._receive(answer, model=None)
        self.assertEqual((intake.complaint_id, complaint.name), (complaint, "Kettle"))
        message = complaint.message_ids.filtered(lambda one: "One more thing." in (one.body or ""))
        self.assertEqual(message.subject, "My bill is wrong, too")

    def test_answers_of_many_to_one_newsletter_are_apart(self):
        letter = self.boris.message_post(body="News", message_type="email_outgoing", subtype_xmlid="mail.mt_comment")
        extra = f"References: {letter.message_id}\r\nIn-Reply-To: {letter.message_id}\r\n"
        found = [
            self._receive(mail(810 + number, sender=f"r{number}@example.com", extra=extra, body=f"word{number}"))
            for number in range(3)
        ]
        complaints = [intake.complaint_id for intake in found]
        self.assertEqual([len(complaint) for complaint in complaints], [1, 1, 1])
        self.assertEqual(len({complaint.id for complaint in complaints}), 3)
        for number, complaint in enumerate(complaints):
            words = self._words(complaint) + complaint.description
            self.assertEqual([f"word{other}" in words for other in range(3)], [other == number for other in range(3)])
        self.assertNotIn("word", self._words(self.boris))

    def test_an_answer_to_the_common_address_goes_where_it_belongs(self):
        """One mailbox for everything, what nobody knows becomes a complaint: answers to offers do not."""
        domain = self.env["mail.alias.domain"].create({"name": "our.example.com"})
        offer = self.boris.message_post(body="Offer", message_type="comment", subtype_xmlid="mail.mt_comment")
        extra = f"In-Reply-To: {offer.message_id}\r\n"
        intake = self._receive(mail(815, sender="x@example.com", to=domain.catchall_email, extra=extra, body="Taken."))
        self.assertEqual((intake.state, len(intake.complaint_id)), ("ignored", 0))
        self.assertIn("Taken.", self._words(self.boris))


@tagged("post_install", "-at_install")
class TestFiles(IntakeCommon):
    """Group 30: files are kept byte by byte and never opened, so nothing in them can happen here."""

    def test_kinds_of_files(self):
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", b"\0" * 5_000_000)
        files = {
            "bomb.zip": bomb.getvalue(),
            "winmail.dat": b"\x78\x9f\x3e\x22" + b"x" * 50,
            "photo.heic": b"\0\0\0\x18ftypheic",
            "polyglot.pdf": b"%PDF-1.7\nPK\x03\x04<script>alert(1)</script>",
            "virus.com": b"X5O!P%@AP" + b"[4\\PZX54(P^)7CC)7}$EICAR",
            "mail.eml": mail(821),
        }
        intake = self._receive(multipart(820, TEXT, *(file_part(name, content) for name, content in files.items())))
        self.assertEqual(intake.state, "done", intake.error)
        kept = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.complaint"), ("res_id", "=", intake.complaint_id.id)]
        )
        self.assertEqual({file.name: file.raw for file in kept}, files)

    def test_three_hundred_files(self):
        parts = [file_part(f"f{number}.txt", b"%d" % number) for number in range(300)]
        intake = self._receive(multipart(822, TEXT, *parts))
        self.assertEqual((intake.state, intake.complaint_id.message_attachment_count), ("done", 300))


@tagged("post_install", "-at_install")
class TestExport(ComplaintsCommon, HttpCase):
    """Group 35: what a customer wrote is no formula in the spreadsheet of a colleague."""

    def _export(self, kind, **params):
        complaint = self._complaint(name=FORMULA)
        self.clerk.group_ids += self.env.ref("base.group_allow_export")
        self.authenticate("cmp_clerk", "cmp_clerk")
        data = {
            "model": "crm.complaint", "ids": complaint.ids, "domain": [], "import_compat": False, "groupby": [],
            "fields": [{"name": "name", "label": "Subject", "type": "char"}], **params,
        }  # fmt: skip
        response = self.url_open(
            f"/web/export/{kind}", data={"data": json.dumps(data), "csrf_token": http.Request.csrf_token(self)}
        )
        self.assertEqual(response.status_code, 200)
        return response.content

    def _sheet(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()

    def test_xlsx(self):
        for groupby in ([], ["name"]):
            sheet, texts = self._sheet(self._export("xlsx", groupby=groupby))
            self.assertNotIn("<f>", sheet)
            self.assertIn("HYPERLINK", texts)

    def test_csv(self):
        self.assertIn(b"'=HYPERLINK", self._export("csv"))


@tagged("post_install", "-at_install")
class TestWhatIsReferredTo(ComplaintsCommon):
    """Groups 41 and 58: what a complaint names moves, or is deleted."""

    def test_who_leaves_a_company_takes_the_own_along_and_leaves_the_companys(self):
        own, companys = self._complaint(), self._complaint(partner_id=self.acme.id)
        seen = self.env["crm.complaint"].with_user(self.ana_user)
        self.assertEqual(seen.search([("id", "in", (own | companys).ids)]), own | companys)
        self.ana.parent_id = False
        self.assertEqual((own.commercial_partner_id, companys.commercial_partner_id), (self.ana, self.acme))
        self.assertEqual(seen.search([("id", "in", (own | companys).ids)]), own)

    def test_product_and_category_stay(self):
        product = self.env["product.product"].create({"name": "Kettle"})
        category = self.env["crm.complaint.category"].create({"name": "Leaks"})
        complaint = self._complaint(product_id=product.id, category_id=category.id)
        for record in (product, category):
            with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
                record.unlink()
        self.env.invalidate_all()
        self.assertEqual((complaint.product_id, complaint.category_id), (product, category))

    def test_without_its_user_it_is_everybodys(self):
        gone = self._user("cmp_gone", "group_user")
        complaint = self._complaint(gone)
        complaint.sudo().message_unsubscribe(complaint.sudo().message_partner_ids.ids)
        self.assertFalse(self.env["crm.complaint"].with_user(self.clerk).search([("id", "=", complaint.id)]))
        gone.unlink()
        self.assertEqual(self.env["crm.complaint"].with_user(self.clerk).search([("id", "=", complaint.id)]), complaint)


@tagged("post_install", "-at_install")
class TestImport(ComplaintsCommon):
    """Group 59: a file with bad rows brings nothing in, and names the rows."""

    def test_bad_rows(self):
        names = ["name", "channel", "severity", "date_received"]
        rows = [[f"Case {number}", "letter", "", "2026-03-02 10:00:00"] for number in range(200)]
        bad = [row[:] for row in rows]
        bad[7][2], bad[150][1] = "awful", "pigeon"
        complaints = self.env["crm.complaint"].with_user(self.admin)
        before = complaints.search_count([])
        with self.env.cr.savepoint() as savepoint:
            result = complaints.load(names, bad)
            savepoint.rollback()
        self.assertFalse(result["ids"])
        self.assertEqual(sorted(message["record"] for message in result["messages"]), [7, 150])
        self.assertIn("awful", " ".join(message["message"] for message in result["messages"]))
        self.assertEqual(complaints.search_count([]), before)
        result = complaints.load(names, rows)
        self.assertEqual((len(result["ids"]), result["messages"]), (200, []))
        made = complaints.browse(result["ids"])
        self.assertEqual(len(set(made.mapped("code"))), 200)
        self.assertEqual(set(made.mapped("phase")), {"received"})


@tagged("post_install", "-at_install")
class TestTwoSweeps(BaseCase):
    """Group 53: two scheduled jobs at once, with transactions of their own."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            env = self._env(cr)
            received = fields.Datetime.now() - timedelta(days=400)
            self.complaint_id = env["crm.complaint"].create({"name": "x", "date_received": received}).id
            cr.commit()  # pylint: disable=invalid-commit
        self.addCleanup(self._remove)

    def _env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def _remove(self):
        with self.registry.cursor() as cr:
            complaint = self._env(cr)["crm.complaint"].browse(self.complaint_id)
            complaint.activity_ids.unlink()
            complaint.message_ids.unlink()
            complaint.unlink()
            cr.commit()  # pylint: disable=invalid-commit

    def _given(self, env):
        events = env["crm.complaint.clock.event"].search([("complaint_id", "=", self.complaint_id)])
        return sorted((event.clock_id.id, event.level) for event in events)

    def test_each_warning_once(self):
        now = fields.Datetime.now()
        with self.registry.cursor() as cr1, self.registry.cursor() as cr2:
            first, second = self._env(cr1), self._env(cr2)
            self.assertFalse(self._given(second))  # its snapshot is from before the first one commits
            first["crm.complaint.clock"]._sweep(now, 500)
            given = self._given(first)
            _done, events = second["crm.complaint.clock"]._sweep(now, 500)
            self.assertNotIn(self.complaint_id, events.complaint_id.ids)
            cr1.commit()  # pylint: disable=invalid-commit
            cr2.rollback()
        self.assertTrue(given)
        with self.registry.cursor() as cr:
            env = self._env(cr)
            env["crm.complaint.clock"]._sweep(now, 500)
            self.assertEqual(self._given(env), given)
            cr.rollback()
