from odoo.tests import tagged
from odoo.tools import mute_logger

from .request_common import RequestCommon

MAIL = """Return-Path: <{sender}>
To: wishes@example.com
From: Ana <{sender}>
Subject: {subject}
Message-ID: <{key}@far.example.com>
Content-Type: text/plain; charset=utf-8
{header}
Could you prune our vines?
"""


@tagged("post_install", "-at_install")
class TestRequestMail(RequestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create({"name": "example.com"})
        cls.env.company.alias_domain_id = cls.domain
        cls.work_type.with_user(cls.boss).write({"alias_name": "Wishes"})

    def _mail(self, key="1", sender="ana@far.example.com", subject="Vines", header=""):
        raw = MAIL.format(key=key, sender=sender, subject=subject, header=f"{header}\n" if header else "")
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            return self.env["mail.thread"].sudo().message_process(None, raw)

    def _made(self):
        return self.env["crm.request"].search([("source", "=", "mail")], order="id")

    def test_a_mail_becomes_a_request(self):
        self.assertEqual(self.work_type.alias_email, "wishes@example.com")
        self.customer.email = "ana@far.example.com"
        request = self.env["crm.request"].browse(self._mail())
        self.assertEqual(
            (request.name, request.type_id, request.partner_id, request.phase, request.user_id.id, request.source),
            ("Vines", self.work_type, self.customer, "new", False, "mail"),
        )
        self.assertIn("Could you prune our vines?", request.description)
        self.assertEqual(request.message_ids.filtered(lambda message: message.message_type == "email").author_id,
                         self.customer)  # fmt: skip
        # nobody is responsible: every salesperson sees it, takes it and starts it
        request.with_user(self.seller).write({"user_id": self.seller.id})
        request.with_user(self.seller).action_start()
        self.assertEqual(self._states(request), {"work": "started", "tell": "planned"})

    def test_a_stranger_becomes_a_contact(self):
        request = self.env["crm.request"].browse(self._mail(sender="new@far.example.com"))
        self.assertEqual((request.partner_id.name, request.partner_id.email), ("Ana", "new@far.example.com"))

    def test_the_same_mail_twice_is_one(self):
        first = self._mail()
        self.assertFalse(self._mail())
        # also when the first message was deleted since, so that Odoo does not know its identifier any more
        self.env["crm.request"].browse(first).message_ids.sudo().unlink()
        self.assertEqual(self._mail(), first)
        self._mail(key="2")
        self.assertEqual(len(self._made()), 2)

    def test_an_answer_belongs_to_its_request(self):
        request = self.env["crm.request"].browse(self._mail())
        sent = request.message_ids.filtered("message_id")[:1].message_id
        answered = self._mail(key="2", subject="Re: Vines", header=f"In-Reply-To: {sent}")
        self.assertEqual((answered, len(self._made())), (request.id, 1))

    def test_robots_make_no_requests(self):
        for number, header in enumerate(
            ("Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "Precedence: auto_reply")
        ):
            self.assertFalse(self._mail(key=f"r{number}", header=header))
        self.assertFalse(self._mail(key="r9", sender="mailer-daemon@far.example.com"))
        self.assertFalse(self._made())

    def test_without_subject_and_with_a_very_long_one(self):
        self._mail(subject="")
        self._mail(key="2", subject="x" * 300)
        self.assertEqual(
            self._made().mapped("name"), ['E-mail from "Ana" <ana@far.example.com>', "x" * 200]
        )

    def test_contacts_that_cannot_ask_here_do_not_lose_the_mail(self):
        """One contact belongs to another company, one is archived: each mail becomes a request of a contact here."""
        other = self.env["res.company"].create({"name": "Another company"})
        elsewhere, archived = self.env["res.partner"].create(
            [
                {"name": "Ana", "email": "ana@far.example.com", "company_id": other.id},
                {"name": "Ben", "email": "ben@far.example.com", "active": False},
            ]
        )
        for key, known in enumerate((elsewhere, archived)):
            for again in range(2):
                request = self.env["crm.request"].browse(self._mail(key=f"{key}{again}", sender=known.email))
                self.assertEqual((request.partner_id.email, request.partner_id.active), (known.email, True))
                self.assertIn(request.partner_id.company_id, (self.env.company, self.env["res.company"]))
        self.assertEqual(len(self._made().partner_id), 2)
