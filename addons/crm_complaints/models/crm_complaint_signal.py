from odoo import fields, models

from ..const_learning import CHART_RULES


class CrmComplaintSignal(models.Model):
    """A run rule that a month completed on a chart: noted once, told once."""

    _name = "crm.complaint.signal"
    _description = "Signal of a Control Chart"
    _order = "date desc, id desc"
    _rec_name = "rule"

    chart_id = fields.Many2one("crm.complaint.chart", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one(related="chart_id.company_id", store=True, index=True)
    date = fields.Date(string="Month", required=True, readonly=True)
    rule = fields.Selection(CHART_RULES, required=True, readonly=True)
    up = fields.Boolean(string="More Complaints", readonly=True)

    _chart_date_rule_uniq = models.UniqueIndex("(chart_id, date, rule)", "This signal was noted before.")
