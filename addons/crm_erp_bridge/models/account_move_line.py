from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _crm_remedy_line_values(self):
        """Values of the line of a remedy (``crm.complaint.remedy.line``) that concerns this invoice line."""
        self.ensure_one()
        return {
            "source_key": f"invoice:{self.id}",
            "name": self.product_id.display_name or (self.name or "").split("\n")[0] or "-",
            "product_id": self.product_id.id,
            "move_line_id": self.id,
            "sale_line_id": self.sale_line_ids[:1].id,
            "quantity_max": self.quantity,
            "price_total": self.price_total,
            "currency_id": self.currency_id.id,
        }

    def _crm_credited_quantity(self):
        """How much of this invoice line credit notes of the invoice have credited, drafts counted.

        A line of a credit note belongs to the invoice line of the same order line, else of the same product and price.
        """
        self.ensure_one()
        lines = self.move_id._crm_credit_notes().invoice_line_ids.filtered(lambda line: line.display_type == "product")
        if self.sale_line_ids:
            same = lines.filtered(lambda line: line.sale_line_ids & self.sale_line_ids)
        else:
            same = lines.filtered(
                lambda line: line.product_id and line.product_id == self.product_id
                and line.price_unit == self.price_unit
            )
        return sum(line.product_uom_id._compute_quantity(line.quantity, self.product_uom_id) for line in same)
