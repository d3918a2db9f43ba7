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
            customers = messages.partner_id._crm_contact_customers()
            refused = customers._crm_standing_refusals("sms", purpose, dict.fromkeys(customers.ids))
            held |= messages.filtered(lambda message, refused=refused: message.partner_id.id in refused)
        if held:
            held._update_sms_state_and_trackers("canceled", failure_type="sms_optout")
        return held
