from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class CrmRequestLine(models.Model):
    """What is wanted; never what it costs. Once ordered, quantities and prices are those of the order line."""

    _name = "crm.request.line"
    _description = "Requested Item"
    _order = "request_id, sequence, id"
    _check_company_auto = True

    request_id = fields.Many2one("crm.request", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="request_id.company_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('sale_ok', '=', True)]",
    )
    name = fields.Text(
        string="Description", compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)
    product_uom_id = fields.Many2one(
        "uom.uom", string="Unit", compute="_compute_product_uom_id", store=True, readonly=False, precompute=True
    )
    date_wanted = fields.Date(string="Wanted by")
    sale_line_id = fields.Many2one(
        "sale.order.line", string="Order Line", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    phase = fields.Selection(related="request_id.phase")

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "The quantity must be more than 0.")

    @api.depends("product_id")
    def _compute_name(self):
        for line in self:
            if line.product_id and not line.name:
                line.name = line.product_id.display_name
            else:
                line.name = line.name or ""

    @api.depends("product_id")
    def _compute_product_uom_id(self):
        for line in self:
            if not line.product_uom_id or line.product_id:
                line.product_uom_id = line.product_id.uom_id or line.product_uom_id

    @api.constrains("name")
    def _check_name(self):
        for line in self:
            if not (line.name or "").strip():
                raise ValidationError(
                    self.env._("A line of %(request)s says nothing: choose a product or describe what is wanted.",
                               request=line.request_id.display_name)
                )  # fmt: skip

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_not_locked()
        return lines

    def write(self, vals):
        self._check_not_locked()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        self._check_not_locked()

    def _check_not_locked(self):
        """
        :raises UserError: when documents have been made of the lines already
        """
        if not self.env.su and any(self.request_id.mapped("lines_locked")):
            raise UserError(self.env._("Documents have been made of these lines already: make a new request."))

    def _prepare_order_line(self):
        """Values of the order line; what names no product becomes a note on the order."""
        self.ensure_one()
        if not self.product_id:
            return {"display_type": "line_note", "name": self.name}
        values = {
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "product_uom_id": (self.product_uom_id or self.product_id.uom_id).id,
        }
        if self.name != self.product_id.display_name:
            values["name"] = self.name
        return values
