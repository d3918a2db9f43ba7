import base64

from odoo.tests import tagged

from .test_intake import IntakeCommon, mail

XSS = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a><svg onload=alert(1)>"
    "<iframe src='https://x.example.com'></iframe><form action='https://x.example.com'><input></form>"
    "<base href='https://x.example.com'><meta http-equiv=refresh content='0;url=https://x.example.com'>"
    "<div style='position:fixed;top:0'>over all</div><math><mi xlink:href='javascript:alert(1)'>x</mi></math>"
)


def multipart(number, *parts, head=""):
    """A mail of several parts, each with its own headers."""
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return (
        f"Message-ID: <m{number}@example.com>\r\nFrom: Dora <dora@example.com>\r\nTo: care@our.example.com\r\n"
        f"Subject: Kettle\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n{head}MIME-Version: 1.0\r\n"
        f"Content-Type: multipart/mixed; boundary=b\r\n\r\n{body}--b--\r\n"
    ).encode()


def file_part(name, content=b"x", kind="application/octet-stream"):
    encoded = base64.b64encode(content).decode()
    return (
        f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}"
    )


TEXT = "Content-Type: text/plain; charset=utf-8\r\n\r\nIt leaks."


@tagged("post_install", "-at_install")
class TestOddMails(IntakeCommon):
    """What real mailboxes bring: each mail becomes one complaint, or waits with a reason, never neither."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.complaint_auto_acknowledge = False

    def _complaint_of(self, raw):
        intake = self._receive(raw)
        self.assertEqual(intake.state, "done", intake.error)
        return intake.complaint_id

    def _files(self, complaint):
        return self.env["ir.attachment"].search([("res_model", "=", complaint._name), ("res_id", "=", complaint.id)])

    def _kept(self, raw):
        intake = self._receive(raw)
        self.assertEqual(len(intake), 1)
        self.assertIn(intake.state, ("done", "quarantine"))
        self.assertEqual(bool(intake.complaint_id), intake.state == "done")
        self.assertEqual(base64.b64decode(intake.raw), raw)
        return intake

    def test_message_ids(self):
        odd = (f"<{'x' * 10_000}@example.com>", "<ž@example.com>", "<a b@example.com>", "x")
        for number, message_id in enumerate(odd):
            raw = mail(None, body=str(number)).replace(b"From:", f"Message-ID: {message_id}\r\nFrom:".encode(), 1)
            self._kept(raw)
        self._kept(mail(1).replace(b"<m1@", b"<m1\r\n @"))

    def test_alphabets(self):
        for charset, text in (
            ("iso-2022-jp", "やかんが漏れます"),
            ("utf-16", "Kettle leaks"),
            ("windows-1250", "Žehlička horí"),
            ("koi8-r", "Чайник течёт"),
        ):
            encoded = base64.b64encode(text.encode(charset)).decode()
            part = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"
            complaint = self._complaint_of(multipart(f"c-{charset}", part))
            self.assertIn(text, complaint.description, charset)
        wrong = mail(3, body="x").replace(b"\r\nx\r\n", "\r\nŽ\r\n".encode("windows-1250"))
        self._kept(wrong)
        self._kept(b"\xef\xbb\xbf" + mail(4))

    def test_broken_structure(self):
        nested = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 1000
        self._kept(mail(10).replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", nested))
        self._kept(multipart(11, TEXT).replace(b"--b--", b""))
        self._kept(multipart(12, TEXT).replace(b"--b", b"--c"))
        inner = mail(13).decode()
        self._kept(multipart(14, TEXT, f"Content-Type: message/rfc822\r\n\r\n{inner}"))
        self._kept(mail(15)[:150])

    def test_without_words(self):
        self.assertEqual(self._complaint_of(mail(20, subject="", body="")).name, "(no subject)")
        complaint = self._complaint_of(multipart(21, file_part("photo.png", b"photo", "image/png")))
        self.assertEqual(self._files(complaint).raw, b"photo")

    def test_received_is_when_we_got_it(self):
        for number, date in enumerate(("1 Jan 2099 10:00:00 +0000", "1 Jan 1970 00:00:00 +0000", "yesterday", "")):
            raw = mail(30 + number).replace(b"Mon, 2 Mar 2026 10:00:00 +0000", date.encode())
            intake = self._kept(raw)
            self.assertEqual(intake.complaint_id.date_received.date(), intake.date.date(), date)

    def test_two_of_our_addresses(self):
        self.env["crm.team"].create({"name": "Help", "use_complaints": True, "complaint_alias_name": "help"})
        domain = self.env["mail.alias.domain"].search([], limit=1)
        domain = domain or domain.create({"name": "our.example.com"})
        aliases = self.env["mail.alias"].search([("alias_model_id.model", "=", "crm.complaint")])
        aliases.alias_domain_id = domain
        intake = self._receive(mail(41, to=", ".join(aliases.mapped("alias_full_name"))), model=None)
        self.assertEqual(intake.state, "done")
        self.assertEqual(self.env["crm.complaint"].search([("email_normalized", "=", "dora@example.com")]),
                         intake.complaint_id)  # fmt: skip
        for alias in aliases:
            self.assertIn(alias.alias_full_name, intake.email_to)

    def test_doubled_headers(self):
        raw = mail(40, extra="From: Eva <eva@example.com>\r\nSubject: Other\r\nTo: x@example.com\r\n")
        self.assertEqual(len(self._kept(raw).complaint_id), 1)

    def test_files(self):
        names = ("../../etc/passwd", "x" * 300 + ".txt", "invoice\u202egpj.exe", "nul.txt", "page.html", "a.svg")
        complaint = self._complaint_of(multipart(50, TEXT, *(file_part(name) for name in names), file_part("0", b"")))
        self.assertGreaterEqual(len(self._files(complaint)), len(names))
        for file in self._files(complaint):
            self.assertNotRegex(file.name, "[/\\\\\u202e]")
            self.assertLessEqual(len(file.name), 255)
            self.assertNotIn(file.mimetype, ("text/html", "image/svg+xml"))

    def test_much_of_everything(self):
        links = " ".join(f"https://x{number}.example.com" for number in range(5001))
        self._kept(mail(60, body=links))
        self._kept(mail(61, body="x" * 1_000_000))
        cc = ", ".join(f"c{number}@example.com" for number in range(500))
        intake = self._kept(mail(62, extra=f"Cc: {cc}\r\n"))
        self.assertFalse(intake.complaint_id.message_partner_ids)
        self._kept(mail(63, to="undisclosed-recipients:;"))

    def test_nothing_runs_in_the_browser(self):
        part = f"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Leaks</p>{XSS}"
        complaint = self._complaint_of(multipart(70, part))
        texts = complaint.description + " ".join(complaint.message_ids.mapped("body"))
        for word in (
            "<script", "onerror", "javascript:", "onload", "<iframe", "<form", "<base", "http-equiv", "position",
        ):  # fmt: skip
            self.assertNotIn(word, texts.lower(), word)
        self.assertIn("Leaks", texts)

    def test_nothing_is_evaluated_that_a_customer_wrote(self):
        trick = "{{7*7}} ${7*7} <t t-out=7*7/>"
        sender = '"{{object.company_id.name}}" <dora@example.com>'
        complaint = self._complaint_of(mail(71, subject=trick, sender=sender))
        self.assertEqual(complaint.name, trick)
        complaint.action_acknowledge()
        sent = self.env["mail.mail"].search([("model", "=", "crm.complaint"), ("res_id", "=", complaint.id)])
        self.assertNotIn("49", (sent.subject + sent.body_html).replace(complaint.code, ""))
        self.assertEqual(complaint.partner_name, "{{object.company_id.name}}")

    def test_every_character(self):
        subject = "🔥 Z̴̢̛a̵l̷g̶o مرحبا 𝕜𝕖𝕥𝕥𝕝𝕖 \u202eabc"
        complaint = self._complaint_of(mail(80, subject=subject, body=subject))
        self.assertEqual(complaint.name, subject)
