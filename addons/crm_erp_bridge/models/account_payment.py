from odoo import fields, models
from odoo.addons.crm_relations.tools.timeline import index_expression

from .. import const
from .crm_complaint_document import HANDLERS


class AccountPayment(models.Model):
    _inherit = "account.payment"

    crm_remedy_id = fields.Many2one(
        "crm.complaint.remedy", string="Remedy", copy=False, readonly=True, index="btree_not_null",
        ondelete="restrict", groups=HANDLERS,
    )  # fmt: skip

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_PAYMENT))
    # and, of each customer, in order of time
    _crm_timeline_idx = models.Index("(partner_id, (date::timestamp) DESC, id DESC)")
    # the key of a refund: it is paid once, until the payment is cancelled
    _crm_remedy_uniq = models.UniqueIndex(
        "(crm_remedy_id) WHERE crm_remedy_id IS NOT NULL AND state NOT IN ('canceled', 'rejected')",
        "This refund is paid already.",
    )

    def action_cancel(self):
        remedies = self._crm_carried_out()
        result = super().action_cancel()
        remedies._document_lost(self.env._("The payment was cancelled."))
        return result

    def unlink(self):
        remedies = self._crm_carried_out()
        result = super().unlink()
        remedies._document_lost(self.env._("The payment was deleted."))
        return result

    def _crm_carried_out(self):
        """The remedies whose document these are, in superuser mode."""
        # sudo: whoever cancels or deletes the payment need not see the complaint that it was to settle
        return self.sudo().crm_remedy_id.filtered(
            lambda remedy: remedy.res_model == self._name and remedy.res_id in self.ids
        )
