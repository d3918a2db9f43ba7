from dataclasses import replace

from odoo import api, models
from odoo.addons.crm_relations.models.crm_privacy_retention import RetentionCategory
from odoo.addons.crm_relations.tools.privacy import ANONYMISE
from odoo.fields import Domain

from .crm_privacy_request import OF_COMPLAINTS

ERASED = "Erased"
"""What stands where something has to stand once the words are gone."""
HOLDERS = ("partner_id", "commercial_partner_id")


class CrmPrivacyRetention(models.Model):
    """How long the words of complaints are kept; number, dates and decisions stay, the register has no gaps."""

    _inherit = "crm.privacy.retention"

    @api.model
    def _categories(self):
        return super()._categories() | {
            "complaint": RetentionCategory(
                "crm.complaint",
                self.env._("Closed complaints"),
                "date_closed",
                Domain("phase", "=", "closed") & Domain("name", "!=", ERASED),
                ANONYMISE,
            ),
            # the fingerprint stays: what came once is no new complaint when it comes again
            "complaint_intake": RetentionCategory(
                "crm.complaint.intake",
                self.env._("Complaints as they came in"),
                "date",
                Domain("state", "in", ("done", "ignored")) & Domain("raw", "!=", False),
                ANONYMISE,
            ),
        }

    def _due(self, category, limit=None):
        if category.model == "crm.complaint.intake":
            category = replace(category, pending=category.pending & self._intake_not_held())
        return super()._due(category, limit)

    def _intake_not_held(self):
        """The ledger names no contact: a hold or restriction reaches it over the complaint or the sender's address."""
        # sudo: holds come before periods, whoever carries them out
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        held = partners.search(
            (Domain("crm_legal_hold", "!=", False) | Domain("crm_restricted", "=", True))
            & Domain("email_normalized", "!=", False)
        )
        free = Domain.AND(
            Domain(holder, "=", False)
            | Domain(f"{holder}.crm_legal_hold", "=", False) & Domain(f"{holder}.crm_restricted", "=", False)
            for holder in HOLDERS
        )
        return Domain("email_normalized", "not in", held.mapped("email_normalized")) & (
            Domain("complaint_id", "=", False) | Domain("complaint_id", "any", free)
        )

    def _carry_out(self, rows, category):
        """With a complaint goes what hangs on it: points, letters with their files, and the mail as it came in."""
        if category.model == "crm.complaint":
            requests = self.env["crm.privacy.request"].sudo()  # sudo: the tools of erasure
            sources = requests._crm_privacy_sources()
            self.env.flush_all()
            # sudo: as the complaints; a letter holds on to the message that it was sent with
            requests._clear_field(self._hanging_on("crm.complaint.letter", rows), "message_id")
            self.env.invalidate_all(flush=False)
            for name in (*OF_COMPLAINTS, "crm.complaint.intake"):
                if hanging := self._hanging_on(name, rows):
                    super()._carry_out(hanging, replace(category, model=name, erasure=sources[name].erasure))
        super()._carry_out(rows, category)

    def _hanging_on(self, name, complaints):
        # sudo: as the complaints
        return self.env[name].sudo().with_context(active_test=False).search([("complaint_id", "in", complaints.ids)])
