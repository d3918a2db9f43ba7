from dataclasses import replace

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..tools.privacy import ANONYMISE, DELETE, KEEP, PrivacySource

TEXTS = ("char", "text", "html", "json", "binary")
LEAD_KEEP = ("website_form_data", "color")


class CrmPrivacyRequest(models.Model):
    """What the models hold about a person: the port through which each addon says its own."""

    _inherit = "crm.privacy.request"

    @api.model
    def _crm_privacy_sources(self):
        """What is held about a person, for copies and erasures.

        Another addon calls ``super()`` and adds entries. Models that name no customer need none; rows of models without
        an entry that name the person by a field are found all the same and cleared of names and addresses.

        :return: ``{model name: tools.privacy.PrivacySource}``
        """
        label = self._model_label
        own = ("partner_id",)
        sources = [
            PrivacySource("res.partner", label("res.partner"), rows=lambda persons: persons, erasure=ANONYMISE),
            PrivacySource(
                "crm.interaction",
                label("crm.interaction"),
                persons=("partner_id", "contact_id", "person_id"),
                clear=("message_body", "attachment_ids"),
                keep_fields=("origin_key",),
                hidden=("origin_key", "contact_override"),
            ),
            PrivacySource("crm.need", label("crm.need"), persons=own, keep_fields=("unit",)),
            PrivacySource("crm.lead", label("crm.lead"), persons=own, rows=self._leads_of, clear=("lead_properties",)),
            PrivacySource(
                "crm.consent",
                label("crm.consent"),
                persons=own,
                erasure=KEEP,
                reason=self.env._(
                    "The words of consent and objection stay as proof, without evidence or name (GDPR, article 7(1))."
                ),
            ),
            PrivacySource("crm.contact.decision", label("crm.contact.decision"), persons=own, erasure=DELETE),
            PrivacySource("crm.contact.touch", label("crm.contact.touch"), persons=own, erasure=DELETE, copied=False),
            PrivacySource("crm.alert", label("crm.alert"), persons=(*own, "commercial_partner_id"), erasure=DELETE),
            # they stay without number and words: what a day's wallboard and reports count does not change
            PrivacySource(
                "crm.call",
                label("crm.call"),
                persons=(*own, "commercial_partner_id"),
                rows=self._calls_of,
                clear=("candidate_ids",),
                keep_fields=("external_id",),
                hidden=("external_id",),
            ),
            PrivacySource("crm.callback", label("crm.callback"), persons=own, rows=self._callbacks_of),
            PrivacySource("crm.partner.channel", label("crm.partner.channel"), persons=own, erasure=DELETE),
            PrivacySource("crm.contact.window", label("crm.contact.window"), persons=own, erasure=DELETE),
            PrivacySource("crm.partner.child", label("crm.partner.child"), persons=own, erasure=DELETE),
            PrivacySource("crm.partner.attitude", label("crm.partner.attitude"), persons=own, erasure=DELETE),
            PrivacySource("crm.company.fact", label("crm.company.fact"), persons=own, erasure=DELETE),
            PrivacySource(
                "crm.partner.relation",
                label("crm.partner.relation"),
                persons=("left_partner_id", "right_partner_id"),
                erasure=DELETE,
                hidden=("note",),
            ),
            PrivacySource("crm.partner.group", label("crm.partner.group"), persons=own, erasure=DELETE),
            PrivacySource("crm.customer.group.member", label("crm.customer.group.member"), persons=own, erasure=DELETE),
            PrivacySource(
                "crm.partner.duplicate",
                label("crm.partner.duplicate"),
                persons=("partner_id", "other_id"),
                erasure=DELETE,
                copied=False,
            ),
            PrivacySource(
                "crm.privacy.request",
                label("crm.privacy.request"),
                persons=own,
                keep_fields=("name",),
                hidden=("report",),
            ),
            PrivacySource("calendar.attendee", label("calendar.attendee"), persons=own, erasure=DELETE),
            PrivacySource("res.partner.bank", label("res.partner.bank"), persons=own, erasure=DELETE),
        ]
        return {source.model: source for source in sources}

    @api.model
    def _model_label(self, name):
        return self.env[name]._description

    def _emails_of(self, persons):
        """Addresses of a person, former ones that nobody else has now as well."""
        current = set(filter(None, persons.mapped("email_normalized")))
        person = persons[:1]._crm_privacy_person()
        former = replace(person, names=(), phones=(), numbers=(), emails=tuple(set(person.emails) - current))
        alone = self._unique_person(former, persons).emails
        return sorted(current | set(filter(None, map(email_normalize, alone))))

    def _leads_of(self, persons):
        """Leads that name a person by address only belong to that person too."""
        emails = self._emails_of(persons)
        # sudo: officers answer about everything
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        return leads.search(Domain("partner_id", "=", False) & Domain("email_normalized", "in", emails))

    def _calls_of(self, persons):
        """Calls from a number of the person that nobody assigned to a customer."""
        numbers = list(filter(None, persons.mapped("phone_sanitized")))
        # sudo: officers answer about everything
        calls = self.env["crm.call"].sudo()
        return calls.search(Domain("partner_id", "=", False) & Domain("number_key", "in", numbers))

    def _callbacks_of(self, persons):
        """Callbacks to a number of the person that nobody assigned to a customer."""
        numbers = list(filter(None, persons.mapped("phone_sanitized")))
        # sudo: officers answer about everything
        callbacks = self.env["crm.callback"].sudo()
        return callbacks.search(Domain("partner_id", "=", False) & Domain("number_key", "in", numbers))

    # === ROWS === #

    def _privacy_rows(self, source, persons):
        """The rows of a source that belong to a person, whatever is archived and of whichever company."""
        # sudo: officers answer about everything, also about what they may not read in their daily work
        model = self.env[source.model].sudo().with_context(active_test=False)
        rows = model.browse()
        if source.persons:
            rows |= model.search(Domain.OR(Domain(name, "in", persons.ids) for name in source.persons))
        if source.rows:
            rows |= source.rows(persons).with_env(model.env)
        return rows

    @api.model
    def _privacy_text_fields(self, model):
        """Stored fields with words: what may name somebody."""
        return {
            name: field
            for name, field in model._fields.items()
            if field.store and field.type in TEXTS and not (field.related and not field.column_type)
        }
