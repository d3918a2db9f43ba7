from odoo import api, fields, models

from .. import const


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _crm_merge_prepare(self, src_partners, dst_partner):
        """Open privacy requests of one kind become one: the earliest goes on with its deadline, the others name it.

        A restriction and a legal hold of any of them hold for the customer that stays, whoever merges and whatever that
        user may see of them.
        """
        super()._crm_merge_prepare(src_partners, dst_partner)
        everybody = (dst_partner | src_partners).sudo()  # sudo: as said
        holds = dict.fromkeys(filter(None, everybody.mapped("crm_legal_hold")))
        if any(everybody.mapped("crm_restricted")):
            everybody.crm_restricted = True
        if holds:
            everybody.crm_legal_hold = "; ".join(holds)
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
            if others and kept.kind == "objection":
                # no purpose named: all of them
                named = all(request.purpose_ids for request in same)
                kept.purpose_ids = same.purpose_ids if named else False
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
                request._close("withdrawn")  # its reminder ends with it
        requests.flush_recordset()
