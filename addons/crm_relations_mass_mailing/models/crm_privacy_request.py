from odoo import api, models
from odoo.addons.crm_relations.tools.privacy import ANONYMISE, DELETE, PrivacySource
from odoo.fields import Domain


class CrmPrivacyRequest(models.Model):
    """Mailings name people by their address only: the subscribers of lists, and what was sent to whom."""

    _inherit = "crm.privacy.request"

    @api.model
    def _crm_privacy_sources(self):
        label = self._model_label
        sources = [
            PrivacySource("mailing.contact", label("mailing.contact"), rows=self._subscribers_of, erasure=DELETE),
            # what a mailing counts stays
            PrivacySource(
                "mailing.trace", label("mailing.trace"), rows=self._traces_of, erasure=ANONYMISE,
                keep_fields=("model",), hidden=("model", "message_id"),
            ),
        ]  # fmt: skip
        return super()._crm_privacy_sources() | {source.model: source for source in sources}

    def _subscribers_of(self, persons):
        emails = self._emails_of(persons)
        # sudo: officers answer about everything
        subscribers = self.env["mailing.contact"].sudo().with_context(active_test=False)
        return subscribers.search([("email_normalized", "in", emails)])

    def _traces_of(self, persons):
        emails = self._emails_of(persons)
        by_record = Domain("model", "=", "res.partner") & Domain("res_id", "in", persons.ids)
        # sudo: as above
        return self.env["mailing.trace"].sudo().search(by_record | Domain("email", "in", emails))
