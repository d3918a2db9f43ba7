from odoo import api, models


class SaleOrderLine(models.Model):
    """A credit note that settles a complaint does not make its quantities "to invoice" again."""

    _inherit = "sale.order.line"

    def _crm_settled_lines(self, states):
        """Lines of credit notes of this order line that are not to be invoiced again."""
        self.ensure_one()
        return self._get_invoice_lines().filtered(
            lambda line: line.move_id.move_type == "out_refund"
            and line.move_id.crm_keep_invoiced
            and line.move_id.state in states
        )

    def _prepare_qty_invoiced(self):
        quantities = super()._prepare_qty_invoiced()
        for line in self:
            for credited in line._crm_settled_lines(("draft", "posted")):
                quantities[line] += credited.product_uom_id._compute_quantity(credited.quantity, line.product_uom_id)
        return quantities

    @api.depends("invoice_lines.move_id.crm_keep_invoiced")
    def _compute_qty_invoiced(self):
        return super()._compute_qty_invoiced()

    @api.depends("invoice_lines.move_id.crm_keep_invoiced")
    def _compute_untaxed_amount_to_invoice(self):
        result = super()._compute_untaxed_amount_to_invoice()
        for line in self:
            for credited in line._crm_settled_lines(("posted",)):
                line.untaxed_amount_to_invoice -= credited.currency_id._convert(
                    credited.price_subtotal, line.currency_id, line.company_id, credited.date
                )
        return result
