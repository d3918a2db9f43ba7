from odoo import fields, models


class CrmComplaintWait(models.Model):
    """A time in which the company waited for the customer; clocks that may, stood.

    It belongs to the complaint, not to a clock, so that another rule keeps what was waited before.
    """

    _name = "crm.complaint.wait"
    _description = "Waiting for the Customer"
    _order = "date_from desc, id desc"

    complaint_id = fields.Many2one("crm.complaint", required=True, ondelete="cascade", index=True, readonly=True)
    date_from = fields.Datetime(string="Since", required=True, readonly=True)
    date_to = fields.Datetime(string="Until", readonly=True)
    user_id = fields.Many2one("res.users", string="Noted by", readonly=True)

    _one_open_uniq = models.UniqueIndex("(complaint_id) WHERE date_to IS NULL", "The complaint is waiting already.")
    _order_of_dates = models.Constraint("CHECK (date_to >= date_from)", "A wait cannot end before it begins.")
