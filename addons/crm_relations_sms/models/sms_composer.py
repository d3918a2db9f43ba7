from odoo import api, fields, models


class SmsComposer(models.TransientModel):
    """Text messages keep to the rules of contact.

    One to somebody who may not be contacted is refused; in a batch, that
    recipient is left out as one who opted out.
    """

    _inherit = "sms.composer"

    crm_purpose = fields.Selection(
        selection=lambda self: self.env["mail.compose.message"]._fields["crm_purpose"]._description_selection(self.env),
        string="Purpose",
        compute="_compute_crm_purpose",
        store=True,
        readonly=False,
        help="What the message is for: the rules of contact differ.",
    )
    crm_contact_override = fields.Char(
        string="Why All the Same",
        help="The reason for which the rules of contact do not count here. Administrators only.",
    )
    crm_contact_advice = fields.Text(string="Rules of Contact", compute="_compute_crm_contact_advice")
    crm_contact_effect = fields.Char(compute="_compute_crm_contact_advice")

    # === COMPUTE METHODS === #

    @api.depends("composition_mode", "res_model")
    def _compute_crm_purpose(self):
        models_of_customers = self.env["mail.compose.message"]._crm_customer_models()
        for composer in self:
            # a mailing of text messages has a field of that name, from another addon
            mailing = "mailing_id" in composer._fields and composer.mailing_id
            many = composer.composition_mode == "mass" and (mailing or composer.res_model in models_of_customers)
            composer.crm_purpose = composer.crm_purpose or ("marketing" if many else "service")

    @api.depends("composition_mode", "res_model", "res_id", "res_ids", "crm_purpose")
    @api.depends_context("lang", "tz", "company")
    def _compute_crm_contact_advice(self):
        for composer in self:
            effect, advice = "allow", ""
            if composer.composition_mode == "comment" and composer.res_model:
                partners = composer._crm_partners_of(composer._get_records())
                customers = self.env["res.partner"].browse(list(partners))
                effect, advice = customers._crm_contact_advice_all("sms", composer.crm_purpose or "service")
            composer.crm_contact_advice = advice
            composer.crm_contact_effect = effect

    # === SENDING === #

    def _crm_partners_of(self, records):
        """``{partner id: record}``: whom the messages about these records go to."""
        if not records or "_sms_get_recipients_info" not in dir(type(records)):
            return {}
        info = records._sms_get_recipients_info(force_field=self.number_field_name)
        return {info[record.id]["partner"].id: record for record in records if info[record.id]["partner"]}

    def _action_send_sms_comment(self, records=None):
        records = records if records is not None else self._get_records()
        origins = self._crm_partners_of(records)
        partners = self.env["res.partner"].browse(list(origins))
        purpose = self.crm_purpose or "service"
        partners._crm_contact_check("sms", purpose, origins=origins, override=self.crm_contact_override)
        messages = super()._action_send_sms_comment(records=records)
        self._crm_count(partners, origins)
        return messages

    def _crm_customers_of(self, recipients):
        """Whom the messages of a batch reach: who is named, else everybody with that number.

        :param recipients: ``{record id: (partner, number in international form)}``
        :return: ``{record id: partners}``
        """
        partners = self.env["res.partner"]
        by_phone = partners._crm_contact_by_phone(
            number for partner, number in recipients.values() if number and not partner
        )
        return {
            record_id: partner or by_phone.get(number, partners) for record_id, (partner, number) in recipients.items()
        }

    def _get_optout_record_ids(self, records, recipients_info):
        """Records whose customer the rules of contact refuse opted out."""
        optout = list(super()._get_optout_record_ids(records, recipients_info))
        recipients = {
            record.id: (recipients_info[record.id]["partner"], recipients_info[record.id].get("sanitized"))
            for record in records
        }
        customers = self._crm_customers_of(recipients)
        origins = {partner.id: record for record in records for partner in customers[record.id]}
        partners = self.env["res.partner"].browse(list(origins))
        override = partners._crm_contact_may_override() and (self.crm_contact_override or "").strip()
        allowed = partners._crm_contact_filter("sms", self._crm_purpose_code(), origins, override)
        refused = partners - allowed
        optout += [record_id for record_id, found in customers.items() if found & refused]
        if not override and self._crm_counts():
            numbers = [number for _partner, number in recipients.values()]
            suppressed = self.env["crm.privacy.suppression"]._suppressed(numbers, "phone")
            optout += [record_id for record_id, (_partner, number) in recipients.items() if number in suppressed]
        return optout

    def _prepare_mass_sms_values(self, records):
        values = super()._prepare_mass_sms_values(records)
        partners = self.env["res.partner"]
        outgoing = records.filtered(lambda record: values[record.id]["state"] == "outgoing")
        recipients = {
            record.id: (partners.browse(values[record.id]["partner_id"] or ()), values[record.id]["number"])
            for record in outgoing
        }
        customers = self._crm_customers_of(recipients)
        origins = {partner.id: record for record in outgoing for partner in customers[record.id]}
        self._crm_count(partners.browse(list(origins)), origins)
        override = partners._crm_contact_may_override() and (self.crm_contact_override or "").strip()
        if self._crm_counts() and not override:
            for record in outgoing:
                values[record.id]["crm_purpose_code"] = self._crm_purpose_code()
        return values

    def _crm_purpose_code(self):
        """What the rules of contact are asked about: a mailing of text messages says so itself."""
        mailing = self.mailing_id if "mailing_id" in self._fields else None
        if mailing and hasattr(mailing, "_crm_purpose_code"):
            return mailing._crm_purpose_code()
        return self.crm_purpose or "service"

    def _crm_counts(self):
        """Only contacts for sales and advertising are counted, and judged again when they leave."""
        return self.env["res.partner"]._crm_contact_kind(self._crm_purpose_code()) != "service"

    def _crm_count(self, partners, origins):
        if self._crm_counts():
            customers = partners._crm_contact_customers()
            self.env["crm.contact.touch"]._record(customers, "sms", self._crm_purpose_code(), origins)
