from odoo import fields, models


class CrmNeedProduct(models.Model):
    """A product that could meet a need: proposed with the reason, or put in by hand."""

    _name = "crm.need.product"
    _description = "Product for a Need"
    _order = "chosen desc, score desc, id"

    need_id = fields.Many2one("crm.need", required=True, ondelete="cascade", index=True)
    product_id = fields.Many2one(
        "product.product", required=True, ondelete="cascade", index=True, domain="[('sale_ok', '=', True)]"
    )
    quantity = fields.Float(digits="Product Unit", default=1)
    chosen = fields.Boolean(help="Goes to the opportunity and the quotation.")
    score = fields.Float(readonly=True, help="How well it fits, from 0 to 1; 1: asked for by its name.")
    reason = fields.Char(readonly=True, help="Why it is proposed.")

    _need_product_uniq = models.Constraint("UNIQUE(need_id, product_id)", "This product is on the list already.")
    _check_quantity = models.Constraint("CHECK (quantity > 0)", "A quantity is more than nothing.")
