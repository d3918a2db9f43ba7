from odoo import api, fields, models


class CrmContractLine(models.Model):
    """What is ordered and invoiced anew in each period of a contract."""

    _name = "crm.contract.line"
    _description = "Recurring Line of a Contract"
    _order = "contract_id, sequence, id"

    contract_id = fields.Many2one("crm.contract", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product", required=True, ondelete="restrict", domain="[('sale_ok', '=', True)]"
    )
    name = fields.Char(string="Description", help="Empty: as on the product.")
    quantity = fields.Float(default=1, required=True, digits="Product Unit")
    price_unit = fields.Float(
        string="Price",
        required=True,
        digits="Product Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        help="At the start of the contract, before indexation. Proposed from the customer's price list.",
    )

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "The quantity of a line is more than zero.")

    @api.depends("product_id")
    def _compute_price_unit(self):
        for line in self:
            line.price_unit = line.contract_id._product_price(line.product_id, line.quantity)
