from odoo import api, fields, models


class SaleOrderLine(models.Model):
    """A credit note that settles a complaint does not make its quantities "to invoice" again."""

    _inherit = "sale.order.line"

    crm_remedy_id = fields.Many2one(
        "crm.complaint.remedy", string="Remedy", copy=False, readonly=True, index="btree_not_null",
        ondelete="restrict", groups="base.group_user", help="The discount that carries out a remedy.",
    )  # fmt: skip

    crm_remedy_part = fields.Integer(
        copy=False, readonly=True, export_string_translation=False, groups="base.group_user",
        help="A discount has a line for each combination of taxes of the order.",
    )  # fmt: skip

    # the key of a discount: it is given once
    _crm_remedy_uniq = models.UniqueIndex(
        "(crm_remedy_id, COALESCE(crm_remedy_part, 0)) WHERE crm_remedy_id IS NOT NULL",
        "This discount was given already.",
    )

    @api.depends("order_id.crm_remedy_id")
    def _compute_qty_to_invoice(self):
        """What is sent anew free of charge is never to be invoiced."""
        result = super()._compute_qty_to_invoice()
        for line in self.filtered("order_id.crm_remedy_id"):
            line.qty_to_invoice = 0
        return result

    def _crm_orderable_untaxed(self):
        """What may be invoiced of this line without taxes, in the order's currency: what was ordered or, if that is
        more, delivered.

        Not from the price of one piece, which Odoo rounds to the cent: 27 pieces at 0.0837 are 2.26, not 2.16.
        """
        self.ensure_one()
        quantity = max(self.product_uom_qty, self.qty_delivered)
        if self.product_uom_qty:
            return self.price_subtotal * quantity / self.product_uom_qty
        return self.price_unit * (1 - self.discount / 100) * quantity

    def _crm_remedy_line_values(self):
        """Values of the line of a remedy (``crm.complaint.remedy.line``) that concerns this order line."""
        self.ensure_one()
        return {
            "source_key": f"order:{self.id}",
            "name": self.product_id.display_name or (self.name or "").split("\n")[0] or "-",
            "product_id": self.product_id.id,
            "sale_line_id": self.id,
            "quantity_max": self.product_uom_qty,
            "price_total": self.price_total,
            "currency_id": self.currency_id.id,
        }

    def unlink(self):
        # sudo: whoever takes the line off need not see the complaint
        remedies = self.sudo().crm_remedy_id
        # the lines of a discount, one for each combination of taxes, go together: the rest would be given for nothing
        lines = self
        if remedies:
            rest = self.sudo().order_id.order_line.filtered(lambda line: line.crm_remedy_id & remedies)
            lines |= rest.sudo(self.env.su)
        result = super(SaleOrderLine, lines).unlink()
        remedies._document_lost(self.env._("The discount was taken off the order."))
        return result

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
