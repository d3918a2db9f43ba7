from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..tools import remedy_money

CREDITING = ("credit_note", "refund")
GOODS = ("replacement", "return", "repair")
"""Kinds that concern goods: which and how many stands on the lines."""

FROM_COMPLAINT = frozenset({"invoice_id", "order_id", "own_cost"})

DISCOUNT_ON = [
    ("credit", "The invoice, as a credit note"),
    ("order", "The order, not yet invoiced"),
    ("next", "The next order"),
]


class CrmComplaintRemedy(models.Model):
    """A remedy as a document of the ERP: of which invoice or order, which lines, and what it costs.

    Money of a remedy is in the company's currency and includes taxes; the document is in the currency of the invoice
    or order, converted at the rate of that document, so that what is credited is what was paid. How each kind is
    carried out is in ``crm_complaint_remedy_credit`` and ``crm_complaint_remedy_order``.
    """

    _inherit = "crm.complaint.remedy"

    invoice_id = fields.Many2one(
        "account.move", compute="_compute_documents", store=True, precompute=True, index="btree_not_null",
        ondelete="restrict",
    )  # fmt: skip
    order_id = fields.Many2one(
        "sale.order", compute="_compute_documents", store=True, precompute=True, index="btree_not_null",
        ondelete="restrict",
    )  # fmt: skip
    line_ids = fields.One2many("crm.complaint.remedy.line", "remedy_id", string="Lines")
    by_lines = fields.Boolean(compute="_compute_by_lines", help="The amount follows from the lines.")
    discount_on = fields.Selection(
        DISCOUNT_ON, string="Discount on", compute="_compute_discount_on", store=True, readonly=False, precompute=True
    )
    document_currency_id = fields.Many2one("res.currency", compute="_compute_claimable", compute_sudo=True)
    document_amount = fields.Monetary(
        string="In the Currency of the Document", currency_field="document_currency_id", compute="_compute_claimable",
        compute_sudo=True,
    )  # fmt: skip
    claimable_amount = fields.Monetary(
        string="May Still Be Credited", currency_field="document_currency_id", compute="_compute_claimable",
        compute_sudo=True, help="What was invoiced and not yet credited, drafts counted, taxes included.",
    )  # fmt: skip
    own_cost = fields.Monetary(
        string="Costs Us", compute="_compute_own_cost", store=True, compute_sudo=True,
        help="Without taxes, goods at their cost.",
    )  # fmt: skip
    tax_part = fields.Monetary(string="Of Which Tax", compute="_compute_figures", compute_sudo=True)
    margin_before = fields.Monetary(string="Margin of the Sale", compute="_compute_figures", compute_sudo=True)
    margin_after = fields.Monetary(string="Margin after It", compute="_compute_figures", compute_sudo=True)
    result_label = fields.Char(string="Carried out by", compute="_compute_result_label", compute_sudo=True)
    can_open_result = fields.Boolean(compute="_compute_can_open_result")

    # === COMPUTE METHODS === #

    @api.depends("complaint_id.crm_invoice_id", "complaint_id.crm_order_id")
    def _compute_documents(self):
        """What was decided on stays as it was decided, whatever is chosen on the complaint later."""
        for remedy in self:
            if remedy.state == "proposed":
                remedy.invoice_id = remedy.complaint_id.crm_invoice_id
                remedy.order_id = remedy.complaint_id.crm_order_id

    @api.depends("kind", "line_ids.quantity")
    def _compute_by_lines(self):
        for remedy in self:
            remedy.by_lines = remedy.kind in CREDITING and any(remedy.line_ids.mapped("quantity"))

    @api.depends("kind", "invoice_id", "order_id")
    def _compute_discount_on(self):
        for remedy in self:
            if remedy.kind != "discount":
                remedy.discount_on = False
            elif not remedy.discount_on or remedy.state == "proposed":
                remedy.discount_on = "credit" if remedy.invoice_id else "order" if remedy.order_id else "next"

    @api.depends("amount", "invoice_id", "order_id", "state")
    def _compute_claimable(self):
        for remedy in self:
            document = remedy.invoice_id or remedy.order_id
            remedy.document_currency_id = document.currency_id or remedy.currency_id
            remedy.document_amount = remedy._in_document_currency(remedy.amount)
            remedy.claimable_amount = remedy.invoice_id._crm_creditable_amount() if remedy.invoice_id else 0.0

    def _in_document_currency(self, amount):
        """An amount in company currency in that of the invoice or order, at the rate of that document."""
        self.ensure_one()
        if self.invoice_id:
            return self.invoice_id.currency_id.round(amount * (self.invoice_id.invoice_currency_rate or 1.0))
        if self.order_id:
            return self.order_id.currency_id.round(amount * (self.order_id.currency_rate or 1.0))
        return amount

    @api.depends("kind", "amount", "invoice_id", "order_id", "line_ids.quantity", "line_ids.product_id")
    def _compute_own_cost(self):
        for remedy in self:
            remedy.own_cost = remedy._cost().own

    @api.depends("kind", "amount", "invoice_id", "order_id", "line_ids.quantity", "line_ids.product_id")
    def _compute_figures(self):
        for remedy in self:
            figures = remedy._cost()
            remedy.tax_part = figures.tax
            remedy.margin_before = figures.margin_before
            remedy.margin_after = figures.margin_after

    def _cost(self):
        """What the remedy costs, see :func:`~..tools.remedy_money.cost`; in company currency."""
        self.ensure_one()
        # sudo: prices and costs of the document are shown as sums, whoever proposes the remedy
        remedy = self.sudo()
        net, gross, goods_sold = remedy._sale_figures()
        goods = sum(line.quantity * line._unit_cost() for line in remedy.line_ids)
        return remedy_money.cost(
            remedy.kind, remedy.amount, net=net, gross=gross, goods_sold=goods_sold, goods=goods,
            digits=remedy.currency_id.decimal_places,
        )  # fmt: skip

    def _sale_figures(self):
        """(price without taxes, with taxes, cost of the goods) of the invoice or order, in company currency."""
        self.ensure_one()
        company = self.company_id
        if self.invoice_id:
            invoice = self.invoice_id
            lines = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "product")
            goods = sum(
                line.product_uom_id._compute_quantity(line.quantity, line.product_id.uom_id)
                * line.product_id.with_company(company).standard_price
                for line in lines
                if line.product_id
            )
            return invoice.amount_untaxed_signed, invoice.amount_total_signed, goods
        if self.order_id:
            order, rate = self.order_id, self.order_id.currency_rate or 1.0
            goods = sum(
                line.product_uom_id._compute_quantity(line.product_uom_qty, line.product_id.uom_id)
                * line.product_id.with_company(company).standard_price
                for line in order.order_line
                if line.product_id
            )
            return order.amount_untaxed / rate, order.amount_total / rate, goods
        return 0.0, 0.0, 0.0

    @api.depends("res_model", "res_id", "state")
    def _compute_result_label(self):
        for remedy in self:
            document = remedy.result if remedy.res_id else False
            remedy.result_label = document.exists().display_name if document else False

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_can_open_result(self):
        for remedy in self:
            document = remedy.result if remedy.res_id else False
            remedy.can_open_result = bool(document) and document.has_access("read")

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """Nobody credits another invoice by a default."""
        return own_defaults(self, super().default_get(fields), FROM_COMPLAINT)

    def _refuse_protected(self, vals):
        """Which document it is about follows from the complaint: whoever could write it could credit any invoice."""
        if not self.env.su and FROM_COMPLAINT & set(vals):
            raise UserError(self.env._("The invoice or order of a remedy is chosen on its complaint."))
        return super()._refuse_protected(vals)

    def write(self, vals):
        if not self.env.su and "discount_on" in vals and any(remedy.state != "proposed" for remedy in self):
            raise UserError(self.env._("A remedy that was decided on is not changed any more. Propose another one."))
        return super().write(vals)

    # === APPROVAL === #

    def _known_order_amount(self):
        """All remedies of the complaint together never exceed what was invoiced and not credited otherwise."""
        self.ensure_one()
        claimable = self.complaint_id._crm_claimable_amount()
        return super()._known_order_amount() if claimable is None else claimable

    # === LINES === #

    def action_take_lines(self):
        """List what was invoiced (else ordered), to say how much of it the remedy concerns.

        :raises UserError: when there is no invoice and no order, or the remedy was decided on
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "proposed":
            raise UserError(self.env._("A remedy that was decided on is not changed any more. Propose another one."))
        # sudo: the handler has no right on the document, its lines are listed with name, quantity and price
        sources = self.sudo()._line_sources()
        if not sources:
            raise UserError(self.env._("Choose the invoice or the order on the complaint first."))
        known = {line.source_key for line in self.line_ids}
        values = [vals for vals in sources if vals["source_key"] not in known]
        # sudo: where the lines come from is not typed in
        self.env["crm.complaint.remedy.line"].sudo().create([vals | {"remedy_id": self.id} for vals in values])
        return True

    def _line_sources(self):
        """Values of a remedy's line for each line of the invoice, else of the order."""
        self.ensure_one()
        if self.invoice_id:
            lines = self.invoice_id.invoice_line_ids.filtered(lambda line: line.display_type == "product")
            return [line._crm_remedy_line_values() for line in lines if line.quantity > 0]
        lines = self.order_id.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
        return [line._crm_remedy_line_values() for line in lines if line.product_uom_qty > 0]

    def _chosen_lines(self):
        """Lines with a quantity.

        :raises UserError: when there is none
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.quantity > 0)
        if not lines:
            raise UserError(
                self.env._("%(remedy)s: say which goods and how many (button 'Take Lines').", remedy=self.display_name)
            )
        return lines

    def _format(self, amount, currency):
        return formatLang(self.env, amount, currency_obj=currency)

    def _amount_of_lines(self):
        """What the lines amount to in the currency of the document, taxes included.

        All of the invoice is its total: taxes that are rounded once differ by cents from those of the lines.
        """
        self.ensure_one()
        # sudo: whether the lines are all of the invoice, which is not shown
        invoice = self.sudo().invoice_id
        sold = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        chosen = {line.move_line_id: line.quantity for line in self.sudo().line_ids}
        if sold and all(line.quantity > 0 and chosen.get(line) == line.quantity for line in sold):
            return invoice.amount_total
        return sum(self.line_ids.mapped("amount"))

    def _take_amount_of_lines(self):
        """The amount of a credit note or refund by lines is that of its lines."""
        for remedy in self.filtered("by_lines"):
            total = remedy._amount_of_lines()
            document = remedy.sudo()  # sudo: the rate of the document, not shown
            rate = document.invoice_id.invoice_currency_rate or document.order_id.currency_rate or 1.0
            # not with the rights of superuser: who changes the lines becomes the proposer
            remedy.amount = remedy.currency_id.round(total / rate)
