from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    complaint_auto_acknowledge = fields.Boolean(related="company_id.complaint_auto_acknowledge", readonly=False)
    complaint_sector = fields.Selection(related="company_id.complaint_sector", readonly=False)
    complaint_manager_id = fields.Many2one(related="company_id.complaint_manager_id", readonly=False)
    complaint_head_id = fields.Many2one(related="company_id.complaint_head_id", readonly=False)
