import logging

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import float_round

from ..tools import contract as rules

_logger = logging.getLogger(__name__)

BATCH = 20


class CrmContract(models.Model):
    """Each period of a contract makes one order, and the invoice with it if wanted.

    The order of a period bears the key of the period, and a unique index lets each key exist once per contract: a
    repeated click, a second worker or a run after a crash finds the order instead of making another.
    """

    _inherit = "crm.contract"

    # === FIELDS === #

    line_ids = fields.One2many("crm.contract.line", "contract_id", string="Each Period", copy=True)
    interval_months = fields.Integer(
        string="Invoiced Every (months)", help="0: nothing is ordered by itself.", tracking=True
    )
    document = fields.Selection(
        [
            ("quotation", "Draft Quotation"),
            ("order", "Confirmed Order"),
            ("invoice", "Confirmed Order and Draft Invoice"),
        ],
        string="Makes a", required=True, default="quotation", tracking=True,
    )
    indexation_percent = fields.Float(string="Indexation (%)", tracking=True)
    indexation_months = fields.Integer(string="Indexed Every (months)", default=12)
    index_id = fields.Many2one(
        "crm.contract.index", string="Price Index", index="btree_not_null", ondelete="restrict", tracking=True,
        check_company=True, help="Prices follow this series instead of a fixed percentage.",
    )  # fmt: skip
    by_calendar = fields.Boolean(
        string="Periods of the Calendar", tracking=True,
        help="Periods begin with the months, quarters or years of the calendar, not counted from the start.",
    )  # fmt: skip
    by_days = fields.Boolean(
        string="Partial Periods by Days", tracking=True,
        help="A period of which the contract covers only some days costs as many of its days.",
    )  # fmt: skip
    date_next = fields.Date(string="Next Period", compute="_compute_date_next", store=True, index="btree_not_null")
    amount_period = fields.Monetary(
        string="Next Period's Amount", compute="_compute_amount_period", help="Without taxes, with indexation."
    )
    invoicing_error = fields.Char(readonly=True, copy=False)

    _interval = models.Constraint(
        "CHECK (interval_months BETWEEN 0 AND 120 AND indexation_months BETWEEN 1 AND 120)",
        "A period takes 0 to 120 months, an indexation 1 to 120.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_start", "date_end", "interval_months", "by_calendar", "order_ids.contract_date")
    def _compute_date_next(self):
        for contract in self:
            # sudo: orders that the reader does not see are made all the same
            made = set(contract.sudo().order_ids.mapped("contract_date"))
            contract.date_next = contract.date_start and rules.next_period(
                contract.date_start, contract.date_end, contract.interval_months, made, contract.by_calendar
            )

    @api.depends(
        "line_ids.quantity", "line_ids.price_unit", "date_next", "date_end", "indexation_percent", "indexation_months",
        "index_id.value_ids.value", "by_days", "by_calendar", "interval_months", "renewal", "date_notice_given",
    )  # fmt: skip
    def _compute_amount_period(self):
        for contract in self:
            try:
                contract.amount_period = sum(
                    line.quantity * contract._price_on(line.price_unit, contract.date_next)
                    for line in contract.line_ids
                )
            except UserError:  # the index does not reach back to the start: said when the order is made
                contract.amount_period = 0.0

    @api.constrains("index_id", "date_start")
    def _check_index(self):
        for contract in self:
            contract._price_on(1.0, contract.date_start)

    # === CRUD METHODS === #

    def write(self, vals):
        """
        :raises UserError: when periods of which orders were made would begin on other days
        """
        self._check_periods_stay(vals)
        return super().write(vals)

    def _check_periods_stay(self, vals):
        """A contract that was invoiced by the quarter and then by the month would have the same time invoiced twice.

        It may stop making orders (0 months), and go on.
        """
        for contract in self.filtered("interval_months"):
            new = {name: vals[name] for name in ("date_start", "by_calendar") if name in vals}
            if vals.get("interval_months"):
                new["interval_months"] = vals["interval_months"]
            changed = [
                name for name, value in new.items()
                if contract._fields[name].convert_to_cache(value, contract) != contract[name]
            ]  # fmt: skip
            # sudo: orders that the user does not see were made all the same
            if changed and any(contract.sudo().order_ids.mapped("contract_date")):
                raise UserError(
                    self.env._(
                        "Orders were made for periods of “%(contract)s”: with other periods the same time would be "
                        "invoiced twice. End it and make a new contract with the other terms.",
                        contract=contract.display_name,
                    )
                )

    # === ACTIONS === #

    def action_create_due(self):
        """Make the orders of the periods that have begun.

        :raises UserError: when nothing is due, or the contract does not run
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "running":
            raise UserError(self.env._("“%(contract)s” does not run.", contract=self.display_name))
        if not self._create_due():
            raise UserError(self.env._("Nothing is due: each period that has begun has its order."))
        return self.action_open_orders()

    # === BUSINESS METHODS === #

    def _price_on(self, price, day):
        """A price of the contract in the period that begins on a day, with indexation, rounded as prices are.

        :raises UserError: when the price index does not reach back to the start of the contract
        """
        self.ensure_one()
        day = day or self.date_start
        if self.index_id:
            # sudo: whoever makes the order need not keep the series
            values = {row.date: row.value for row in self.index_id.sudo().value_ids}
            price = rules.indexed_by(price, values, self.indexation_months, self.date_start, day)
            if price is None:
                raise UserError(
                    self.env._(
                        "“%(index)s” has no value on %(day)s or before: add it, or choose another index.",
                        index=self.index_id.name,
                        day=self.date_start,
                    )
                )
        else:
            price = rules.indexed(price, self.indexation_percent, self.indexation_months, self.date_start, day)
        digits = self.env["decimal.precision"].precision_get("Product Price")
        price = float_round(price, precision_digits=digits)
        covered, days = self._days_covered(day)
        # not rounded again: of many cheap pieces that would change the sum
        return price * covered / days if covered < days else price

    def _days_covered(self, day):
        """Days of the period that begins on a day which are paid, and all its days."""
        self.ensure_one()
        if not self.by_days or self.interval_months <= 0:
            return 1, 1
        # what renews itself does not end within a period, unless notice was given
        end = self.date_end if self.renewal != "auto" or self.date_notice_given else None
        begun = rules.periods(self.date_start, end, self.interval_months, day, self.by_calendar)
        number = max(len(begun) - 1, 0)
        return rules.share(self.date_start, end, self.interval_months, number, self.by_calendar)

    def _create_due(self):
        """Orders of all periods that have begun and have none yet.

        :return: the new orders
        """
        self.ensure_one()
        orders = self.env["sale.order"]
        today = fields.Date.context_today(self)
        if not self.line_ids:
            return orders
        made = set(self.sudo().order_ids.mapped("contract_date"))  # sudo: as in _compute_date_next
        for day in rules.periods(
            self.date_start, self.date_end, self.interval_months, today, self.by_calendar
        ):
            if day not in made:
                lines = [
                    (line.product_id, line.name, line.quantity, self._price_on(line.price_unit, day))
                    for line in self.line_ids
                ]
                orders += self._create_order(f"period:{day}", lines, day)
        return orders

    def _product_price(self, product, quantity):
        """What the customer pays for a product today, without taxes as the price list says.

        :return: price of one unit in the currency of the contract; 0 without product
        :rtype: float
        """
        if not product:
            return 0
        return self._pricelist()._get_product_price(
            product.with_company(self.company_id), quantity or 1, currency=self.currency_id
        )

    def _pricelist(self):
        return self.partner_id.with_company(self.company_id).property_product_pricelist

    def _create_order(self, key, lines, day):
        """The order of a period or deliverable, made once (see the class).

        :param lines: tuples (product, description or none, quantity, price)
        :raises ConcurrencyError: when another transaction makes the same order right now; Odoo repeats the call
        """
        self.ensure_one()
        # sudo: who carries out the contract makes its order, also where orders belong to a colleague
        orders = self.env["sale.order"].sudo().with_company(self.company_id)
        if made := orders.search([("contract_id", "=", self.id), ("contract_key", "=", key)], limit=1):
            return made.with_env(self.env)
        values = {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "opportunity_id": self.sudo().lead_id.id,
            "origin": self.code,
            "contract_id": self.id,
            "contract_key": key,
            "contract_date": day if key.startswith("period:") else False,
            # prices are agreed in the currency of the contract: a price list in another one would only rename the sum
            **({} if self._pricelist().currency_id == self.currency_id else {"pricelist_id": False}),
            "order_line": [
                Command.create(
                    # a discount of the price list is in the agreed price: it is not given twice
                    {"product_id": product.id, "product_uom_qty": quantity, "price_unit": price, "discount": 0.0}
                    | ({"name": name} if name else {})
                )
                for product, name, quantity, price in lines
            ],
        }
        try:
            with self.env.cr.savepoint():
                order = orders.create(values)
        except UniqueViolation as error:
            if error.diag.constraint_name != "sale_order_contract_key_uniq":
                raise
            raise ConcurrencyError(f"order {key} of contract {self.id} is being made") from error
        if self.document != "quotation":
            order.action_confirm()
        if self.document == "invoice" and order.invoice_status == "to invoice":
            order._create_invoices()
        return order.with_env(self.env)

    @api.model
    def _cron_follow(self):
        """Renew or end contracts, then make what is due, a contract per transaction.

        A contract whose order cannot be made keeps the reason and does not stop the others; one that another worker
        has in hand is left to it. Contracts of customers whose data may not be processed wait for a person's click.
        """
        self._follow_dates()
        due = Domain("state", "=", "running") & Domain("date_next", "<=", fields.Date.context_today(self))
        due &= Domain("line_ids", "!=", False)
        due &= Domain("partner_id", "any", self.env["res.partner"]._crm_unrestricted_domain())
        seen = []
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(due))
        while contracts := self.search(due & Domain("id", "not in", seen), limit=BATCH, order="date_next, id"):
            for contract in contracts:
                seen.append(contract.id)
                locked = contract.try_lock_for_update().filtered_domain(due)
                if locked:
                    locked._create_due_or_say_why()
                if not self.env["ir.cron"]._commit_progress(1):
                    return
        self._follow_dates()  # what was made last lets its contract end

    def _create_due_or_say_why(self):
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._create_due()
        except (UserError, ValidationError) as error:
            self.invoicing_error = error.args[0]
            _logger.info("Contract %s: %s", self.code, error.args[0])
        else:
            if self.invoicing_error:
                self.invoicing_error = False
