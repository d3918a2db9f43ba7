from odoo import api, fields, models


class CrmCompetitor(models.Model):
    """Who else bids for our customers: a contact, or just a name."""

    _name = "crm.competitor"
    _description = "Competitor"
    _inherit = ["mail.thread"]
    _order = "name, id"

    # === FIELDS === #

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, required=True, precompute=True, tracking=True
    )
    active = fields.Boolean(default=True)
    # restrict, not cascade: what is known about a rival outlives a cleaning of contacts
    partner_id = fields.Many2one(
        "res.partner", string="Contact", index="btree_not_null", ondelete="restrict", check_company=True,
        help="Only if the competitor is among your contacts.",
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    strengths = fields.Text()
    weaknesses = fields.Text()
    note = fields.Html(string="Notes")
    bid_ids = fields.One2many("crm.competitor.bid", "competitor_id", string="Bids")
    contest_count = fields.Integer(string="Contests", compute="_compute_contests")
    won_count = fields.Integer(
        string="We Won", compute="_compute_contests", help="Opportunities that we won against this competitor."
    )
    lost_count = fields.Integer(
        string="Lost to Them", compute="_compute_contests", help="Opportunities that this competitor won from us."
    )
    win_rate = fields.Float(
        string="Win Rate (%)", compute="_compute_contests", help="We won, of those that either of us won."
    )

    _name_uniq = models.UniqueIndex(
        "(lower(name), COALESCE(company_id, 0)) WHERE active", "There is a competitor of this name already."
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id")
    def _compute_name(self):
        for competitor in self:
            if competitor.partner_id and not competitor.name:
                competitor.name = competitor.partner_id.display_name

    @api.depends("bid_ids.outcome", "bid_ids.lead_id.won_status")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contests(self):
        """Counts over the opportunities that the user may see."""
        counts = {
            competitor.id: (count, won, lost)
            for competitor, count, won, lost in self.env["crm.competitor.result"]._read_group(
                [("competitor_id", "in", self.ids)],
                ["competitor_id"],
                ["__count", "won_count:sum", "lost_count:sum"],
            )
        }
        for competitor in self:
            count, won, lost = counts.get(competitor._origin.id, (0, 0, 0))
            competitor.contest_count, competitor.won_count, competitor.lost_count = count, won, lost
            competitor.win_rate = 100 * won / (won + lost) if won + lost else 0

    # === ACTIONS === #

    def action_open_results(self):
        """The contests with this competitor."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_competitor_result_action")
        return action | {
            "domain": [("competitor_id", "=", self.id)],
            "context": {},
            "view_mode": "list,pivot,graph",
            "views": [(False, "list"), (False, "pivot"), (False, "graph")],
        }
