from odoo import api, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """One membership per group and one row of groups I to IV per customer are left.

        The longest membership stays; of the rows of groups one set by hand before one derived (the chatter of
        all of them, with who set what and why, goes to the customer that stays).
        """
        super()._crm_merge_prepare(src_partners, dst_partner)
        self.env["crm.customer.group.member"].flush_model()
        self.env["crm.partner.group"].flush_model()
        values = {"all": tuple((src_partners | dst_partner).ids), "kept": dst_partner.id}
        self.env.execute_query(
            SQL(
                """
                WITH ranked AS (
                    SELECT id, row_number() OVER (PARTITION BY group_id ORDER BY date_since, id) AS place
                      FROM crm_customer_group_member WHERE partner_id IN %(all)s
                )
                DELETE FROM crm_customer_group_member USING ranked
                 WHERE crm_customer_group_member.id = ranked.id AND place > 1 RETURNING 1
                """,
                **values,
            )
        )
        self.env.execute_query(
            SQL(
                """
                WITH ranked AS (
                    SELECT id, row_number() OVER (
                               ORDER BY override_group IS NULL, partner_id <> %(kept)s, override_date DESC, id) AS place
                      FROM crm_partner_group WHERE partner_id IN %(all)s
                )
                DELETE FROM crm_partner_group USING ranked
                 WHERE crm_partner_group.id = ranked.id AND place > 1 RETURNING 1
                """,
                **values,
            )
        )
        self.env["crm.customer.group.member"].invalidate_model()
        self.env["crm.partner.group"].invalidate_model()

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        self.env["crm.partner.group"]._refresh(dst_partner)
        return result
