from odoo import fields, models
from odoo.exceptions import UserError


class CrmComplaintRemedy(models.Model):
    """Goods that come back, and replacements that are done when they are delivered."""

    _inherit = "crm.complaint.remedy"

    def _execute_return(self):
        """The return transfer of the delivered goods, made by Odoo's own dialog.

        The returned quantities stay delivered on the order: what the customer gets for them is a remedy of its own
        (a credit note, a replacement), and would otherwise be credited a second time by the next invoice.

        :return: the (first) return transfer
        :raises UserError: when fewer were delivered and not yet returned
        """
        self.ensure_one()
        # sudo: who carries a remedy out has no right on transfers; the goods follow from the approved remedy
        remedy = self.sudo().with_company(self.company_id)
        pickings = remedy.env["stock.picking"]
        if made := pickings.search([("crm_remedy_id", "=", self.id), ("state", "!=", "cancel")], order="id"):
            return made[0]
        wanted = remedy._moves_to_return()
        for picking in wanted:
            dialogs = remedy.env["stock.return.picking"].with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
            dialog = dialogs.create({"picking_id": picking.id})
            for line in dialog.product_return_moves:
                line.quantity = wanted[picking].get(line.move_id, 0.0)
                line.to_refund = False
            returned = dialog._create_return()
            returned.crm_remedy_id = remedy
            returned.message_post(
                body=self.env._("Return for complaint %(complaint)s", complaint=self.complaint_id.code)
            )
            pickings |= returned
        return pickings[0]

    def _moves_to_return(self):
        """``{transfer: {move: quantity}}`` of what is to come back, from the latest delivery backwards.

        :raises UserError: when a line was not delivered through a transfer, or not as many
        """
        self.ensure_one()
        wanted = {}
        for line in self._chosen_lines():
            open_quantity, unit = line.quantity, line._unit()
            for move in line.sale_line_id._crm_delivered_moves():
                # sold by the dozen, delivered by the piece
                asked = unit._compute_quantity(open_quantity, move.product_uom, round=False)
                quantity = min(asked, move._crm_returnable_quantity())
                if quantity > 0:
                    wanted.setdefault(move.picking_id, {})[move] = quantity
                    open_quantity -= move.product_uom._compute_quantity(quantity, unit, round=False)
            if open_quantity > 1e-6:
                raise UserError(
                    self.env._(
                        "%(article)s: only %(left)s of %(wanted)s were delivered and not yet returned.",
                        article=line.name,
                        left=line.quantity - open_quantity,
                        wanted=line.quantity,
                    )
                )
        return wanted

    def _execution_values(self, document):
        """A transfer carries nothing out before it is done."""
        values = super()._execution_values(document)
        if document and document._name == "stock.picking" and not self._is_returned():
            return {"res_model": document._name, "res_id": document.id, "error": False}
        return values

    def _is_returned(self):
        """Whether all goods of the return came back."""
        pickings = self.env["stock.picking"].sudo().search(  # sudo: see _execute_return
            [("crm_remedy_id", "=", self.id), ("state", "!=", "cancel")]
        )
        return bool(pickings) and all(picking.state == "done" for picking in pickings)

    def _is_sent(self, order):
        """A replacement is carried out when it is delivered; of services, when it is confirmed."""
        return super()._is_sent(order) and (not order.picking_ids or order.delivery_status == "full")

    def _transfer_moved_on(self):
        """A transfer of these returns was done."""
        for remedy in self.filtered(lambda remedy: remedy.state == "executing" and remedy.res_model == "stock.picking"):
            if remedy._is_returned():
                remedy._write_step({"state": "done", "date_done": fields.Datetime.now()})
