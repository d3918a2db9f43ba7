from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmContractMilestone(models.Model):
    """Something promised by a date; with a price, its completion makes an order."""

    _name = "crm.contract.milestone"
    _description = "Deliverable of a Contract"
    _order = "contract_id, date_due, id"

    contract_id = fields.Many2one("crm.contract", required=True, index=True, ondelete="cascade")
    name = fields.Char(string="Deliverable", required=True)
    date_due = fields.Date(string="Due On")
    date_done = fields.Date(string="Done On", copy=False, readonly=True)
    product_id = fields.Many2one("product.product", ondelete="restrict", domain="[('sale_ok', '=', True)]")
    amount = fields.Monetary(string="Price", help="Without taxes; ordered when the deliverable is done.")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    order_id = fields.Many2one("sale.order", copy=False, readonly=True, index="btree_not_null", ondelete="set null")

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "The price of a deliverable is not negative.")

    @api.onchange("product_id")
    def _onchange_product_id(self):
        """Propose the customer's price, where none was agreed yet."""
        if self.product_id and not self.amount:
            self.amount = self.contract_id._product_price(self.product_id, 1)

    def action_done(self):
        """Done today; what has a price is ordered, once.

        :raises UserError: when the contract does not run, or a price has no product
        """
        for milestone in self.filtered(lambda milestone: not milestone.date_done):
            contract = milestone.contract_id
            if contract.state != "running":
                raise UserError(self.env._("“%(contract)s” does not run.", contract=contract.display_name))
            milestone.date_done = fields.Date.context_today(self)
            if milestone.amount:
                if not milestone.product_id:
                    raise UserError(
                        self.env._("Please choose the product under which “%(name)s” is ordered.", name=milestone.name)
                    )
                milestone.order_id = contract._create_order(
                    f"milestone:{milestone.id}",
                    [(milestone.product_id, milestone.name, 1, milestone.amount)],
                    milestone.date_done,
                )

    def action_undo(self):
        """Not done after all; an order made of it stays and has to be cancelled by hand."""
        if any(milestone.order_id.state not in (False, "cancel") for milestone in self):
            raise UserError(self.env._("Please cancel the order first."))
        self.date_done = False
