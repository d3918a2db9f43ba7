from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    complaint_remedy_count = fields.Integer(
        string="Approvals of Remedies", readonly=True, help="Counted so that approvals follow one another."
    )
