from odoo import fields, models
from odoo.exceptions import UserError


class MailScheduledMessage(models.Model):
    """A message for later is judged again when its time comes: a "no" said in between counts."""

    _inherit = "mail.scheduled.message"

    crm_purpose_code = fields.Char(
        string="Purpose", readonly=True, copy=False, help="What it is for. Empty: for service."
    )

    def _post_message(self, raise_exception=True):
        """Post those that may still be sent; the writers of the others are told why not.

        :raises UserError: for who posts one now by hand
        """
        held = self.browse()
        for scheduled in self.filtered("crm_purpose_code"):
            reasons = scheduled._crm_refusal()
            if reasons and raise_exception:
                raise UserError(reasons)
            if reasons:
                held += scheduled
                scheduled._crm_tell_writer(reasons)
        result = super(MailScheduledMessage, self - held)._post_message(raise_exception=raise_exception)
        held.unlink()
        return result

    def _crm_refusal(self):
        """Why it may not be sent any more, in words; empty when it may."""
        self.ensure_one()
        customers = self.partner_ids._crm_contact_customers()
        document = self.env[self.model].browse(self.res_id)
        origins = dict.fromkeys(customers.ids, document)
        refused = customers._crm_standing_refusals("email", self.crm_purpose_code, origins)
        return customers._crm_contact_refusal(refused) if refused else ""

    def _crm_tell_writer(self, reasons):
        self.env["mail.thread"].message_notify(
            partner_ids=self.create_uid.partner_id.ids,
            subject=self.env._("A scheduled message was not sent"),
            body=reasons,
            model=self.model,
            res_id=self.res_id,
        )
