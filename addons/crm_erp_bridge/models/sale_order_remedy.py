from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError

from ..tools.touch import touch


class SaleOrder(models.Model):
    """Replacement orders, discounts promised to the customer, and the complaints about an order."""

    _name = "sale.order"
    _inherit = ["sale.order", "crm.complaint.document"]

    crm_remedy_id = fields.Many2one(
        "crm.complaint.remedy", string="Remedy", copy=False, readonly=True, index="btree_not_null",
        ondelete="restrict", groups="base.group_user", help="The replacement that this order sends.",
    )  # fmt: skip
    crm_promised_discount = fields.Monetary(
        string="Promised Discount", compute="_compute_crm_promised_discount", groups="base.group_user",
        help="Promised to the customer for a complaint, taxes included.",
    )  # fmt: skip

    # the key of a replacement: it is ordered once, until the order is cancelled
    _crm_remedy_uniq = models.UniqueIndex(
        "(crm_remedy_id) WHERE crm_remedy_id IS NOT NULL AND state <> 'cancel'",
        "This replacement was ordered already.",
    )

    def _crm_complaints_domain(self):
        # sudo: which complaint an order names; whether the user sees that one is asked by the search
        orders = self.sudo()
        linked = orders.crm_remedy_id.complaint_id | orders.order_line.crm_remedy_id.complaint_id
        return ["|", ("id", "in", linked.ids), ("crm_order_id", "in", self.ids)]

    @api.model
    def default_get(self, fields):
        """Nobody begins an order as free of charge, by no context and no own default."""
        return own_defaults(self, super().default_get(fields), {"crm_remedy_id"})

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_remedy(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_remedy(vals)
        return super().write(vals)

    def _refuse_remedy(self, vals):
        """An order that is a replacement is never invoiced: nobody makes one of it by hand."""
        if not self.env.su and "crm_remedy_id" in vals:
            raise UserError(self.env._("Replacement orders are made by carrying out the remedy of a complaint."))

    # === DISCOUNTS ON THE NEXT ORDER === #

    def _crm_promises(self):
        """Discounts promised for the customer's next order, in superuser mode, by order."""
        open_orders = self.filtered(
            lambda order: order.state in ("draft", "sent") and order.partner_id and not order.sudo().crm_remedy_id
        )
        # sudo: whoever writes the quotation need not see the complaint for which a discount was promised
        promises = self.env["crm.complaint.remedy"].sudo().search(
            [
                ("kind", "=", "discount"),
                ("discount_on", "=", "next"),
                ("state", "=", "executing"),
                ("commercial_partner_id", "in", open_orders.partner_id.commercial_partner_id.ids),
                ("company_id", "in", open_orders.company_id.ids),
            ],
            order="id",
        )
        return {
            order: promises.filtered(
                lambda promise, order=order: promise.commercial_partner_id == order.partner_id.commercial_partner_id
                and promise.company_id == order.company_id
            )
            for order in open_orders
        }

    @api.depends("partner_id", "state", "order_line.crm_remedy_id")
    def _compute_crm_promised_discount(self):
        promises = self._crm_promises()
        for order in self:
            amount = sum(promises[order].mapped("amount")) if order in promises else 0.0
            order.crm_promised_discount = order.currency_id.round(amount * (order.currency_rate or 1.0))

    def action_apply_promised_discount(self):
        """Give the promised discounts on this quotation, each once; what is more than is left of it waits.

        :raises UserError: when the quotation amounts to less than each discount
        """
        self.ensure_one()
        self.check_access("write")
        promises = self._crm_promises().get(self, self.env["crm.complaint.remedy"])
        touch(promises)
        given = False
        for promise in promises:
            amount = promise.amount * (self.currency_rate or 1.0)
            too_much = self.currency_id.compare_amounts(amount, self.amount_total) > 0
            # the last one says why when none was given
            if too_much and (given or promise != promises[-1:]):
                continue
            given = True
            promise.order_id = self
            promise._finish_on_order(promise._discount_order(self))
        return True

    # === A REMEDY FOLLOWS ITS ORDER === #

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: whoever confirms the order need not see the complaint that it settles
        self.sudo().crm_remedy_id._order_moved_on()
        return result

    def _action_cancel(self):
        # sudo: whoever cancels the order need not see the complaint that it settles
        orders = self.sudo()
        remedies = orders.crm_remedy_id | orders.order_line.crm_remedy_id
        result = super()._action_cancel()
        remedies._document_lost(self.env._("%(document)s was cancelled.", document=", ".join(self.mapped("name"))))
        # the discount may be given elsewhere now: it must not come back with an order that is set to draft again
        orders._take_discounts_off()
        return result

    def _take_discounts_off(self):
        """Discounts for complaints leave these orders; a promise is of no order again."""
        lines = self.order_line.filtered("crm_remedy_id")
        promises = lines.crm_remedy_id.filtered(lambda remedy: remedy.discount_on == "next")
        lines.unlink()
        for promise in promises:
            promise.order_id = promise.complaint_id.crm_order_id

    def _get_copiable_order_lines(self):
        """A discount for a complaint is given once, also when the order is duplicated."""
        lines = super()._get_copiable_order_lines()
        # sudo: whoever duplicates the order need not see the complaint
        return lines - lines.sudo().filtered("crm_remedy_id").sudo(self.env.su)

    def unlink(self):
        # sudo: whoever deletes the quotation need not see the complaint that it was to settle
        orders = self.sudo()
        remedies = orders.crm_remedy_id
        # the others are refused below
        orders.filtered(lambda order: order.state in ("draft", "cancel"))._take_discounts_off()
        result = super().unlink()
        remedies._document_lost(self.env._("The quotation of the replacement was deleted."))
        return result
