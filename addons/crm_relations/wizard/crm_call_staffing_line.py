from odoo import fields, models


class CrmCallStaffingLine(models.TransientModel):
    """What to expect from a number of operators."""

    _name = "crm.call.staffing.line"
    _description = "Staffing: What If"
    _order = "operators"

    staffing_id = fields.Many2one("crm.call.staffing", index=True, ondelete="cascade")
    operators = fields.Integer(string="At Work")
    scheduled = fields.Integer(string="On the Roster")
    service_level = fields.Float(string="Service Level (%)", digits=(5, 1))
    speed_of_answer = fields.Char(string="Speed of Answer (s)")
    waits = fields.Float(string="Have to Wait (%)", digits=(5, 1))
    occupancy = fields.Float(string="Occupancy (%)", digits=(5, 1))
    is_needed = fields.Boolean()
    is_asked = fields.Boolean()
