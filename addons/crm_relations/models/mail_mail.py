from odoo import fields, models
from odoo.tools import email_normalize


class MailMail(models.Model):
    """Mails of a batch are judged again when they leave: a "no" counts for what is queued already."""

    _inherit = "mail.mail"

    crm_purpose_code = fields.Char(
        string="Purpose", readonly=True, copy=False, help="What a mail of a batch is for. Empty: for service."
    )

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        held = self._crm_hold_back()
        return super(MailMail, self - held).send(
            auto_commit=auto_commit, raise_exception=raise_exception, post_send_callback=post_send_callback
        )

    def _crm_hold_back(self):
        """Cancel the mails to customers who may no longer be contacted for what the mail is for.

        :return: the cancelled mails
        """
        held = self.browse()
        for (purpose, origin), mails in self.filtered(lambda mail: mail.state == "outgoing")._crm_by_purpose().items():
            held |= mails._crm_no_longer_allowed(purpose, origin)
        if held:
            held._crm_cancel()
        return held

    def _crm_by_purpose(self):
        """``{(purpose code, record or None that sends them): mails}`` of the mails that are to be judged again."""
        batch = self.filtered("crm_purpose_code")
        return {(code, None): mails for code, mails in batch.grouped("crm_purpose_code").items()}

    def _crm_cancel(self):
        self.write({"state": "cancel", "failure_type": "mail_optout"})

    def _crm_no_longer_allowed(self, purpose, origin):
        partners_of = self._crm_recipients()
        origins = {
            partner.id: origin or self._crm_document(mail) for mail, found in partners_of.items() for partner in found
        }
        customers = self.env["res.partner"].browse(origins)._crm_contact_customers()
        refused = customers._crm_standing_refusals("email", purpose, origins)
        return self.filtered(lambda mail: any(partner.id in refused for partner in partners_of[mail]))

    def _crm_document(self, mail):
        known = mail.model in self.env and mail.res_id
        return self.env[mail.model].browse(mail.res_id) if known else None

    def _crm_recipients(self):
        """``{mail: partners}``: the recipients, else everybody with that address."""
        emails = {
            mail: email_normalize(mail.email_to or "", strict=False) for mail in self if not mail.recipient_ids
        }
        partners = self.env["res.partner"]
        by_email = partners._crm_contact_by_email(filter(None, emails.values()))
        return {mail: mail.recipient_ids or by_email.get(emails[mail], partners) for mail in self}
