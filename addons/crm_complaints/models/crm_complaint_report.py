from odoo import api, fields, models
from odoo.tools import SQL

from ..const import CHANNELS, DECISIONS, OUTCOMES, PHASES, SEVERITIES

AGE_BANDS = [
    ("1_week", "Up to 7 Days"),
    ("2_month", "8 to 28 Days"),
    ("3_eight_weeks", "29 to 56 Days"),
    ("4_older", "More than 56 Days"),
]


class CrmComplaintReport(models.Model):
    """One row per complaint with everything that is counted and by which it is counted. Read only."""

    _name = "crm.complaint.report"
    _description = "Complaints Analysis"
    _inherit = ["crm.complaint.visible.mixin"]
    _auto = False
    _order = "date_received desc"
    _rec_name = "complaint_id"

    complaint_id = fields.Many2one("crm.complaint", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    channel = fields.Selection(CHANNELS, readonly=True)
    category_id = fields.Many2one("crm.complaint.category", readonly=True)
    cause_id = fields.Many2one("crm.complaint.cause", readonly=True)
    department_id = fields.Many2one("crm.complaint.department", string="Responsible Department", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    supplier_id = fields.Many2one("res.partner", readonly=True, help="The first supplier of the product.")
    lot = fields.Char(string="Lot or Document", readonly=True)
    severity = fields.Selection(SEVERITIES, readonly=True)
    safety_risk = fields.Boolean(readonly=True)
    phase = fields.Selection(PHASES, readonly=True)
    stage_id = fields.Many2one("crm.complaint.stage", readonly=True)
    decision = fields.Selection(DECISIONS, readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    date_received = fields.Datetime(string="Received on", readonly=True)
    date_closed = fields.Datetime(string="Closed on", readonly=True)
    is_open = fields.Boolean(string="Open", readonly=True)
    age_band = fields.Selection(AGE_BANDS, string="Age of Open Complaints", readonly=True)
    hours_acknowledge = fields.Float(string="Hours to Acknowledgement", aggregator="avg", readonly=True)
    days_respond = fields.Float(string="Days to Answer", aggregator="avg", readonly=True)
    days_close = fields.Float(string="Days to Closing", aggregator="avg", readonly=True)
    days_open = fields.Float(aggregator="avg", readonly=True)
    upheld = fields.Float(string="Upheld (Share)", aggregator="avg", readonly=True)
    reopened = fields.Integer(string="Times Reopened", readonly=True)
    clocks_met = fields.Integer(string="Deadlines Kept", readonly=True)
    clocks_late = fields.Integer(string="Deadlines Missed", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    cost = fields.Monetary(string="Own Cost", readonly=True)
    remedy_amount = fields.Monetary(string="Paid in Remedies", readonly=True)
    cost_total = fields.Monetary(string="Cost of Complaints", readonly=True)
    nbr = fields.Integer(string="Complaints", readonly=True)

    _depends = {
        "crm.complaint": [
            "company_id", "team_id", "user_id", "commercial_partner_id", "channel", "category_id", "cause_id",
            "department_id", "product_id", "product_reference", "severity", "safety_risk", "phase", "stage_id",
            "decision", "outcome", "date_received", "date_closed", "date_acknowledged", "date_responded",
            "reopen_count", "cost", "remedy_amount", "cost_total", "active",
        ],
        "crm.complaint.clock": ["complaint_id", "state"],
        "res.company": ["currency_id"],
        "product.product": ["product_tmpl_id"],
        "product.supplierinfo": ["product_tmpl_id", "partner_id", "sequence"],
    }  # fmt: skip

    @property
    def _table_query(self):
        return SQL("SELECT %s FROM crm_complaint c WHERE c.active", self._select())

    @api.model
    def _select(self):
        """The columns. What is looked up elsewhere is a subquery: the database leaves it out when nobody asks."""
        return SQL(
            """
            c.id, c.id AS complaint_id, c.company_id, c.team_id, c.user_id, c.commercial_partner_id, c.channel,
            c.category_id, c.cause_id, c.department_id, c.product_id, NULLIF(trim(c.product_reference), '') AS lot,
            c.severity, c.safety_risk, c.phase, c.stage_id, c.decision, c.outcome, c.date_received, c.date_closed,
            c.phase != 'closed' AS is_open,
            CASE WHEN c.phase = 'closed' THEN NULL
                 WHEN c.date_received > %(now)s - interval '8 days' THEN '1_week'
                 WHEN c.date_received > %(now)s - interval '29 days' THEN '2_month'
                 WHEN c.date_received > %(now)s - interval '57 days' THEN '3_eight_weeks'
                 ELSE '4_older' END AS age_band,
            EXTRACT(epoch FROM c.date_acknowledged - c.date_received) / 3600 AS hours_acknowledge,
            EXTRACT(epoch FROM c.date_responded - c.date_received) / 86400 AS days_respond,
            EXTRACT(epoch FROM c.date_closed - c.date_received) / 86400 AS days_close,
            CASE WHEN c.phase != 'closed' THEN EXTRACT(epoch FROM %(now)s - c.date_received) / 86400 END AS days_open,
            CASE WHEN c.decision IN ('upheld', 'partly') THEN 1.0 WHEN c.decision IS NOT NULL THEN 0.0 END AS upheld,
            c.reopen_count AS reopened,
            (SELECT count(*) FROM crm_complaint_clock k WHERE k.complaint_id = c.id AND k.state = 'met') AS clocks_met,
            (SELECT count(*) FROM crm_complaint_clock k WHERE k.complaint_id = c.id AND k.state = 'late')
                AS clocks_late,
            (SELECT s.partner_id FROM product_product p
               JOIN product_supplierinfo s ON s.product_tmpl_id = p.product_tmpl_id
              WHERE p.id = c.product_id ORDER BY s.sequence, s.id LIMIT 1) AS supplier_id,
            (SELECT o.currency_id FROM res_company o WHERE o.id = c.company_id) AS currency_id,
            c.cost, c.remedy_amount, c.cost_total, 1 AS nbr
            """,
            now=fields.Datetime.now(),
        )
