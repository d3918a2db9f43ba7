from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    complaint_auto_acknowledge = fields.Boolean(related="company_id.complaint_auto_acknowledge", readonly=False)
