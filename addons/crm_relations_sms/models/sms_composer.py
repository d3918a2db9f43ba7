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

    def _get_optout_record_ids(self, records, recipients_info):
        """Records whose customer the rules of contact refuse opted out."""
        optout = list(super()._get_optout_record_ids(records, recipients_info))
        partner_of = {record.id: recipients_info[record.id]["partner"] for record in records}
        origins = {partner_of[record.id].id: record for record in records if partner_of[record.id]}
        partners = self.env["res.partner"].browse(list(origins))
        override = partners._crm_contact_may_override() and (self.crm_contact_override or "").strip()
        allowed = partners._crm_contact_filter("sms", self._crm_purpose_code(), origins, override)
        refused = partners - allowed
        return optout + [record_id for record_id, partner in partner_of.items() if partner and partner in refused]

    def _prepare_mass_sms_values(self, records):
        values = super()._prepare_mass_sms_values(records)
        origins = {
            values[record.id]["partner_id"]: record
            for record in records
            if values[record.id]["state"] == "outgoing" and values[record.id]["partner_id"]
        }
        partners = self.env["res.partner"].browse(list(origins))
        self._crm_count(partners, origins)
        purpose = self._crm_purpose_code()
        override = partners._crm_contact_may_override() and (self.crm_contact_override or "").strip()
        if partners._crm_contact_kind(purpose) != "service" and not override:
            for record in origins.values():
                values[record.id]["crm_purpose_code"] = purpose
        return values

    def _crm_purpose_code(self):
        """What the rules of contact are asked about: a mailing of text messages says so itself."""
        mailing = self.mailing_id if "mailing_id" in self._fields else None
        if mailing and hasattr(mailing, "_crm_purpose_code"):
            return mailing._crm_purpose_code()
        return self.crm_purpose or "service"

    def _crm_count(self, partners, origins):
        """Only contacts for sales and advertising are counted."""
        purpose = self._crm_purpose_code()
        if partners._crm_contact_kind(purpose) != "service":
            self.env["crm.contact.touch"]._record(partners._crm_contact_customers(), "sms", purpose, origins)
