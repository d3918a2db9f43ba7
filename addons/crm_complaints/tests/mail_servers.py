"""Real servers for mail in the process of the tests: what is sent to one address lies in its mailbox.

SMTP is aiosmtpd. IMAP speaks the commands that ``imaplib`` and Odoo's ``fetchmail.server`` use, and no more.
"""

import re
import socketserver
import threading
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller


class PostOffice:
    """Mailboxes by address, an SMTP server that fills them and an IMAP server that shows them."""

    def __init__(self):
        self.mailboxes = {}
        self.smtp = Controller(self, hostname="127.0.0.1", port=0)
        self.imap = socketserver.ThreadingTCPServer(("127.0.0.1", 0), ImapSession)
        self.imap.daemon_threads = True
        self.imap.office = self

    def start(self):
        # port 0: whichever is free; aiosmtpd would try to reach port 0 itself, so it gets one
        with socketserver.TCPServer(("127.0.0.1", 0), None) as probe:
            self.smtp.port = probe.server_address[1]
        self.smtp.start()
        threading.Thread(target=self.imap.serve_forever, daemon=True).start()

    def stop(self):
        self.smtp.stop()
        self.imap.shutdown()
        self.imap.server_close()

    @property
    def smtp_port(self):
        return self.smtp.port

    @property
    def imap_port(self):
        return self.imap.server_address[1]

    def box(self, address):
        return self.mailboxes.setdefault(address.lower(), [])

    def received(self, address):
        """What lies in a mailbox, as ``EmailMessage``."""
        return [message_from_bytes(item["raw"], policy=policy.default) for item in self.box(address)]

    def put(self, address, raw):
        self.box(address).append({"raw": raw, "flags": set()})

    async def handle_DATA(self, server, session, envelope):  # the name is aiosmtpd's
        head = f"Return-Path: <{envelope.mail_from or ''}>\r\nReceived: from test by test\r\n".encode()
        for address in envelope.rcpt_tos:
            self.put(address, head + envelope.original_content)
        return "250 OK"


class ImapSession(socketserver.StreamRequestHandler):
    """One connection: the mailbox is that of the user who logs in, any password is right."""

    box = ()

    def handle(self):
        self._say("* OK ready")
        for line in self.rfile:
            tag, _space, rest = line.decode().strip().partition(" ")
            name, _space, arguments = rest.partition(" ")
            getattr(self, f"do_{name.lower()}", self._unknown)(arguments)
            self._say(f"{tag} OK {name} done")
            if name.upper() == "LOGOUT":
                return

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def _unknown(self, arguments):
        pass

    def do_capability(self, arguments):
        self._say("* CAPABILITY IMAP4REV1")

    def do_login(self, arguments):
        self.box = self.server.office.box(arguments.split()[0].strip('"'))

    def do_select(self, arguments):
        self._say(f"* {len(self.box)} EXISTS")

    def do_search(self, arguments):
        unseen = [str(number) for number, item in enumerate(self.box, 1) if "\\Seen" not in item["flags"]]
        self._say(f"* SEARCH {' '.join(unseen)}".rstrip())

    def do_fetch(self, arguments):
        number = int(arguments.split()[0])
        item = self.box[number - 1]
        item["flags"].add("\\Seen")
        self._say(f"* {number} FETCH (RFC822 {{{len(item['raw'])}}}")
        self.wfile.write(item["raw"] + b")\r\n")

    def do_store(self, arguments):
        number, operation, flags = re.match(r"(\d+) ([+-])FLAGS(?:\.SILENT)? \(?([^)]*)\)?", arguments).groups()
        found = self.box[int(number) - 1]["flags"]
        (found.update if operation == "+" else found.difference_update)(flags.split())
        self._say(f"* {number} FETCH (FLAGS ({' '.join(found)}))")
