from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_won_on_confirmation = fields.Boolean(related="company_id.crm_won_on_confirmation", readonly=False)
