from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class CrmComplaintRemedyLine(models.Model):
    """What was bought, and how much of it the remedy concerns. Everything but the quantity comes from the document."""

    _name = "crm.complaint.remedy.line"
    _description = "Line of a Remedy"
    _order = "remedy_id, id"

    remedy_id = fields.Many2one("crm.complaint.remedy", required=True, ondelete="cascade", index=True)
    source_key = fields.Char(required=True, readonly=True, export_string_translation=False)
    name = fields.Char(string="Article", required=True, readonly=True)
    product_id = fields.Many2one("product.product", readonly=True, index="btree_not_null", ondelete="restrict")
    move_line_id = fields.Many2one("account.move.line", readonly=True, index="btree_not_null", ondelete="set null")
    sale_line_id = fields.Many2one("sale.order.line", readonly=True, index="btree_not_null", ondelete="set null")
    quantity_max = fields.Float(string="Bought", digits="Product Unit", readonly=True)
    quantity = fields.Float(digits="Product Unit", help="How many of them the remedy concerns.")
    price_total = fields.Monetary(string="Price", readonly=True, help="Of all that was bought, taxes included.")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(compute="_compute_amount", help="Price of the quantity, taxes included.")

    _source_uniq = models.UniqueIndex("(remedy_id, source_key)", "This line is listed already.")
    _quantity_within = models.Constraint(
        "CHECK (quantity >= 0 AND quantity < 1e12)", "The quantity of a remedy is not negative."
    )

    @api.depends("quantity", "quantity_max", "price_total")
    def _compute_amount(self):
        for line in self:
            share = line.quantity / line.quantity_max if line.quantity_max else 0.0
            line.amount = line.currency_id.round(line.price_total * share) if line.currency_id else 0.0

    def _unit(self):
        """The unit in which the quantities of the line are: that of the invoice, else of the order."""
        self.ensure_one()
        return self.move_line_id.product_uom_id or self.sale_line_id.product_uom_id

    def _unit_cost(self):
        """Cost of one unit of the line (a dozen, say) in company currency."""
        self.ensure_one()
        product = self.product_id.with_company(self.remedy_id.company_id)
        unit = self._unit()
        pieces = unit._compute_quantity(1.0, product.uom_id, round=False) if unit and product else 1.0
        return product.standard_price * pieces

    @api.constrains("quantity")
    def _check_quantity(self):
        for line in self:
            if line.quantity > line.quantity_max + 1e-6:
                raise ValidationError(
                    self.env._(
                        "%(article)s: only %(bought)s were bought.", article=line.name, bought=line.quantity_max
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Lines come from the invoice or the order: use 'Take Lines'."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and (set(vals) - {"quantity"}):
            raise UserError(self.env._("Of a line only the quantity can be changed."))
        self._check_undecided()
        result = super().write(vals)
        if "quantity" in vals:
            self.remedy_id._take_amount_of_lines()
        return result

    def unlink(self):
        remedies = self.remedy_id
        result = super().unlink()
        remedies._take_amount_of_lines()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self._check_undecided()

    def _check_undecided(self):
        if any(remedy.state != "proposed" for remedy in self.remedy_id):
            raise UserError(self.env._("A remedy that was decided on is not changed any more. Propose another one."))

    # === ACCESS: seen and changed by whoever may see and change the complaint === #

    def _search(self, domain, offset=0, limit=None, order=None, *, active_test=True, bypass_access=False):
        if not (self.env.su or bypass_access):
            visible = self.env["crm.complaint.remedy"]._search([])
            domain = fields.Domain(domain) & fields.Domain("remedy_id", "in", visible)
        return super()._search(domain, offset, limit, order, active_test=active_test, bypass_access=bypass_access)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if result or self.env.su or not any(self._ids):
            return result
        # sudo: whose remedy it is, to ask whether the user may see that one
        remedies = self.sudo().remedy_id.with_env(self.env)
        allowed = remedies._filtered_access("read" if operation == "read" else "write")
        forbidden = self.filtered(lambda line: line.sudo().remedy_id not in allowed)
        return (forbidden, forbidden._forbidden_error) if forbidden else None

    def _forbidden_error(self):
        return self.env["crm.complaint.remedy"]._complaint_access_error(len(self))

    # === REPLACEMENT === #

    def _prepare_replacement_line(self):
        """Values of the order line that sends the goods anew: at their price, discounted as a whole.

        :raises UserError: when the line names no article
        """
        self.ensure_one()
        if not self.product_id:
            raise UserError(self.env._("%(line)s is no article that can be sent anew.", line=self.name))
        source, unit = self.sale_line_id, self._unit()
        price = source.price_unit if source.product_uom_id == unit else self.move_line_id.price_unit
        return {
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "price_unit": price,
            "discount": 100.0,
        } | ({"product_uom_id": unit.id} if unit else {})
