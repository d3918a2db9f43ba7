from odoo import api, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    @api.model
    def _crm_customer_models(self):
        return [*super()._crm_customer_models(), "mailing.contact"]

    @api.depends("mass_mailing_id")
    def _compute_crm_purpose(self):
        """A mailing's purpose is the mailing's."""
        mailings = self.filtered("mass_mailing_id")
        for composer in mailings:
            composer.crm_purpose = composer.mass_mailing_id.crm_purpose
        return super(MailComposeMessage, self - mailings)._compute_crm_purpose()

    @api.depends("mass_mailing_id")
    def _compute_crm_consent_purpose_id(self):
        mailings = self.filtered("mass_mailing_id")
        for composer in mailings:
            composer.crm_consent_purpose_id = composer.mass_mailing_id.crm_consent_purpose_id
        return super(MailComposeMessage, self - mailings)._compute_crm_consent_purpose_id()

    def _crm_override(self):
        # sudo: only administrators of customers and contacts write it
        return self.mass_mailing_id.sudo().crm_contact_override or super()._crm_override()

    def _crm_may_override(self):
        return bool(self.mass_mailing_id.sudo().crm_contact_override) or super()._crm_may_override()  # sudo: as above
