from odoo import models
from odoo.addons.crm_relations.tools.timeline import index_expression

from .. import const


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_ORDER))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, date_order DESC, id DESC)")
