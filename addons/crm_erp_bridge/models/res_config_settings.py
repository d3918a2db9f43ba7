from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_won_on_confirmation = fields.Boolean(related="company_id.crm_won_on_confirmation", readonly=False)
    crm_remedy_post = fields.Boolean(related="company_id.crm_remedy_post", readonly=False)
    crm_remedy_confirm = fields.Boolean(related="company_id.crm_remedy_confirm", readonly=False)
    crm_credit_check = fields.Selection(related="company_id.crm_credit_check", readonly=False)
    crm_credit_days = fields.Integer(related="company_id.crm_credit_days", readonly=False)
