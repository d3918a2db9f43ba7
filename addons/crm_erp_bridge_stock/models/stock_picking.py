from odoo import fields, models


class StockPicking(models.Model):
    """Remedies and requests follow the transfers."""

    _inherit = "stock.picking"

    crm_remedy_id = fields.Many2one(
        "crm.complaint.remedy", string="Remedy", copy=False, readonly=True, index="btree_not_null",
        ondelete="restrict", groups="base.group_user", help="The return of goods that this transfer carries out.",
    )  # fmt: skip

    # the key of a return: of each delivery there is one for a remedy, until it is cancelled
    _crm_remedy_uniq = models.UniqueIndex(
        "(crm_remedy_id, return_id) WHERE crm_remedy_id IS NOT NULL AND backorder_id IS NULL AND state <> 'cancel'",
        "These goods are being returned already.",
    )

    def _action_done(self):
        result = super()._action_done()
        # sudo: whoever does the transfer need see neither the complaint nor the request behind it
        pickings = self.sudo()
        pickings.crm_remedy_id._transfer_moved_on()
        orders = pickings.sale_id
        orders.crm_remedy_id._order_moved_on()
        orders._crm_delivered()
        return result

    def action_cancel(self):
        # sudo: whoever cancels the transfer need not see the complaint
        remedies = self.sudo().crm_remedy_id.filtered(
            lambda remedy: remedy.res_model == self._name and remedy.res_id in self.ids
        )
        result = super().action_cancel()
        names = ", ".join(self.mapped("name"))
        remedies._document_lost(self.env._("%(document)s was cancelled.", document=names))
        # of a return by several transfers what was not cancelled may all be done; sudo: as above
        (self.sudo().crm_remedy_id - remedies)._transfer_moved_on()
        return result

    def unlink(self):
        # sudo: whoever deletes the transfer need not see the complaint
        remedies = self.sudo().crm_remedy_id
        carried = remedies.filtered(lambda remedy: remedy.res_model == self._name and remedy.res_id in self.ids)
        result = super().unlink()
        carried._document_lost(self.env._("The transfer was deleted."))
        (remedies - carried)._transfer_moved_on()
        return result

    def _create_backorder(self, backorder_moves=None):
        """What is left of a return belongs to the same remedy."""
        backorders = super()._create_backorder(backorder_moves)
        # sudo: warehouse staff need not see remedies
        for backorder in backorders.sudo().filtered(lambda picking: picking.backorder_id.crm_remedy_id):
            backorder.crm_remedy_id = backorder.backorder_id.crm_remedy_id
        return backorders
