from odoo import models


class MailMail(models.Model):
    """Mails of a mailing are judged again by what the mailing is for."""

    _inherit = "mail.mail"

    def _crm_by_purpose(self):
        mailed = self.filtered("mailing_id")
        found = super(MailMail, self - mailed)._crm_by_purpose()
        for mailing, mails in mailed.grouped("mailing_id").items():
            # sudo: only administrators of customers and contacts write it
            if not mailing.sudo().crm_contact_override:
                found[mailing._crm_purpose_code(), mailing] = mails
        return found

    def _crm_cancel(self):
        super()._crm_cancel()
        mailed = self.filtered("mailing_id")
        mailed.mailing_trace_ids.write({"trace_status": "cancel", "failure_type": "mail_optout"})
        # the customer's history would say "Received the mailing"
        mailed.mail_message_id.write({"model": False, "res_id": False})
