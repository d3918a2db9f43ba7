from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.mail import email_split_tuples

ONE_ACKNOWLEDGEMENT_IN = timedelta(hours=1)


class CrmComplaint(models.Model):
    """Complaints that come by mail."""

    _inherit = "crm.complaint"

    intake_ids = fields.One2many("crm.complaint.intake", "complaint_id", groups="crm_complaints.group_user_all")

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A complaint from a mail: received when the gateway got it, whatever the sender's clock says."""
        names = email_split_tuples(msg_dict.get("email_from") or "")
        values = {
            "name": (msg_dict.get("subject") or "").strip() or self.env._("(no subject)"),
            "channel": "email",
            "description": msg_dict.get("body"),
            "partner_id": msg_dict.get("author_id"),
            "partner_name": names[0][0] if names else False,
            "email_from": msg_dict.get("email_from"),
            "user_id": False,
            **(custom_values or {}),
        }
        complaint = super().message_new(msg_dict, values)
        complaint._note_intake()
        return complaint

    def message_update(self, msg_dict, update_vals=None):
        result = super().message_update(msg_dict, update_vals)
        self._note_intake()
        return result

    def _note_intake(self):
        """Tell the ledger which complaint a message belongs to, in the transaction of the complaint."""
        if intake_id := self.env.context.get("complaint_intake_id"):
            # sudo: the gateway writes the ledger, nobody else does
            self.env["crm.complaint.intake"].sudo().browse(intake_id).complaint_id = self.id

    def message_post(self, **kwargs):
        """Nobody follows a complaint because a mail says so: copied people and strangers are added by hand."""
        if self.env.context.get("complaint_intake_id") and kwargs.get("author_id") != self.partner_id.id:
            self = self.with_context(mail_post_autofollow_author_skip=True)
        return super().message_post(**kwargs)

    def _wants_acknowledgement(self):
        """No automatic answer to robots; one per sender and hour, so that nobody is flooded in our name."""
        if self.env.context.get("complaint_silent") or not super()._wants_acknowledgement():
            return False
        if self.channel not in ("email", "web"):
            return True
        # sudo: the sender's other complaints count, whoever may read them
        recent = self.sudo().search_count(
            [
                ("email_normalized", "=", self.email_normalized),
                ("acknowledge_channel", "=", "email"),
                ("date_acknowledged", ">", fields.Datetime.now() - ONE_ACKNOWLEDGEMENT_IN),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        return not recent
