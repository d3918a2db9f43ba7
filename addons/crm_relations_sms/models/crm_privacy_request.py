from odoo import api, models
from odoo.addons.crm_relations.tools.privacy import DELETE, PrivacySource
from odoo.fields import Domain


class CrmPrivacyRequest(models.Model):
    """Text messages to a person, also to a number that nobody assigned to a customer."""

    _inherit = "crm.privacy.request"

    @api.model
    def _crm_privacy_sources(self):
        name = "sms.sms"
        label = self._model_label(name)
        source = PrivacySource(
            name, label, persons=("partner_id",), rows=self._texts_to, erasure=DELETE, hidden=("uuid",)
        )
        return super()._crm_privacy_sources() | {name: source}

    def _texts_to(self, persons):
        numbers = list(filter(None, persons.mapped("phone_sanitized")))
        # sudo: officers answer about everything
        messages = self.env["sms.sms"].sudo()
        return messages.search(Domain("partner_id", "=", False) & Domain("number", "in", numbers))
