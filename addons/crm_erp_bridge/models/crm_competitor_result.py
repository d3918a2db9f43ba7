from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import order_flow


class CrmCompetitorResult(models.Model):
    """Won and lost by rival: one row per bid, with what became of the opportunity.

    A read model over ``crm.competitor.bid`` with the same ids; its rows are those of the opportunities, lost ones
    included, that the user may read. Amounts are without taxes, in company currency at the rate of the closing day (of
    today while open).
    """

    _name = "crm.competitor.result"
    _description = "Result by Competitor"
    _auto = False
    _rec_name = "competitor_id"
    _order = "date desc, id desc"

    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True)
    competitor_id = fields.Many2one("crm.competitor", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True, help="Day of closing; day of creation while open.")
    result = fields.Selection(
        [
            ("won", "We Won"),
            ("lost", "Lost to Them"),
            ("other", "Lost to Somebody Else"),
            ("pending", "Open"),
        ],
        readonly=True,
    )
    outcome = fields.Selection(
        selection=lambda self: self.env["crm.competitor.bid"]._fields["outcome"]._description_selection(self.env),
        string="Their Outcome",
        readonly=True,
    )
    lost_reason_id = fields.Many2one("crm.lost.reason", string="Reason Lost", readonly=True)
    reason = fields.Char(string="Remark", readonly=True)
    our_amount = fields.Monetary(currency_field="company_currency_id", readonly=True)
    their_amount = fields.Monetary(currency_field="company_currency_id", readonly=True)
    won_count = fields.Integer(string="We Won", readonly=True, aggregator="sum")
    lost_count = fields.Integer(string="Lost to Them", readonly=True, aggregator="sum")
    win_rate = fields.Float(
        string="Win Rate (%)", readonly=True, aggregator="avg", help="We won, of those that either of us won."
    )

    _depends = {
        "crm.competitor.bid": ["amount", "competitor_id", "currency_id", "lead_id", "outcome", "reason"],
        "crm.lead": [
            "active", "company_id", "country_id", "date_closed", "expected_revenue", "lost_reason_id", "partner_id",
            "probability", "team_id", "user_id", "won_status",
        ],
        "res.company": ["currency_id", "parent_path"],
        "res.currency": ["rounding"],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
    }

    @property
    def _table_query(self):
        leads = self._leads_query()
        result = SQL(
            "CASE WHEN crm_lead.won_status = 'won' THEN 'won' "
            "WHEN crm_lead.won_status = 'lost' AND bid.outcome = 'won' THEN 'lost' "
            "WHEN crm_lead.won_status = 'lost' THEN 'other' ELSE 'pending' END"
        )
        day = SQL("COALESCE(crm_lead.date_closed::date, CURRENT_DATE)")
        return SQL(
            """
            SELECT bid.id, bid.lead_id, bid.competitor_id, bid.outcome, bid.reason,
                   crm_lead.partner_id, crm_lead.country_id, crm_lead.user_id, crm_lead.team_id,
                   company.id AS company_id, company.currency_id AS company_currency_id,
                   COALESCE(crm_lead.date_closed, crm_lead.create_date)::date AS date,
                   %(result)s AS result, crm_lead.lost_reason_id,
                   crm_lead.expected_revenue AS our_amount,
                   %(theirs)s AS their_amount,
                   (%(result)s = 'won')::int AS won_count,
                   (%(result)s = 'lost')::int AS lost_count,
                   CASE %(result)s WHEN 'won' THEN 100.0 WHEN 'lost' THEN 0.0 END AS win_rate
              FROM %(leads)s
              JOIN crm_competitor_bid bid ON bid.lead_id = crm_lead.id
              JOIN res_company company ON company.id = COALESCE(crm_lead.company_id, %(company)s)
              JOIN res_currency company_currency ON company_currency.id = company.currency_id
             WHERE %(where)s
            """,
            result=result,
            theirs=SQL(
                "CASE WHEN bid.currency_id = company.currency_id THEN bid.amount ELSE %s END",
                order_flow.rounded(
                    SQL(
                        "bid.amount * %s / %s",
                        order_flow.currency_rate(SQL("company.currency_id"), "company", day),
                        order_flow.currency_rate(SQL("bid.currency_id"), "company", day),
                    ),
                    SQL.identifier("company_currency", "rounding"),
                ),
            ),
            leads=leads.from_clause,
            where=leads.where_clause or SQL("TRUE"),
            company=self.env.company.id,
        )

    @api.model
    def _leads_query(self):
        """Query over ``crm_lead``: the opportunities that the current user may read, lost ones included."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not (self.env.su or leads.has_access("read")):
            return leads.browse()._as_query()
        return leads._search([])

    def action_open_lead(self):
        """The opportunity behind the row."""
        self.ensure_one()
        return self.lead_id.get_formview_action()
