from odoo import models
from odoo.addons.crm_relations.tools.timeline import index_expression

from .. import const


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_PAYMENT))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, (date::timestamp) DESC, id DESC)")
