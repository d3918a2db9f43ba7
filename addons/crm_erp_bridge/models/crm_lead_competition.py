from collections import defaultdict

from odoo import api, fields, models


class CrmLead(models.Model):
    """Competitors on the opportunity: their bids, and to whom it was lost."""

    _inherit = "crm.lead"

    # === FIELDS === #

    competitor_bid_ids = fields.One2many("crm.competitor.bid", "lead_id", string="Competitors' Bids")
    lost_to_id = fields.Many2one(
        "crm.competitor", index="btree_not_null", ondelete="restrict", copy=False, tracking=True,
        help="The competitor who got the business.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads.filtered("lost_to_id")._settle_bids()
        return leads

    def write(self, vals):
        if "lost_to_id" in vals and not vals["lost_to_id"]:
            # sudo: as in _settle_bids
            self.sudo().competitor_bid_ids.filtered(lambda bid: bid.outcome == "won").outcome = "pending"
        result = super().write(vals)
        if "lost_to_id" in vals:
            self._settle_bids()
        return result

    # === BUSINESS METHODS === #

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """The rivals' bids follow what became of the opportunity."""
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        nothing = {"is_won": False, "is_lost": False}
        changed = self.filtered(
            lambda lead: old_status_by_lead.get(lead.id, nothing) != new_status_by_lead.get(lead.id, nothing)
        )
        changed.filtered(lambda lead: lead.won_status != "lost" and lead.lost_to_id).lost_to_id = False
        changed._settle_bids()
        return result

    def _settle_bids(self):
        """Outcomes of the bids from the state of the opportunity.

        Lost to a rival: that one won, the others lost. Won: all lost. Open again: all pending. Lost without saying to
        whom: the one bid noted as the winner tells. Bids withdrawn or excluded stay so, unless they won.
        """
        # sudo: who may close an opportunity settles its bids, also those noted by others
        leads = self.sudo()
        for lead in leads.filtered(lambda lead: lead.won_status == "lost" and not lead.lost_to_id):
            winners = lead.competitor_bid_ids.filtered(lambda bid: bid.outcome == "won")
            if len(winners) == 1:
                lead.lost_to_id = winners.competitor_id
        leads._add_missing_bids()
        by_outcome = defaultdict(lambda: self.env["crm.competitor.bid"].sudo())
        for bid in leads.competitor_bid_ids:
            by_outcome[bid._settled_outcome()] |= bid
        for outcome, settled in by_outcome.items():
            settled.filtered(lambda bid, outcome=outcome: bid.outcome != outcome).outcome = outcome

    def _add_missing_bids(self):
        """Who won an opportunity had a bid, whether or not somebody noted it."""
        self.env["crm.competitor.bid"].sudo().create(  # sudo: as in _settle_bids
            [
                {
                    "lead_id": lead.id,
                    "competitor_id": lead.lost_to_id.id,
                    "currency_id": (lead.company_currency or self.env.company.currency_id).id,
                }
                for lead in self
                if lead.won_status == "lost"
                and lead.lost_to_id
                and lead.lost_to_id not in lead.competitor_bid_ids.competitor_id
            ]
        )

    def _merge_dependences(self, opportunities):
        """Bids go with the opportunity when leads are merged."""
        result = super()._merge_dependences(opportunities)
        self.env["crm.competitor.bid"]._merge_bids(self, opportunities)
        return result
