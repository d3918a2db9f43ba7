from odoo import fields, models


class CrmComplaintSplit(models.TransientModel):
    """Give some points of a complaint a complaint of their own."""

    _name = "crm.complaint.split"
    _description = "Split a Complaint"

    complaint_id = fields.Many2one(
        "crm.complaint", required=True, default=lambda self: self.env.context.get("active_id")
    )
    point_ids = fields.Many2many(
        "crm.complaint.point", string="Points to Split Off", domain="[('complaint_id', '=', complaint_id)]"
    )
    name = fields.Char(string="Subject", help="Of the new complaint. Empty: the first point.")

    def action_confirm(self):
        """:raises UserError: see ``crm.complaint._split``"""
        self.ensure_one()
        return self.complaint_id._split(self.point_ids, self.name)._get_records_action()
