from odoo import fields, models


# A file of its own, like its company: pylint: disable=consider-merging-classes-inherited
class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    complaint_review_days = fields.Integer(related="company_id.complaint_review_days", readonly=False)
    complaint_ask_rating = fields.Boolean(related="company_id.complaint_ask_rating", readonly=False)
    complaint_adr_name = fields.Char(related="company_id.complaint_adr_name", readonly=False)
    complaint_adr_url = fields.Char(related="company_id.complaint_adr_url", readonly=False)
    complaint_adr_months = fields.Integer(related="company_id.complaint_adr_months", readonly=False)
