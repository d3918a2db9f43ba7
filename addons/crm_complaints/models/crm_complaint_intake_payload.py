import base64
import hashlib
import json

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize, plaintext2html

from ..tools import payload as reader
from ..tools.file_names import safe_file_name

MAX_PAYLOADS = 100
SAME_NAMES = ("phone", "product_reference", "reference")


class CrmComplaintIntake(models.Model):
    """Complaints that come as data: by the forms and from other systems.

    They take the way of the mails: kept first, by a transaction of its own, then processed; in quarantine when
    that fails.
    """

    _inherit = "crm.complaint.intake"

    source = fields.Char(string="Other System", readonly=True)
    ext_key = fields.Char(string="Key", readonly=True, help="The key of the message in the other system.")
    payload_hash = fields.Char(readonly=True)

    # === THE DOOR FOR OTHER SYSTEMS === #

    @api.model
    def submit(self, payloads):
        """Register complaints from another system, each once, however often it is sent.

        A payload has the fields of ``tools.payload``: ``source`` and ``key`` (which together name it for ever),
        ``subject``, ``description``, one of ``name``, ``email``, ``phone``, ``customer_ref``, ``partner_id``; and, if
        known, ``channel``, ``date_received`` (ISO 8601), ``remedy_sought``, ``product_reference``, ``reference``,
        ``files`` (``[{"name", "content": base64}]``).

        :param list payloads: at most 100 dicts
        :return: one dict for each, in order: ``key`` and ``status``: ``registered`` (with ``complaint``, the number,
            and ``id``; the same answer for the same payload sent again), ``kept`` (a person has to look at it) or
            ``refused`` with ``errors``, nothing kept
        :raises AccessError: without the group *Integration*
        :raises UserError: when it is not a list of at most 100
        """
        if not self.env.user.has_groups("crm_complaints.group_integration,crm_complaints.group_user_all"):
            raise AccessError(self.env._("Only users of the group 'Complaints: Integration' submit complaints."))
        if not isinstance(payloads, list) or len(payloads) > MAX_PAYLOADS:
            raise UserError(self.env._("Send a list of at most %(limit)s complaints.", limit=MAX_PAYLOADS))
        return [self._submit_one(payload) for payload in payloads]

    def _submit_one(self, payload):
        key = payload.get("key") if isinstance(payload, dict) else None
        problems = reader.problems(payload, fields.Datetime.now())
        if problems:
            return {"key": key, "status": "refused", "errors": [self._problem_text(*problem) for problem in problems]}
        # sudo: the door writes the ledger, its user has no access to it
        intakes = self.sudo()
        partner, problem = intakes._payload_partner(payload)
        if problem:
            return {"key": key, "status": "refused", "errors": [problem]}
        # compared is what the other system sent, not what we found for it
        sent = hashlib.sha256(reader.canonical(payload)).hexdigest()
        found = {"company_id": self.env.company.id, "found_partner_id": partner.id}
        values = intakes._payload_values("api", payload | found, key, payload["source"]) | {"payload_hash": sent}
        return {"key": key, **intakes._receive_payload(values)}

    def _problem_text(self, name, code, detail):
        return {
            "object": lambda: self.env._("A complaint must be an object with named fields."),
            "unknown": lambda: self.env._("%(field)s: there is no such field.", field=name),
            "missing": lambda: self.env._("%(field)s: is missing.", field=name),
            "text": lambda: self.env._("%(field)s: must be a text.", field=name),
            "long": lambda: self.env._("%(field)s: at most %(limit)s characters.", field=name, limit=detail),
            "email": lambda: self.env._("%(field)s: is not an e-mail address.", field=name),
            "choice": lambda: self.env._("%(field)s: must be one of %(choices)s.", field=name, choices=detail),
            "moment": lambda: self.env._("%(field)s: must be a moment like 2026-03-02T10:00:00Z.", field=name),
            "future": lambda: self.env._("%(field)s: lies in the future.", field=name),
            "number": lambda: self.env._("%(field)s: must be the number of a contact.", field=name),
            "contact": lambda: self.env._("Say who complains: name, email, phone, customer_ref or partner_id."),
            "files": lambda: self.env._("%(field)s: must be a list of at most %(limit)s files.",
                                        field=name, limit=detail),
            "file": lambda: self.env._("%(field)s: each file needs a name and its content in base64.", field=name),
            "size": lambda: self.env._("%(field)s: a file is larger than %(limit)s MB.", field=name, limit=detail),
        }[code]()  # fmt: skip

    def _payload_partner(self, payload):
        """The customer a payload means: by number, by reference, else by an e-mail address only one has.

        :return: (``res.partner``, perhaps empty; message when what was named does not exist)
        """
        partners = self.env["res.partner"].with_context(active_test=True)
        company = [("company_id", "in", (self.env.company.id, False))]
        if partner_id := payload.get("partner_id"):
            found = partners.search([("id", "=", min(partner_id, 2**31 - 1)), *company])
            return found, not found and self.env._("partner_id: there is no contact %(id)s.", id=partner_id)
        if ref := (payload.get("customer_ref") or "").strip():
            found = partners.search([("ref", "=", ref), *company], limit=2)
            if len(found) != 1:
                return partners, self.env._("customer_ref: not exactly one contact has the reference %(ref)s.", ref=ref)
            return found, False
        if email := email_normalize(payload.get("email") or "", strict=False):
            found = partners.search([("email_normalized", "=", email), *company], limit=2)
            return found if len(found) == 1 else partners, False
        return partners, False

    # === KEEPING === #

    @api.model
    def _payload_values(self, channel, payload, key, source=None, verdict="human"):
        """The ledger row of a payload.

        :param str key: names the message for ever, within channel and source
        """
        raw = reader.canonical(payload)
        email = reader.clean(payload.get("email"))
        return {
            "date": fields.Datetime.now(),
            "channel": channel,
            "fingerprint": reader.digest(channel, source or "", key),
            "raw": psycopg2.Binary(base64.b64encode(raw)),
            "size": len(raw),
            "email_from": email or None,
            "email_normalized": email_normalize(email, strict=False) or None,
            "subject": reader.clean(payload.get("subject")) or None,
            "verdict": verdict,
            "state": "received",
            "copies": 0,
            "attempts": 0,
            "reused_id": False,
            "source": source and reader.clean(source),
            "ext_key": reader.clean(key),
            "payload_hash": hashlib.sha256(raw).hexdigest(),
        }

    @api.model
    def _receive_payload(self, values):
        """Keep a payload and process it.

        :param dict values: from :meth:`_payload_values`
        :return: ``{"status": "registered", "complaint": number, "id": id}`` or ``{"status": "kept"}`` or, for another
            payload under a key used before, ``{"status": "refused", "errors": [...]}``
        """
        intake_id = self._keep_row(values)
        before = self._answer_of(values["fingerprint"])
        if not intake_id and before["payload_hash"] != values["payload_hash"]:
            error = self.env._("key: %(key)s was used before with other content.", key=values["ext_key"])
            return {"status": "refused", "errors": [error]}
        if before["state"] == "received":
            self.browse(before["id"])._process()
            before = self._answer_of(values["fingerprint"])
        if before["complaint_id"]:
            return {"status": "registered", "complaint": before["code"], "id": before["complaint_id"]}
        return {"status": "kept"}

    def _answer_of(self, fingerprint):
        """State of a row, with the eyes of a fresh transaction."""
        with self.env.registry.cursor() as cr:
            cr.execute(
                """SELECT i.id, i.state, i.payload_hash, i.complaint_id, c.code
                     FROM crm_complaint_intake i LEFT JOIN crm_complaint c ON c.id = i.complaint_id
                    WHERE i.fingerprint = %s""",
                (fingerprint,),
            )
            return cr.dictfetchone()

    # === PROCESSING === #

    def _process_payload(self):
        """Make the complaint of a payload, in the transaction of ``_process``."""
        self.ensure_one()
        if self.verdict != "human":
            return
        payload = json.loads(self._raw_bytes().decode("utf-8", "surrogatepass"))
        company, partner = self._payload_parties(payload)
        complaints = self.env["crm.complaint"].with_company(company)
        complaint = complaints.with_context(
            mail_create_nosubscribe=True,
            lang=partner.lang or payload.get("lang") or self.env.lang,
            complaint_intake_id=self.id,
        ).create(self._payload_complaint(payload, partner, company))
        complaint._note_intake()
        if partner and self.channel == "portal":
            # who complains on the portal is told of the answers
            complaint.message_subscribe(partner.ids)
        self._post_payload_files(complaint, payload, partner)

    def _payload_owner(self):
        """Company and customer that a payload names, for who registers it by hand.

        :raises UserError: when it came in for a company that is none of the user's: a complaint never changes company
        """
        self.ensure_one()
        try:
            # sudo: what came in is read to be registered
            payload = json.loads(self.sudo()._raw_bytes().decode("utf-8", "surrogatepass"))
        except ValueError:
            return {}
        # sudo: the name of a company that the user does not belong to
        company, partner = self.sudo()._payload_parties(payload)
        if company not in self.env.companies:
            raise UserError(
                self.env._("This came in for %(company)s: choose that company first.", company=company.name)
            )
        return {"company_id": company.id, "partner_id": partner.id}

    def _payload_parties(self, payload):
        """Company and customer of a payload.

        The customer may have gone, or been merged into another, since it came in; the complaint of a contact of one
        company only is that company's.
        """
        company = self.env["res.company"].browse(payload.get("company_id")).exists() or self.env.company
        partner = self.env["res.partner"].browse(payload.get("found_partner_id")).exists()
        return (company if partner._belongs_to_complaints_of(company) else partner.company_id), partner

    def _payload_complaint(self, payload, partner, company):
        moment = reader.parse_moment(payload["date_received"]) if payload.get("date_received") else None
        values = {name: reader.clean(payload[name]) for name in SAME_NAMES if payload.get(name)}
        values |= {
            "name": reader.clean(payload["subject"]),
            "description": plaintext2html(payload["description"].replace("\0", "")),
            "channel": payload.get("channel") or ("other" if self.channel == "api" else self.channel),
            # never later than the moment we kept it
            "date_received": min(moment or self.date, self.date),
            "partner_id": partner.id,
            "user_id": False,
            "company_id": company.id,
        }
        if payload.get("remedy_sought"):
            values["remedy_sought"] = payload["remedy_sought"].replace("\0", "").strip()
        if payload.get("name"):
            values["partner_name"] = reader.clean(payload["name"])
        if self.email_from:
            values["email_from"] = self.email_from
        return values

    def _post_payload_files(self, complaint, payload, partner):
        files = [(safe_file_name(file["name"]), reader.file_content(file)) for file in payload.get("files") or ()]
        if files:
            # the files belong to a message of the customer, so the customer may read them again
            complaint.message_post(
                body=self.env._("Files sent with the complaint"),
                author_id=partner.id or self.env["res.users"].browse(SUPERUSER_ID).partner_id.id,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                attachments=files,
            )
