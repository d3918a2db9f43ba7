from odoo import models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext


class MailMessage(models.Model):
    _inherit = "mail.message"

    def action_make_complaint(self):
        """A customer's message on another document is a complaint: a complaint of it, received when it came; once.

        :raises UserError: for our own messages, and for those on a complaint
        """
        self.ensure_one()
        # sudo: the reader of the message need not read the users
        ours = any(user._is_internal() for user in self.sudo().author_id.user_ids)
        if ours or self.message_type not in ("email", "comment") or self.model == "crm.complaint":
            raise UserError(self.env._("Only a message of a customer becomes a complaint."))
        first_line = html2plaintext(self.body or "").strip().split("\n")[0][:100]
        complaint = self.env["crm.complaint"]._make_from(
            self,
            {
                "name": self.subject or first_line or self.env._("(no subject)"),
                "partner_id": self.author_id.id,
                "email_from": self.email_from,
                "channel": "email" if self.message_type == "email" else "other",
                "date_received": self.date,
                "description": self.body,
            },
            # sudo: who may read the message may read its files
            self.sudo().attachment_ids,
        )
        return complaint._get_records_action()
