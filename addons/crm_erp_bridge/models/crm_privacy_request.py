from odoo import api, models
from odoo.addons.crm_relations.tools.privacy import KEEP, PrivacySource


class CrmPrivacyRequest(models.Model):
    """Requests and contracts of a person, and what is told to other systems."""

    _inherit = "crm.privacy.request"

    @api.model
    def _crm_privacy_sources(self):
        label = self._model_label
        sources = [
            PrivacySource(
                "crm.request",
                label("crm.request"),
                persons=("partner_id",),
                keep_fields=("source", "ext_key", "payload_hash"),
                hidden=("source", "ext_key", "payload_hash", "origin_key"),
            ),
            PrivacySource(
                "crm.request.line", label("crm.request.line"), persons=("request_id.partner_id",), hidden=("sequence",)
            ),
            PrivacySource(
                "crm.contract",
                label("crm.contract"),
                persons=("partner_id",),
                erasure=KEEP,
                reason=self.env._("Contracts are kept until the periods of commercial law and of claims are over."),
            ),
            PrivacySource(
                "crm.commission.line",
                label("crm.commission.line"),
                persons=("partner_id",),
                erasure=KEEP,
                reason=self.env._("What salespeople are paid is proved by the documents it was reckoned from."),
            ),
        ]
        return super()._crm_privacy_sources() | {source.model: source for source in sources}

    @api.model
    def _crm_privacy_texts(self):
        return [
            *super()._crm_privacy_texts(),
            "crm.request",
            "crm.request.line",
            "crm.request.step",
            "crm.request.file",
            "crm.outbox",
            "crm.outbox.dead",
            "crm.competitor",
            "crm.competitor.bid",
            "crm.money.violation",
            "crm.tender",
            "project.task",
        ]
