from odoo import fields, models


class CrmComplaintClockExtend(models.TransientModel):
    """Ask for the new time and the reason of an extension."""

    _name = "crm.complaint.clock.extend"
    _description = "Extend a Complaint Deadline"

    clock_id = fields.Many2one("crm.complaint.clock", required=True, ondelete="cascade", readonly=True)
    unit = fields.Selection(related="clock_id.unit")
    date_due = fields.Datetime(related="clock_id.date_due")
    limit = fields.Integer(related="clock_id.rule_id.extension_limit", string="At Most")
    amount = fields.Integer(string="New Time", required=True)
    reason = fields.Text(required=True)

    def action_confirm(self):
        self.ensure_one()
        self.clock_id.complaint_id.check_access("write")
        self.clock_id._extend(self.amount, self.reason)
        return {"type": "ir.actions.act_window_close"}
