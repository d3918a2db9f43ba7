from odoo import api, fields, models

from .. import const


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """Open privacy requests of one kind become one: the earliest goes on with its deadline, the others name it."""
        super()._crm_merge_prepare(src_partners, dst_partner)
        # sudo: whoever merges customers needs no right on their privacy requests
        requests = (
            self.env["crm.privacy.request"]
            .sudo()
            .search(
                [("partner_id", "in", (src_partners | dst_partner).ids), ("state", "in", const.PRIVACY_OPEN)],
                order="date_received, id",
            )
        )
        for same in requests.grouped("kind").values():
            kept, others = same[0], same[1:]
            for request in others:
                request.message_post(
                    body=self.env._("The person was merged: goes on as %(number)s.", number=kept.name)
                )
                kept.message_post(
                    body=self.env._(
                        "Asked again as %(number)s, received on %(date)s: %(words)s",
                        number=request.name,
                        date=fields.Date.to_string(request.date_received),
                        words=request.details or "",
                    )
                )
            others.write({"state": "withdrawn", "date_closed": fields.Date.context_today(self)})
        requests.flush_recordset()
