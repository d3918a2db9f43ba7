from odoo import api, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """No alert is lost: a case that both customers had keeps its rows, told apart by their keys.

        No evaluation finds the changed key again, so the repetition is closed with the next one.
        """
        super()._crm_merge_prepare(src_partners, dst_partner)
        self.env["crm.alert"].flush_model()
        self.env.execute_query(
            SQL(
                """
                WITH ranked AS (
                    SELECT id, row_number() OVER (
                               PARTITION BY rule_id, case_key ORDER BY partner_id <> %(kept)s, state <> 'open', id
                           ) AS place
                      FROM crm_alert WHERE partner_id IN %(all)s
                )
                UPDATE crm_alert SET case_key = case_key || ' (merged ' || crm_alert.id || ')'
                  FROM ranked WHERE crm_alert.id = ranked.id AND place > 1 RETURNING 1
                """,
                kept=dst_partner.id,
                all=tuple((src_partners | dst_partner).ids),
            )
        )
        self.env["crm.alert"].invalidate_model()
