from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_won_on_confirmation = fields.Boolean(
        string="Won on Confirmation", help="An open opportunity is won as soon as one of its quotations is confirmed."
    )
