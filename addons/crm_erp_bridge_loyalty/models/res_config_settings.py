from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_voucher_program_id = fields.Many2one(related="company_id.crm_voucher_program_id", readonly=False)
    crm_voucher_days = fields.Integer(related="company_id.crm_voucher_days", readonly=False)
