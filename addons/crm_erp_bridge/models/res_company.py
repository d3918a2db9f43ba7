from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_won_on_confirmation = fields.Boolean(
        string="Won on Confirmation", help="An open opportunity is won as soon as one of its quotations is confirmed."
    )
    crm_remedy_post = fields.Boolean(
        string="Post Credit Notes of Remedies",
        help="Approved credit notes and refunds are posted at once. Otherwise an accountant posts the draft.",
    )
    crm_remedy_confirm = fields.Boolean(
        string="Confirm Replacement Orders",
        help="Approved replacements are confirmed orders at once. Otherwise a salesperson confirms the quotation.",
    )
