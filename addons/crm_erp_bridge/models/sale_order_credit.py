from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..tools.touch import touch

DECISION = frozenset({"crm_credit_user_id", "crm_credit_date", "crm_credit_reason", "crm_credit_amount"})
"""Who allowed the order in spite of the customer's debts: written by the dialog of the manager only."""

CREDIT = ["crm_credit_balance", "crm_credit_overdue", "crm_credit_to_invoice", "crm_credit_limit", "crm_credit_total",
          "crm_credit_problem"]  # fmt: skip
INTERNAL = "base.group_user"
"""Customers read their orders in the portal, but not what is thought of their debts."""


class SaleOrder(models.Model):
    """What the customer owes, shown before the order is confirmed; the company warns or blocks.

    All amounts are in the company's currency and those of the whole customer with all contacts:

    * ``crm_credit_balance``: open posted invoices less credit notes and payments;
    * ``crm_credit_overdue``: what of it is due for longer than the company tolerates;
    * ``crm_credit_to_invoice``: confirmed orders, not yet invoiced, taxes included;
    * ``crm_credit_limit``: Odoo's credit limit of the customer; 0 without one.
    """

    _inherit = "sale.order"

    crm_credit_check = fields.Selection(related="company_id.crm_credit_check")
    crm_credit_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    crm_credit_balance = fields.Monetary(
        string="Owes", compute="_compute_crm_credit_debts", currency_field="crm_credit_currency_id",
        compute_sudo=True, groups=INTERNAL,
    )  # fmt: skip
    crm_credit_overdue = fields.Monetary(
        string="Overdue", compute="_compute_crm_credit_debts", currency_field="crm_credit_currency_id",
        compute_sudo=True, groups=INTERNAL,
    )  # fmt: skip
    crm_credit_to_invoice = fields.Monetary(
        string="Ordered, Not Invoiced", compute="_compute_crm_credit_debts", currency_field="crm_credit_currency_id",
        compute_sudo=True, groups=INTERNAL,
    )  # fmt: skip
    crm_credit_limit = fields.Monetary(
        string="Credit Limit", compute="_compute_crm_credit_debts", currency_field="crm_credit_currency_id",
        compute_sudo=True, groups=INTERNAL,
    )  # fmt: skip
    crm_credit_total = fields.Monetary(
        string="With This Order", compute="_compute_crm_credit", currency_field="crm_credit_currency_id",
        compute_sudo=True, groups=INTERNAL,
    )  # fmt: skip
    crm_credit_problem = fields.Selection(
        [("limit", "Over the credit limit"), ("overdue", "Overdue invoices"), ("both", "Over the limit and overdue")],
        string="Credit", compute="_compute_crm_credit", compute_sudo=True, groups=INTERNAL,
    )  # fmt: skip
    crm_credit_user_id = fields.Many2one(
        "res.users", string="Allowed by", readonly=True, copy=False, groups=INTERNAL
    )
    crm_credit_date = fields.Datetime(string="Allowed on", readonly=True, copy=False, groups=INTERNAL)
    crm_credit_reason = fields.Char(string="Allowed because", readonly=True, copy=False, groups=INTERNAL)
    crm_credit_amount = fields.Monetary(string="Allowed up to", readonly=True, copy=False, groups=INTERNAL)

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id", "state")
    def _compute_crm_credit_debts(self):
        """What the lines do not change: it is read once, however many are typed in."""
        known = self.filtered(lambda order: order._crm_credit_is_shown())
        balances, overdue, ordered = known._crm_debts()
        for order in self:
            customer = (order.partner_id.commercial_partner_id, order.company_id) if order in known else None
            order.crm_credit_balance = balances.get(customer, 0.0)
            order.crm_credit_overdue = overdue.get(customer, 0.0)
            order.crm_credit_to_invoice = ordered.get(customer, 0.0)
            order.crm_credit_limit = order._crm_limit() if customer else 0.0

    @api.depends(
        "amount_total", "currency_rate", "crm_credit_balance", "crm_credit_overdue", "crm_credit_to_invoice",
        "crm_credit_limit",
    )  # fmt: skip
    def _compute_crm_credit(self):
        for order in self:
            known = order.amount_total > 0 and order._crm_credit_is_shown()
            total = (
                order.crm_credit_balance + order.crm_credit_to_invoice
                + order.amount_total / (order.currency_rate or 1.0)
            )  # fmt: skip
            currency, limit = order.company_id.currency_id, order.crm_credit_limit
            over = known and bool(limit) and currency.compare_amounts(total, limit) > 0
            behind = known and currency.compare_amounts(order.crm_credit_overdue, 0) > 0
            order.crm_credit_total = currency.round(total) if known else 0.0
            order.crm_credit_problem = (
                "both" if over and behind else "limit" if over else "overdue" if behind else False
            )

    def _crm_credit_is_shown(self):
        self.ensure_one()
        return (
            self.state in ("draft", "sent") and bool(self.partner_id) and self.company_id.crm_credit_check != "off"
        )

    def _crm_limit(self):
        self.ensure_one()
        if not self.company_id.account_use_credit_limit:
            return 0.0
        return self.partner_id.commercial_partner_id.with_company(self.company_id).credit_limit

    def _crm_debts(self):
        """What the customers of these orders owe, are late with, and have ordered without an invoice.

        :return: three dicts {(customer, company): amount in company currency}; the number of queries does not depend
            on the number of orders
        """
        if not self:
            return {}, {}, {}
        customers, companies = self.partner_id.commercial_partner_id, self.company_id
        # sudo: sums over what everybody sold to the customer
        lines = self.env["account.move.line"].sudo()
        domain = [
            ("partner_id", "in", customers.ids),
            ("company_id", "in", companies.ids),
            ("account_id.account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
        ]
        balances, overdue, ordered = {}, {}, {}
        for partner, company, amount in lines._read_group(
            domain, ["partner_id", "company_id"], ["amount_residual:sum"]
        ):
            balances[partner, company] = amount
        for company in companies:
            due = fields.Date.context_today(self) - timedelta(days=company.crm_credit_days)
            for partner, amount in lines._read_group(
                [*domain, ("company_id", "=", company.id), ("date_maturity", "<", due)],
                ["partner_id"], ["amount_residual:sum"],
            ):  # fmt: skip
                overdue[partner, company] = amount
        orders = self.sudo().search(
            [
                ("partner_id.commercial_partner_id", "in", customers.ids),
                ("company_id", "in", companies.ids),
                ("state", "=", "sale"),
                ("order_line.untaxed_amount_to_invoice", ">", 0),
            ]
        )
        for order in orders:
            customer = (order.partner_id.commercial_partner_id, order.company_id)
            amount = order._crm_left_to_invoice() / (order.currency_rate or 1.0)
            ordered[customer] = ordered.get(customer, 0.0) + amount
        return balances, overdue, ordered

    def _crm_left_to_invoice(self):
        """What is still to be invoiced of a confirmed order, taxes included, in its currency.

        Odoo's amount counts besides what was invoiced in advance, and is owed already, and what a complaint settled.
        """
        self.ensure_one()
        advance = sum(self.order_line.filtered("is_downpayment").mapped("amount_invoiced"))
        settled = sum(
            credited.currency_id._convert(credited.price_total, self.currency_id, self.company_id, credited.date)
            for line in self.order_line
            for credited in line._crm_settled_lines(("posted",))
        )
        return max(self.currency_id.round(self.amount_to_invoice - advance - settled), 0.0)

    # === GUARD === #

    def action_confirm(self):
        """
        :raises UserError: when the company blocks customers who owe too much, and no manager allowed the order
        """
        self._check_crm_credit()
        return super().action_confirm()

    def _check_crm_credit(self):
        # sudo: settings and sums, see above
        guarded = self.sudo().filtered(lambda order: order.company_id.crm_credit_check == "block")
        limited = guarded.filtered(lambda order: order._crm_limit())
        # orders of one customer that are confirmed at the same time count together
        touch(limited.partner_id.commercial_partner_id)
        guarded.invalidate_recordset(CREDIT)
        for order in guarded.filtered("crm_credit_problem"):
            if order._crm_allowed():
                continue
            if order._crm_confirmed_by_customer():
                # that holds, the salesperson hears of it
                order.message_post(body=order._crm_credit_words())
                continue
            raise UserError(order._crm_credit_words())

    def _crm_confirmed_by_customer(self):
        """Whether it is the customer who confirms: in the portal, or by a payment that a scheduled job notes later."""
        self.ensure_one()
        # sudo: whether something was paid is asked whoever confirms; who may not see payments learns no more
        paid = self.sudo().transaction_ids.filtered(lambda payment: payment.state in ("authorized", "done"))
        return self.env.user.share or (self.env.uid == SUPERUSER_ID and bool(paid))

    def _crm_allowed(self):
        """Whether a manager allowed the order, and it has not grown since."""
        self.ensure_one()
        return bool(self.crm_credit_user_id) and self.currency_id.compare_amounts(
            self.amount_total, self.crm_credit_amount
        ) <= 0

    def _crm_credit_words(self):
        self.ensure_one()

        def money(amount):
            return formatLang(self.env, amount, currency_obj=self.company_id.currency_id)

        words = self.env._(
            "%(order)s: %(customer)s owes %(balance)s (overdue %(overdue)s), has ordered %(ordered)s more that is not "
            "invoiced, and would come to %(total)s with this order.",
            order=self.name,
            customer=self.partner_id.commercial_partner_id.name,
            balance=money(self.crm_credit_balance),
            overdue=money(self.crm_credit_overdue),
            ordered=money(self.crm_credit_to_invoice),
            total=money(self.crm_credit_total),
        )
        if self.crm_credit_limit:
            words += " " + self.env._("The credit limit is %(limit)s.", limit=money(self.crm_credit_limit))
        return words + " " + self.env._("A sales manager can allow it.")

    # === THE MANAGER'S DECISION === #

    def action_allow_credit(self):
        """A dialog in which a manager says why, and confirms."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Confirm All the Same"),
            "res_model": "sale.order.credit.allow",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    @api.model
    def default_get(self, fields):
        """Nobody begins an order as allowed by a manager, by no context and no own default."""
        return own_defaults(self, super().default_get(fields), DECISION)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_decision(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_decision(vals)
        return super().write(vals)

    def _refuse_decision(self, vals):
        if not self.env.su and DECISION & set(vals):
            raise UserError(self.env._("Only a sales manager allows an order, in the dialog 'Confirm All the Same'."))
