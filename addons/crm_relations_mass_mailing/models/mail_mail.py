from odoo import models
from odoo.addons.crm_relations.tools import contact_rules
from odoo.tools import email_normalize

STANDING_CONDITIONS = ("no_contact", "excluded", "consent", "always", *contact_rules.ALWAYS_ON)
"""Rules that a mail in the queue can come to break; numbers and hours were judged when it was written."""


class MailMail(models.Model):
    """Mails of a mailing are judged again when they leave: a "no" counts for what is queued already."""

    _inherit = "mail.mail"

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        held = self._crm_hold_back()
        return super(MailMail, self - held).send(
            auto_commit=auto_commit, raise_exception=raise_exception, post_send_callback=post_send_callback
        )

    def _crm_hold_back(self):
        """Cancel the mails of mailings to customers who may no longer be contacted.

        :return: the cancelled mails
        """
        held = self.browse()
        queued = self.filtered(lambda mail: mail.mailing_id and mail.state == "outgoing")
        for mailing, mails in queued.grouped("mailing_id").items():
            # sudo: only administrators of customers and contacts write it
            if not mailing.sudo().crm_contact_override:
                held |= mails._crm_no_longer_allowed(mailing)
        if held:
            held.write({"state": "cancel", "failure_type": "mail_optout"})
            held.mailing_trace_ids.write({"trace_status": "cancel", "failure_type": "mail_optout"})
            # the customer's history would say "Received the mailing"
            held.mail_message_id.write({"model": False, "res_id": False})
        return held

    def _crm_no_longer_allowed(self, mailing):
        partners_of = self._crm_recipients()
        origins = {partner.id: mailing for partners in partners_of.values() for partner in partners}
        customers = self.env["res.partner"].browse(origins)._crm_contact_customers()
        purpose = mailing._crm_purpose_code()
        refused = {
            partner_id: decision
            for partner_id, decision in customers._crm_may_contact("email", purpose).items()
            if any(
                finding.effect == "refuse" and finding.rule.condition in STANDING_CONDITIONS
                for finding in decision.findings
            )
        }
        rows = customers._crm_contact_log_rows(
            refused, {"warn": "warn", "refuse": "refuse"}, "email", purpose, origins, None
        )
        self.env["crm.contact.decision"]._log(rows)
        return self.filtered(lambda mail: any(partner.id in refused for partner in partners_of[mail]))

    def _crm_recipients(self):
        """``{mail: partners}``: the recipients, else everybody with that address."""
        emails = {
            mail: email_normalize(mail.email_to or "", strict=False) for mail in self if not mail.recipient_ids
        }
        partners = self.env["res.partner"]
        by_email = partners._crm_contact_by_email(filter(None, emails.values()))
        return {mail: mail.recipient_ids or by_email.get(emails[mail], partners) for mail in self}
