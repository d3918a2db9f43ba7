from odoo import fields, models


class SmsSms(models.Model):
    """Text messages of a batch are judged again when they leave: a "no" counts for what is queued already."""

    _inherit = "sms.sms"

    crm_purpose_code = fields.Char(
        string="Purpose", readonly=True, copy=False, help="What a message of a batch is for. Empty: for service."
    )

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        leaving = self - self._crm_hold_back()
        if leaving:
            super(SmsSms, leaving)._send(
                unlink_failed=unlink_failed, unlink_sent=unlink_sent, raise_exception=raise_exception
            )

    def _crm_hold_back(self):
        """Cancel the messages to customers who may no longer be contacted for what they are for.

        :return: the cancelled messages
        """
        held = self.browse()
        for purpose, messages in self.filtered("crm_purpose_code").grouped("crm_purpose_code").items():
            reached = messages._crm_recipients()
            customers = self.env["res.partner"].union(*reached.values())._crm_contact_customers()
            refused = customers._crm_standing_refusals("sms", purpose, dict.fromkeys(customers.ids))
            held |= messages.filtered(
                lambda message, reached=reached, refused=refused: any(one.id in refused for one in reached[message])
            )
        if held:
            held._update_sms_state_and_trackers("canceled", failure_type="sms_optout")
        return held

    def _crm_recipients(self):
        """``{message: partners}``: who is named, else everybody with that number."""
        partners = self.env["res.partner"]
        by_phone = partners._crm_contact_by_phone(
            message.number for message in self if message.number and not message.partner_id
        )
        return {message: message.partner_id or by_phone.get(message.number, partners) for message in self}
