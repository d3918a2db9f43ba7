from odoo import models
from odoo.addons.crm_relations.tools.timeline import index_expression

from .. import const


class AccountMove(models.Model):
    _inherit = "account.move"

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_INVOICE))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index(
        "(commercial_partner_id, (COALESCE(invoice_date::timestamp, create_date)) DESC, id DESC)"
        " WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )
