from odoo import api, fields, models
from odoo.tools import email_normalize

from .. import const


class MailComposeMessage(models.TransientModel):
    """Mails keep to the rules of contact.

    What a mail is for decides: mails on documents are for service and
    contract, mails to many customers at once advertise, unless the writer says
    otherwise. A mail to somebody who may not be contacted is refused; in a
    batch, that recipient is left out as one who opted out.
    """

    _inherit = "mail.compose.message"

    crm_purpose = fields.Selection(
        selection=const.PURPOSES,
        string="Purpose",
        compute="_compute_crm_purpose",
        store=True,
        readonly=False,
        help="What the mail is for: the rules of contact differ.",
    )
    crm_consent_purpose_id = fields.Many2one(
        "crm.consent.purpose",
        string="About",
        domain="[('kind', '=', crm_purpose)]",
        compute="_compute_crm_consent_purpose_id",
        store=True,
        readonly=False,
        help="The purpose that customers agreed to. Empty: the one of that kind in general.",
    )
    crm_contact_override = fields.Char(
        string="Why All the Same",
        help="The reason for which the rules of contact do not count here. Administrators only.",
    )
    crm_contact_advice = fields.Text(string="Rules of Contact", compute="_compute_crm_contact_advice")
    crm_contact_effect = fields.Char(compute="_compute_crm_contact_advice")

    # === COMPUTE METHODS === #

    @api.model
    def _crm_customer_models(self):
        """Models whose records are customers themselves: mails to many of them are advertising."""
        return ["res.partner", "crm.lead"]

    @api.depends("composition_mode", "model")
    def _compute_crm_purpose(self):
        for composer in self:
            many = composer.composition_mode == "mass_mail" and composer.model in composer._crm_customer_models()
            composer.crm_purpose = composer.crm_purpose or ("marketing" if many else "service")

    @api.depends("crm_purpose")
    def _compute_crm_consent_purpose_id(self):
        for composer in self:
            if composer.crm_consent_purpose_id.kind != composer.crm_purpose:
                composer.crm_consent_purpose_id = False

    @api.depends("partner_ids", "crm_purpose", "crm_consent_purpose_id", "composition_mode", "subtype_is_log")
    @api.depends_context("lang", "tz", "company")
    def _compute_crm_contact_advice(self):
        for composer in self:
            effect, advice = "allow", ""
            if composer.composition_mode == "comment" and not composer.subtype_is_log:
                partners = composer.partner_ids._origin
                effect, advice = partners._crm_contact_advice_all("email", composer._crm_purpose_code())
            composer.crm_contact_advice = advice
            composer.crm_contact_effect = effect

    # === SENDING === #

    def _manage_mail_values(self, mail_values_all):
        """The last look at what is to be sent: single mails are refused here, and contacts are counted."""
        results = super()._manage_mail_values(mail_values_all)
        if self.composition_mode == "comment":
            self._crm_check_comment(results)
        else:
            self._crm_count_mass(results)
            self._crm_say_purpose(results)
        return results

    def _crm_say_purpose(self, values_all):
        """The mails of a batch say what they are for, to be judged again when they leave the queue."""
        code = self._crm_code_for_later()
        for values in values_all.values() if code else ():
            values["crm_purpose_code"] = code

    def _crm_code_for_later(self):
        """What is to be judged again when it leaves; empty for service, and when an administrator said why not."""
        overridden = self._crm_may_override() and self._crm_override()
        return "" if overridden or not self._crm_counts() else self._crm_purpose_code()

    def _prepare_schedule_message_post_values(self, post_values):
        values = super()._prepare_schedule_message_post_values(post_values)
        return values if self.subtype_is_log else values | {"crm_purpose_code": self._crm_code_for_later() or False}

    def _crm_check_comment(self, values_all):
        if self.subtype_is_log:
            return
        origins = {}
        for res_id, values in values_all.items():
            for partner_id in values.get("partner_ids") or ():
                origins.setdefault(partner_id, self.env[self.model].browse(res_id) if self.model else None)
        partners = self.env["res.partner"].browse(origins)
        partners._crm_contact_check(
            "email",
            self._crm_purpose_code(),
            origins={key: record for key, record in origins.items() if record},
            override=self._crm_override(),
        )
        if self._crm_counts():
            customers = partners._crm_contact_customers()
            self.env["crm.contact.touch"]._record(customers, "email", self._crm_purpose_code(), origins)

    def _crm_override(self):
        """Why these mails are sent whatever the rules of contact say."""
        return (self.crm_contact_override or "").strip()

    def _crm_may_override(self):
        return self.env["res.partner"]._crm_contact_may_override()

    def _crm_purpose_code(self):
        """What the rules of contact are asked about."""
        return self.crm_consent_purpose_id.code or self.crm_purpose or "service"

    def _crm_counts(self):
        """Only contacts for sales and advertising are counted."""
        return self.env["res.partner"]._crm_contact_kind(self._crm_purpose_code()) != "service"

    def _get_optout_emails(self, mail_values_dict):
        """Recipients whom the rules of contact refuse opted out."""
        emails = super()._get_optout_emails(mail_values_dict)
        origins = self._crm_mass_origins(mail_values_dict)
        partners = self.env["res.partner"].browse(origins)
        override = self._crm_may_override() and self._crm_override()
        allowed = partners._crm_contact_filter("email", self._crm_purpose_code(), origins, override)
        refused = (partners - allowed).sudo()  # sudo: addresses of recipients
        emails = [*emails, *filter(None, refused.mapped("email_normalized"))]
        if not override and self._crm_counts():
            written = [values.get("email_to") or "" for values in mail_values_dict.values()]
            normalized = {email_normalize(email, strict=False) for email in written}
            emails += self.env["crm.privacy.suppression"]._suppressed(normalized)
        return emails

    def _crm_mass_partners(self, mail_values_dict):
        """Which customers the mails of a batch go to: recipients, else everybody with that address.

        :return: ``{record id: partners}``
        """
        partners = self.env["res.partner"]
        found, emails = {}, {}
        for res_id, values in mail_values_dict.items():
            ids = [command[1] for command in values.get("recipient_ids") or () if command[1]]
            found[res_id] = partners.browse(ids)
            if not ids:
                emails[res_id] = email_normalize(values.get("email_to") or "", strict=False)
        by_email = partners._crm_contact_by_email(filter(None, emails.values()))
        for res_id, email in emails.items():
            found[res_id] |= by_email.get(email, partners)
        return found

    def _crm_mass_origins(self, mail_values_dict):
        """``{partner id: record}`` of the mails of a batch."""
        return {
            partner.id: self.env[self.model].browse(res_id)
            for res_id, found in self._crm_mass_partners(mail_values_dict).items()
            for partner in found
        }

    def _crm_count_mass(self, values_all):
        if not self._crm_counts():
            return
        sent = {res_id: values for res_id, values in values_all.items() if values.get("state") != "cancel"}
        origins = self._crm_mass_origins(sent)
        partners = self.env["res.partner"].browse(origins)._crm_contact_customers()
        self.env["crm.contact.touch"]._record(partners, "email", self._crm_purpose_code(), origins)
