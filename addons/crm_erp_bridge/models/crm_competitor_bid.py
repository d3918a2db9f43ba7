from odoo import api, fields, models

from ..tools import bids

MERGED = ("amount", "outcome", "reason", "date")


class CrmCompetitorBid(models.Model):
    """What a competitor offers, or is thought to offer, for one of our opportunities."""

    _name = "crm.competitor.bid"
    _description = "Competitor's Bid"
    _rec_name = "competitor_id"
    _order = "lead_id desc, amount, id"

    # === FIELDS === #

    lead_id = fields.Many2one("crm.lead", string="Opportunity", required=True, index=True, ondelete="cascade")
    competitor_id = fields.Many2one("crm.competitor", required=True, index=True, ondelete="restrict")
    date = fields.Date()
    amount = fields.Monetary(help="Without taxes, as far as known.")
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    difference = fields.Float(
        string="Against Ours (%)",
        compute="_compute_difference",
        help="How much more than our expected revenue the competitor asks for; negative when cheaper.",
    )
    outcome = fields.Selection(
        [
            ("pending", "Pending"),
            ("won", "They Won"),
            ("lost", "They Lost"),
            ("withdrawn", "Withdrawn"),
            ("excluded", "Excluded"),
        ],
        required=True,
        default="pending",
        help="Follows the opportunity when that is won or lost.",
    )
    reason = fields.Char(help="Why they won or lost: price, delivery time, references...")

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "The amount of a bid is not negative.")
    _lead_competitor_uniq = models.Constraint(
        "UNIQUE (lead_id, competitor_id)",
        "This competitor has a bid on the opportunity already. Please change that one.",
    )

    # === COMPUTE METHODS === #

    @api.depends("amount", "currency_id", "lead_id.expected_revenue", "lead_id.company_currency")
    def _compute_difference(self):
        today = fields.Date.context_today(self)
        for bid in self:
            ours, company = bid.lead_id.expected_revenue, bid.lead_id.company_id or self.env.company
            bid.difference = 0
            if ours and bid.amount and bid.currency_id:
                theirs = bid.currency_id._convert(bid.amount, bid.lead_id.company_currency, company, today)
                bid.difference = 100 * (theirs - ours) / ours

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._tell_winner()
        return records

    def write(self, vals):
        result = super().write(vals)
        if vals.get("outcome") == "won":
            self._tell_winner()
        return result

    # === BUSINESS METHODS === #

    def _tell_winner(self):
        """A lost opportunity was lost to the competitor whose bid is set to have won."""
        for bid in self:
            lead = bid.lead_id
            if bid.outcome == "won" and lead.won_status == "lost" and lead.lost_to_id != bid.competitor_id:
                lead.lost_to_id = bid.competitor_id

    def _settled_outcome(self):
        """The outcome that follows from the state of the opportunity."""
        self.ensure_one()
        lead = self.lead_id
        if lead.won_status == "lost" and lead.lost_to_id == self.competitor_id:
            return "won"
        if self.outcome in ("withdrawn", "excluded"):
            return self.outcome
        if lead.won_status == "won" or (lead.won_status == "lost" and lead.lost_to_id):
            return "lost"
        return "pending" if lead.won_status != "lost" else self.outcome

    @api.model
    def _merge_bids(self, lead, merged_leads):
        """The bids of merged opportunities go on in ``lead``; two of one competitor become one (``tools/bids.py``)."""
        # sudo: like Odoo for messages and meetings, whatever the rights of who merges
        rows = self.sudo().search([("lead_id", "in", (lead | merged_leads).ids)], order="id")
        for doubles in rows.grouped("competitor_id").values():
            kept = doubles.filtered(lambda bid: bid.lead_id == lead)[:1] or doubles[:1]
            others = doubles - kept
            values = bids.merged(kept._merge_values(), [bid._merge_values() for bid in others])
            others.unlink()
            kept.write(values | {"lead_id": lead.id})

    def _merge_values(self):
        self.ensure_one()
        return {name: self[name] for name in MERGED} | {"currency_id": self.currency_id.id}
