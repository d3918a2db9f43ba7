from odoo import models

from .. import const
from ..tools.timeline import index_expression


class MailActivity(models.Model):
    _inherit = "mail.activity"

    _crm_timeline_partner_id_idx = models.Index(
        f"{index_expression(const.SLOT_ACTIVITY_PARTNER)} WHERE res_model = 'res.partner'"
    )
    _crm_timeline_lead_id_idx = models.Index(
        f"{index_expression(const.SLOT_ACTIVITY_LEAD)} WHERE res_model = 'crm.lead'"
    )
    _crm_timeline_interaction_id_idx = models.Index(
        f"{index_expression(const.SLOT_ACTIVITY_INTERACTION)} WHERE res_model = 'crm.interaction'"
    )
