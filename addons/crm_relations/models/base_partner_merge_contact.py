from odoo import api, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """How the customers want to be contacted: the strictest "do not contact" of them stays.

        Channels of the others are put behind those of the customer that stays, without repetition; hours are
        taken over by one who named none. Counters are only for locking.
        """
        super()._crm_merge_prepare(src_partners, dst_partner)
        everybody = src_partners | dst_partner
        order = {"all": 0, "marketing": 1, "free": 2}
        said = everybody.filtered("crm_no_contact")
        if said:
            # for ever before until a day, a later day before an earlier one
            strictest = min(
                said,
                key=lambda partner: (
                    order[partner.crm_no_contact],
                    bool(partner.crm_no_contact_until),
                    partner.crm_no_contact_until and -partner.crm_no_contact_until.toordinal(),
                ),
            )
            names = ["crm_no_contact", "crm_no_contact_until", "crm_no_contact_reason"]
            values = {name: strictest[name] for name in names}
            everybody.write(values)
        self.env.flush_all()
        self._crm_merge_channels(everybody, dst_partner)
        if dst_partner.crm_window_ids:
            src_partners.crm_window_ids.unlink()
        # sudo: counters are the database's own
        self.env["crm.contact.counter"].sudo().search([("partner_id", "in", src_partners.ids)]).unlink()

    @api.model
    def _crm_merge_channels(self, everybody, dst_partner):
        self.env.execute_query(
            SQL(
                """
                WITH ranked AS (
                    SELECT id, row_number() OVER (PARTITION BY channel_id
                                                      ORDER BY partner_id <> %(kept)s, sequence, id) AS repetition,
                           row_number() OVER (ORDER BY partner_id <> %(kept)s, sequence, id) AS place
                      FROM crm_partner_channel WHERE partner_id = ANY(%(all)s)
                ), gone AS (
                    DELETE FROM crm_partner_channel USING ranked
                     WHERE crm_partner_channel.id = ranked.id AND repetition > 1 RETURNING 1
                )
                UPDATE crm_partner_channel SET sequence = place FROM ranked
                 WHERE crm_partner_channel.id = ranked.id AND repetition = 1 RETURNING 1
                """,
                kept=dst_partner.id,
                all=everybody.ids,
            )
        )
        self.env["crm.partner.channel"].invalidate_model()
