import hashlib

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, html2plaintext, parse_contact_from_email

SOURCE = "mail"


class CrmRequest(models.Model):
    """Mails to the address of a request type become requests; a person reads them and starts the plan."""

    _inherit = "crm.request"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A request of a mail; the same mail again is the same request.

        :raises UserError: when it cannot be handed in, with the reason
        """
        values = custom_values or {}
        request_type = self.env["crm.request.type"].browse(values.get("type_id")) or self._default_type_id()
        company = request_type.company_id or self.env.company
        body = html2plaintext(msg_dict.get("body") or "").replace("\x00", "").strip()
        sender = msg_dict.get("email_from") or msg_dict.get("from") or ""
        subject = " ".join((msg_dict.get("subject") or "").replace("\x00", "").split())
        payload = {
            "source": SOURCE,
            "ext_key": self._mail_key(msg_dict, subject, body),
            "kind": request_type.code,
            "company_id": company.id,
            "name": (subject or self.env._("E-mail from %(sender)s", sender=sender))[:200],
            "start": False,
        }
        if body:
            payload["description"] = body[:20_000]
        if partner := self._mail_customer(msg_dict, sender, company):
            payload["partner"] = {"id": partner.id}
        # sudo: whoever writes has no rights; the alias decides what becomes of it
        [result] = self.sudo().with_company(company).submit([payload])
        if result["status"] == "error":
            raise UserError("\n".join(error["message"] for error in result["errors"]))
        return self.browse(result["id"])

    @api.model
    def _mail_key(self, msg_dict, subject, body):
        """One for a mail: its identifier, with what it says, because some programs give two mails one identifier."""
        parts = (msg_dict.get("message_id") or "", msg_dict.get("email_from") or "", subject, body)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()

    @api.model
    def _mail_customer(self, msg_dict, sender, company):
        """Who wrote, as the company knows them; a stranger becomes a contact."""
        # sudo: the mail gateway knows and makes contacts
        partners = self.env["res.partner"].sudo()
        author = partners.browse(msg_dict.get("author_id") or ())
        if not author and sender:
            author = partners.find_or_create(sender)
        if not author or (author.active and (not author.company_id or author.company_id == company)):
            return author
        # an archived contact or one of another company cannot ask here, but the mail must not be lost
        name, email = parse_contact_from_email(sender)
        own = [("email_normalized", "=", email_normalize(email)), ("company_id", "in", (False, company.id))]
        if email and (known := partners.search(own, limit=1)):
            return known
        return partners.create({"name": name or email or author.name, "email": email, "company_id": company.id})

    @api.model
    def _detect_loop_sender_domain(self, email_from_normalized):
        return [("partner_id.email_normalized", "=", email_from_normalized)]
