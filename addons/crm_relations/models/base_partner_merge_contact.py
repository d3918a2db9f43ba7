from odoo import api, fields, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """How the customers want to be contacted: the strictest "do not contact" of them stays, for as long as any of
        them asked for.

        Channels of the others are put behind those of the customer that stays, without repetition; hours are
        taken over by one who named none. Counters are only for locking.
        """
        super()._crm_merge_prepare(src_partners, dst_partner)
        everybody = src_partners | dst_partner
        if values := self._crm_merge_no_contact(everybody):
            everybody.write(values)
        self.env.flush_all()
        self._crm_merge_channels(everybody, dst_partner)
        if dst_partner.crm_window_ids:
            src_partners.crm_window_ids.unlink()
        # sudo: counters are the database's own
        self.env["crm.contact.counter"].sudo().search([("partner_id", "in", src_partners.ids)]).unlink()

    @api.model
    def _crm_merge_no_contact(self, everybody):
        """The "do not contact" of all of them: the strictest in force, until the last of their days.

        One that is over must not hide another one that still holds; nor may a wish for silence until a day end a
        wish for no advertising at all.

        :return: values to write, none when no ban is in force
        """
        today = fields.Date.context_today(self)
        bans = everybody.filtered(
            lambda partner: partner.crm_no_contact in ("marketing", "all")
            and not (partner.crm_no_contact_until and partner.crm_no_contact_until < today)
        )
        if not bans:
            return {}
        days = bans.mapped("crm_no_contact_until")
        reasons = dict.fromkeys(filter(None, bans.mapped("crm_no_contact_reason")))
        return {
            "crm_no_contact": "all" if "all" in bans.mapped("crm_no_contact") else "marketing",
            "crm_no_contact_until": max(days) if all(days) else False,
            "crm_no_contact_reason": "; ".join(reasons),
        }

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
