from odoo import models

from .. import const
from ..tools.timeline import index_expression


class MailMessage(models.Model):
    _inherit = "mail.message"

    # the latest messages of a document, for a page of the timeline: without the
    # log entries, which are most of the table
    _crm_document_date_idx = models.Index(
        "(model, res_id, date DESC, id DESC) WHERE model IN ('res.partner', 'crm.lead') "
        "AND message_type IN ('email', 'email_outgoing', 'comment', 'sms', 'snailmail')"
    )
    # mail_message is the longest table of all: partial indexes only. The stock
    # one on (model, res_id) serves the customer's filter.
    _crm_timeline_partner_id_idx = models.Index(
        f"{index_expression(const.SLOT_MESSAGE_PARTNER)} WHERE model = 'res.partner'"
    )
    _crm_timeline_lead_id_idx = models.Index(f"{index_expression(const.SLOT_MESSAGE_LEAD)} WHERE model = 'crm.lead'")
