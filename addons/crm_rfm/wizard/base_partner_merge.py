from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Drop the scores of the partners that disappear and score the remaining one again.

        A score is derived from documents: moving the row of a source would break the rule of
        one score per model and customer, and its figures would be wrong after the merge.
        """
        # sudo: scores are written by nobody; whoever may merge partners must not need more
        scores = self.env["crm.rfm.score"].sudo().search([("partner_id", "in", src_partners.ids)])
        rfm_models = scores.model_id
        scores.unlink()
        rfm_models._recount()
        self.env["crm.rfm.snapshot"].sudo()._merge_partners(src_partners, dst_partner)
        for name in ("crm.rfm.value", "crm.rfm.recommendation"):
            self.env[name].sudo().search([("partner_id", "in", src_partners.ids)]).unlink()
        self.env["crm.rfm.action.line"].sudo()._merge_partners(src_partners, dst_partner)
        # the base method repoints the foreign keys in SQL
        self.env.flush_all()
        result = super()._update_foreign_keys(src_partners, dst_partner)
        rfm_models._refresh_partners(dst_partner.commercial_partner_id)
        return result
