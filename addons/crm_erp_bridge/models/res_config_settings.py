from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_won_on_confirmation = fields.Boolean(related="company_id.crm_won_on_confirmation", readonly=False)
    crm_remedy_post = fields.Boolean(related="company_id.crm_remedy_post", readonly=False)
    crm_remedy_confirm = fields.Boolean(related="company_id.crm_remedy_confirm", readonly=False)
