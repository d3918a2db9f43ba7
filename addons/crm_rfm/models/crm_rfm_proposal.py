from odoo import fields, models
from odoo.tools import SQL


class CrmRfmProposal(models.Model):
    """A product that was proposed on a quotation, and what became of the proposal.

    Written while the quotation is open: offered when it was shown, added or declined by a
    user. Whether it was sold follows from the order (:class:`CrmRfmProposalReport`), so
    confirming an order writes nothing here.
    """

    _name = "crm.rfm.proposal"
    _description = "Proposal on a Quotation"
    _rec_name = "product_id"
    _order = "id"

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade", readonly=True)
    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade", readonly=True)
    kind = fields.Selection(
        [
            ("again", "Due for re-order"),
            ("new", "New to this customer"),
            ("with", "Goes with the quotation"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("offered", "Offered"), ("added", "Added"), ("declined", "Declined")],
        required=True,
        readonly=True,
        default="offered",
    )
    line_id = fields.Many2one("sale.order.line", index="btree_not_null", ondelete="set null", readonly=True)
    user_id = fields.Many2one("res.users", "Decided by", readonly=True)

    _product_uniq = models.Constraint(
        "UNIQUE(order_id, product_id)", "A product is proposed once on a quotation."
    )

    def _offer(self, order, items):
        """Note what is shown on a quotation; what stands there already stays as it is.

        :param order: one ``sale.order``
        :param list items: pairs ``(product id, kind)``
        """
        if not items:
            return
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_rfm_proposal (order_id, product_id, kind, state, create_uid, create_date,"
                " write_uid, write_date) VALUES %s ON CONFLICT (order_id, product_id) DO NOTHING",
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, 'offered', %s, now() AT TIME ZONE 'UTC', %s, now() AT TIME ZONE 'UTC')",
                        order.id, product_id, kind, self.env.uid, self.env.uid,
                    )
                    for product_id, kind in items
                ),
            )
        )  # fmt: skip
        self.invalidate_model()

    def _lock_for(self, order, product):
        """Return the proposal of a product on a quotation, locked until the transaction ends.

        Of two users who decide at the same time, the second one is retried by Odoo and then
        sees what the first one did.
        """
        found = self.search([("order_id", "=", order.id), ("product_id", "=", product.id)])
        # not lock_for_update(): that one refuses instead of waiting
        self.env.cr.execute(SQL("SELECT FROM crm_rfm_proposal WHERE id = ANY(%s) FOR UPDATE", found.ids))
        return found
