from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # the recipients of a mailing are named by a domain, which follows the action
    rfm_action_line_ids = fields.One2many(
        "crm.rfm.action.line", "partner_id", "Entries in Actions", groups="crm_rfm.group_user,crm_rfm.group_auditor"
    )
