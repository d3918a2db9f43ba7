from odoo import fields, models
from odoo.addons.crm_relations.tools.timeline import index_expression

from .. import const


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_need_id = fields.Many2one(
        "crm.need",
        string="Made from Need",
        copy=False,
        readonly=True,
        ondelete="set null",
        groups="crm_relations.group_user,crm_relations.group_auditor",
    )

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_ORDER))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, date_order DESC, id DESC)")
    # of a need there is one quotation, until it is cancelled
    _crm_need_uniq = models.UniqueIndex(
        "(crm_need_id) WHERE crm_need_id IS NOT NULL AND state <> 'cancel'", "This need has a quotation already."
    )

    def _action_confirm(self):
        """What was needed and is ordered now is met."""
        result = super()._action_confirm()
        # sudo: who confirms the order need not see the needs behind it
        for order in self.sudo().filtered(lambda order: order.crm_need_id.state == "open"):
            order.crm_need_id._set_state("met", reason=self.env._("Ordered: %(order)s", order=order.name))
        return result
