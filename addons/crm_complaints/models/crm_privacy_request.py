from odoo import api, models
from odoo.addons.crm_relations.tools.privacy import ANONYMISE, PrivacySource
from odoo.fields import Domain

OF_COMPLAINTS = (
    "crm.complaint.point",
    "crm.complaint.letter",
    "crm.complaint.promise",
    "crm.complaint.remedy",
    "crm.complaint.solution.use",
    "crm.complaint.clock",
)


class CrmPrivacyRequest(models.Model):
    """Complaints of a person, and everything that hangs on them down to the mail as it came in."""

    _inherit = "crm.privacy.request"

    @api.model
    def _crm_privacy_sources(self):
        label = self._model_label
        sources = [
            PrivacySource(
                "crm.complaint",
                label("crm.complaint"),
                persons=("partner_id",),
                rows=self._complaints_by_address,
                # what it was made of became a complaint once and for ever
                keep_fields=("source_model",),
                hidden=("email_cc", "priority"),
            ),
            PrivacySource(
                "crm.complaint.intake",
                label("crm.complaint.intake"),
                rows=self._intake_of,
                keep_fields=("fingerprint", "payload_hash", "source", "ext_key"),
                hidden=("fingerprint", "payload_hash", "message_id", "email_to", "error"),
            ),
            PrivacySource(
                "rating.rating",
                label("rating.rating"),
                persons=("partner_id",),
                keep_fields=("parent_res_model",),
                hidden=("res_id", "parent_res_id", "res_model", "parent_res_model"),
            ),
        ]
        sources += [
            PrivacySource(name, label(name), rows=self._of_complaints(name), erasure=ANONYMISE, hidden=("key",))
            for name in OF_COMPLAINTS
        ]
        return super()._crm_privacy_sources() | {source.model: source for source in sources}

    @api.model
    def _crm_privacy_texts(self):
        return [
            *super()._crm_privacy_texts(),
            "crm.complaint",
            "crm.complaint.intake",
            "crm.complaint.point",
            "crm.complaint.letter",
            "crm.complaint.promise",
            "crm.complaint.remedy",
            "crm.complaint.action",
            "crm.complaint.solution",
            "crm.complaint.solution.use",
            "rating.rating",
        ]

    def _complaints_by_address(self, persons):
        """Complaints whose complainant was never made a contact."""
        emails = list(filter(None, persons.mapped("email_normalized")))
        # sudo: officers answer about everything
        complaints = self.env["crm.complaint"].sudo().with_context(active_test=False)
        return complaints.search(Domain("partner_id", "=", False) & Domain("email_normalized", "in", emails))

    def _complaints_of(self, persons):
        complaints = self.env["crm.complaint"].sudo().with_context(active_test=False)  # sudo: as above
        return complaints.search([("partner_id", "in", persons.ids)]) | self._complaints_by_address(persons)

    def _intake_of(self, persons):
        """What came in from the person's addresses, or became one of their complaints."""
        emails = list(filter(None, persons.mapped("email_normalized")))
        return (
            self.env["crm.complaint.intake"]
            .sudo()
            .search(  # sudo: as above
                ["|", ("complaint_id", "in", self._complaints_of(persons).ids), ("email_normalized", "in", emails)]
            )
        )

    def _of_complaints(self, name):
        def rows(persons):
            model = self.env[name].sudo().with_context(active_test=False)  # sudo: as above
            return model.search([("complaint_id", "in", self._complaints_of(persons).ids)])

        return rows
