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

    @api.depends("partner_ids", "crm_purpose", "composition_mode", "subtype_is_log")
    @api.depends_context("lang", "tz", "company")
    def _compute_crm_contact_advice(self):
        order = ("allow", "warn", "refuse")
        for composer in self:
            effect, lines = "allow", []
            if composer.composition_mode == "comment" and not composer.subtype_is_log:
                customers = composer.partner_ids._origin._crm_contact_customers()
                decisions = customers._crm_may_contact("email", composer.crm_purpose or "service")
                for customer in customers:
                    decision = decisions[customer.id]
                    advice = customer._crm_contact_advice(decision)
                    if advice:
                        lines.append(f"{customer.display_name}: {advice}")
                        effect = max(effect, decision.effect, key=order.index)
            composer.crm_contact_advice = "\n".join(lines)
            composer.crm_contact_effect = effect

    # === SENDING === #

    def _manage_mail_values(self, mail_values_all):
        """The last look at what is to be sent: single mails are refused here, and contacts are counted."""
        results = super()._manage_mail_values(mail_values_all)
        if self.composition_mode == "comment":
            self._crm_check_comment(results)
        else:
            self._crm_count_mass(results)
        return results

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
            self.crm_purpose,
            origins={key: record for key, record in origins.items() if record},
            override=self.crm_contact_override,
        )
        if self._crm_counts():
            self.env["crm.contact.touch"]._record(partners._crm_contact_customers(), "email", self.crm_purpose, origins)

    def _crm_counts(self):
        """Only contacts for sales and advertising are counted."""
        return self.env["res.partner"]._crm_contact_kind(self.crm_purpose) != "service"

    def _get_optout_emails(self, mail_values_dict):
        """Recipients whom the rules of contact refuse opted out."""
        emails = super()._get_optout_emails(mail_values_dict)
        origins = self._crm_mass_origins(mail_values_dict)
        partners = self.env["res.partner"].browse(origins)
        allowed = partners._crm_contact_filter("email", self.crm_purpose, origins, self.crm_contact_override)
        refused = (partners - allowed).sudo()  # sudo: addresses of recipients
        return [*emails, *filter(None, refused.mapped("email_normalized"))]

    def _crm_mass_partners(self, mail_values_dict):
        """Which customers the mails of a batch go to: recipients, else everybody with that address.

        :return: ``{record id: partners}``
        """
        partners = self.env["res.partner"]
        found, by_email = {}, {}
        for res_id, values in mail_values_dict.items():
            ids = [command[1] for command in values.get("recipient_ids") or () if command[1]]
            found[res_id] = partners.browse(ids)
            email = not ids and email_normalize(values.get("email_to") or "", strict=False)
            if email:
                by_email.setdefault(email, []).append(res_id)
        if by_email:
            # sudo: one who does not want to be contacted is not, whoever may read that
            for partner in partners.sudo().search([("email_normalized", "in", list(by_email))]).sudo(False):
                for res_id in by_email[partner.sudo().email_normalized]:
                    found[res_id] |= partner
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
        self.env["crm.contact.touch"]._record(partners, "email", self.crm_purpose, origins)
