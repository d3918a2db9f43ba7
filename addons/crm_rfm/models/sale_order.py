from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

#: proposals shown beside a quotation
SHOWN = 5


class SaleOrder(models.Model):
    """What could be on this quotation too, with the reason, to be added by one click."""

    _inherit = "sale.order"

    rfm_proposal_ids = fields.One2many("crm.rfm.proposal", "order_id", "Proposals", groups="crm_rfm.group_user")

    @api.model
    def get_rfm_proposals(self, partner_id, company_id, product_ids, order_id=False):
        """Return the products to propose: due again first, then what goes with the quotation, then new ones.

        Reads with the rights of the user: customers of others are not recommended anything here.

        :param int partner_id: the customer or a contact of the customer
        :param int company_id: company of the quotation
        :param list product_ids: products that are on the quotation
        :param int order_id: the quotation, when it is saved; what is shown is noted on it
        :return: list of dicts ``product_id, name, kind, quantity, reason``
        :raises AccessError: without the right to read scores or the quotation
        """
        order = self.browse(order_id) if order_id else self.browse()
        order.check_access("read")
        company = self.env["res.company"].browse(company_id)
        rfm_model = self.env["crm.rfm.model"]._get_shown(company).filtered("recommend")
        partner = self.env["res.partner"].browse(partner_id).commercial_partner_id
        if not rfm_model or not partner or (order and order.state not in ("draft", "sent")):
            return []
        # sudo: whoever may read the quotation may know what was declined on it
        declined = order.sudo().rfm_proposal_ids.filtered(lambda item: item.state == "declined").product_id.ids
        taken = {*product_ids, *declined}
        items = self._rfm_candidates(rfm_model, partner, product_ids)
        sellable = self.env["product.product"].search(
            [
                ("id", "in", [item["product_id"] for item in items]),
                ("sale_ok", "=", True),
                ("company_id", "in", [False, company_id]),
            ]
        )
        names = {product.id: product.display_name for product in sellable}
        quantities = self._rfm_usual_quantities(partner, company_id, list(names))
        shown = {}
        for item in items:
            product_id = item["product_id"]
            if product_id in names and product_id not in taken and product_id not in shown and len(shown) < SHOWN:
                shown[product_id] = item | {"name": names[product_id], "quantity": quantities.get(product_id, 1.0)}
        if order and order.has_access("write"):
            # sudo: proposals are noted by the system, no group may create them
            self.env["crm.rfm.proposal"].sudo()._offer(order, [(id_, item["kind"]) for id_, item in shown.items()])
        return list(shown.values())

    def _rfm_candidates(self, rfm_model, partner, product_ids):
        """Recommendations of the customer and pairs of the products on the quotation, best first."""
        recommended = self.env["crm.rfm.recommendation"].search(
            [("model_id", "=", rfm_model.id), ("partner_id", "=", partner.id)]
        )
        pairs = self.env["crm.rfm.pair"].search(
            [
                ("model_id", "=", rfm_model.id),
                ("product_id", "in", product_ids),
                ("other_id", "not in", product_ids),
                ("lift", ">", 1),
            ],
            order="confidence desc, id",
            limit=4 * SHOWN,
        )
        due = recommended.filtered(lambda item: item.kind == "again")
        return [
            *({"product_id": item.product_id.id, "kind": "again", "reason": self._rfm_due_words(item)} for item in due),
            *(
                {
                    "product_id": pair.other_id.id,
                    "kind": "with",
                    "reason": self.env._(
                        "With %(product)s: %(summary)s", product=pair.product_id.display_name, summary=pair.summary
                    ),
                }
                for pair in pairs
            ),
            *(
                {"product_id": item.product_id.id, "kind": "new", "reason": item.reason}
                for item in recommended - due
            ),
        ]

    def _rfm_due_words(self, item):
        words = {"reason": item.reason, "date": format_date(self.env, item.due_on)}
        if item.due_on < fields.Date.context_today(self):
            return self.env._("%(reason)s Due since %(date)s.", **words)
        return self.env._("%(reason)s Due on %(date)s.", **words)

    @api.model
    def _rfm_usual_quantities(self, partner, company_id, product_ids):
        """Quantity of the last confirmed order of each product: ``{product id: quantity}``.

        Of orders that the user may see; of all where the user sees how the customer scores.
        """
        if not product_ids:
            return {}
        Score = self.env["crm.rfm.score"]
        scored = Score.has_access("read") and Score.search_count([("partner_id", "=", partner.id)], limit=1)
        # sudo: the score and the recommendations tell what the customer buys
        orders = (self.sudo() if scored else self)._search(
            [
                ("partner_id.commercial_partner_id", "=", partner.id),
                ("company_id", "=", company_id),
                ("state", "=", "sale"),
            ]
        )
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (l.product_id) l.product_id, l.product_uom_qty
                      FROM sale_order_line l
                      JOIN sale_order o ON o.id = l.order_id
                      JOIN product_product pp ON pp.id = l.product_id
                      JOIN product_template t ON t.id = pp.product_tmpl_id AND t.uom_id = l.product_uom_id
                     WHERE o.id IN %(orders)s AND l.product_id IN %(products)s AND l.product_uom_qty > 0
                     ORDER BY l.product_id, o.date_order DESC, l.id DESC
                    """,
                    orders=orders.subselect(),
                    products=tuple(product_ids),
                )
            )
        )

    def action_add_rfm_proposal(self, product_id):
        """Add a proposed product as a line, in the quantity that the customer ordered last.

        A product that is on the quotation already is not added again, so a second click or a
        second user changes nothing.

        :param int product_id: a product that was proposed on this quotation
        :return: id of the line
        :raises UserError: when the quotation is no quotation any more, or the product was not proposed
        """
        proposal, product = self._rfm_decide(product_id)
        line = self.order_line.filtered(lambda line: line.product_id == product)[:1]
        if not line:
            partner = self.partner_id.commercial_partner_id
            quantity = self._rfm_usual_quantities(partner, self.company_id.id, product.ids).get(product.id, 1.0)
            line = self.env["sale.order.line"].create(
                {"order_id": self.id, "product_id": product.id, "product_uom_qty": quantity}
            )
        proposal.write({"state": "added", "line_id": line.id, "user_id": self.env.uid})
        return line.id

    def action_decline_rfm_proposal(self, product_id):
        """Do not propose a product on this quotation any more.

        :raises UserError: as :meth:`action_add_rfm_proposal`
        """
        proposal, _product = self._rfm_decide(product_id)
        proposal.write({"state": "declined", "line_id": False, "user_id": self.env.uid})

    def _rfm_decide(self, product_id):
        """The locked proposal and its product, after the checks that both decisions share."""
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("draft", "sent"):
            raise UserError(self.env._("%(order)s is no open quotation any more.", order=self.display_name))
        product = self.env["product.product"].browse(product_id).exists()
        # sudo: users decide on a proposal by this method only, no group may write it
        proposal = self.env["crm.rfm.proposal"].sudo()._lock_for(self, product)
        if not proposal:
            raise UserError(self.env._("This product is not proposed on %(order)s.", order=self.display_name))
        return proposal, product
