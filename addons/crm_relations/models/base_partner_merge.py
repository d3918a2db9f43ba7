from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    # === MERGING === #

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """Make ready what hangs on the partners of a merge, before its foreign keys are rewritten.

        Odoo rewrites the columns by SQL and, where a constraint refuses that, deletes every row of the merged
        partners. A model with a constraint over a partner therefore resolves its conflicts here, and each addon
        adds its own by extending this method. Runs in the transaction of the merge.

        :param src_partners: ``res.partner`` records that will be deleted
        :param dst_partner: the ``res.partner`` that stays
        """

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._crm_merge_prepare(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)
