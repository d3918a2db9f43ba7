from odoo import fields, models


class ProductTemplate(models.Model):
    """How long a product is under warranty, for alerts before that ends."""

    _inherit = "product.template"

    crm_warranty_months = fields.Integer(
        string="Warranty (months)", help="Counted from the date of the invoice. 0: none."
    )

    _crm_warranty = models.Constraint(
        "CHECK (crm_warranty_months IS NULL OR crm_warranty_months BETWEEN 0 AND 600)",
        "A warranty takes 0 to 600 months.",
    )
