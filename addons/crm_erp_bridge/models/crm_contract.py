from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.timeline import index_expression
from odoo.exceptions import UserError

from .. import const
from ..tools import contract as rules

FLOW_AMOUNTS = ("ordered", "invoiced", "paid", "credited", "due")


class CrmContract(models.Model):
    """What was agreed with a customer for a time: deliverables, value, dates, renewal, invoicing, and how far it has
    been carried out.

    The contract itself holds no accounting: it makes sales orders (``crm_contract_invoicing.py``), and its execution
    is read from the order flow of its orders.
    """

    _name = "crm.contract"
    _description = "Contract"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_start desc, id desc"
    _rec_names_search = ["name", "code"]

    # === FIELDS === #

    name = fields.Char(string="Subject", required=True, tracking=True)
    code = fields.Char(string="Number", readonly=True, copy=False, index="trigram")
    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict", tracking=True
    )
    commercial_partner_id = fields.Many2one(
        "res.partner", compute="_compute_commercial_partner_id", store=True, index=True, ondelete="restrict",
        string="Customer Company",
    )
    party_ids = fields.Many2many("res.partner", string="Other Parties", help="Guarantors, subcontractors, payers...")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Responsible", index="btree_not_null", default=lambda self: self.env.user, tracking=True,
        domain="[('share', '=', False)]",
    )
    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", index="btree_not_null", ondelete="set null",
        groups="sales_team.group_sale_salesman",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("ended", "Ended"), ("cancelled", "Cancelled")],
        required=True, default="draft", readonly=True, copy=False, tracking=True, group_expand=True,
    )
    date_signed = fields.Date(string="Signed On", tracking=True, copy=False)
    date_start = fields.Date(
        string="Start", required=True, tracking=True, default=lambda self: fields.Date.context_today(self)
    )
    date_end = fields.Date(string="End", tracking=True, help="Empty: until further notice.")
    amount = fields.Monetary(string="Agreed Value", tracking=True, help="Taxes included, over the whole term.")
    renewal = fields.Selection(
        [("none", "Ends"), ("manual", "To Be Renewed by Hand"), ("auto", "Renews Itself")],
        string="At the End", required=True, default="none", tracking=True,
    )
    renewal_months = fields.Integer(string="Renewed for (months)", default=12)
    notice_months = fields.Integer(string="Notice (months)", help="How long before the end notice has to be given.")
    date_notice = fields.Date(
        string="Notice Until", compute="_compute_date_notice", store=True, help="The last day to give notice."
    )
    date_notice_given = fields.Date(string="Notice Given On", copy=False, tracking=True)
    milestone_ids = fields.One2many("crm.contract.milestone", "contract_id", string="Deliverables", copy=True)
    milestone_count = fields.Integer(string="Number of Deliverables", compute="_compute_milestones")
    milestone_done_count = fields.Integer(string="Deliverables Done", compute="_compute_milestones")
    is_behind = fields.Boolean(string="Behind Schedule", compute="_compute_milestones")
    document_ids = fields.Many2many("ir.attachment", string="Documents", copy=False)
    note = fields.Html(string="Terms")
    order_ids = fields.One2many("sale.order", "contract_id", string="Orders", copy=False)
    order_count = fields.Integer(string="Number of Orders", compute="_compute_execution")
    amount_ordered = fields.Monetary(string="Ordered", compute="_compute_execution")
    amount_delivered = fields.Monetary(string="Delivered", compute="_compute_execution")
    amount_invoiced = fields.Monetary(string="Invoiced", compute="_compute_execution")
    amount_paid = fields.Monetary(string="Paid", compute="_compute_execution")
    amount_credited = fields.Monetary(string="Credited", compute="_compute_execution")
    amount_due = fields.Monetary(string="Open", compute="_compute_execution")
    percent_ordered = fields.Float(string="Ordered (%)", compute="_compute_execution", help="Of the agreed value.")

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "The agreed value is not negative.")
    _dates = models.Constraint("CHECK (date_end >= date_start)", "A contract ends after it starts.")
    _months = models.Constraint(
        "CHECK (notice_months BETWEEN 0 AND 120 AND renewal_months BETWEEN 1 AND 1200)",
        "Notice takes 0 to 120 months, a renewal 1 to 1200.",
    )

    # timeline entries are found by identifier, an expression over the id
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_CONTRACT))
    # and, of each customer and each person, in order of time
    _crm_timeline_idx = models.Index(
        "(commercial_partner_id, (COALESCE(date_signed, date_start)::timestamp) DESC, id DESC)"
    )
    _crm_person_idx = models.Index("(partner_id, (COALESCE(date_signed, date_start)::timestamp) DESC, id DESC)")

    # === COMPUTE METHODS === #

    @api.depends("partner_id.commercial_partner_id")
    def _compute_commercial_partner_id(self):
        for contract in self:
            contract.commercial_partner_id = contract.partner_id.commercial_partner_id

    @api.depends("date_end", "notice_months", "renewal")
    def _compute_date_notice(self):
        for contract in self:
            has_notice = contract.date_end and (contract.notice_months or contract.renewal == "auto")
            contract.date_notice = has_notice and contract.date_end - relativedelta(months=contract.notice_months)

    @api.depends("milestone_ids.date_done", "milestone_ids.date_due")
    def _compute_milestones(self):
        today = fields.Date.context_today(self)
        for contract in self:
            open_ = contract.milestone_ids.filtered(lambda milestone: not milestone.date_done)
            contract.milestone_count = len(contract.milestone_ids)
            contract.milestone_done_count = len(contract.milestone_ids - open_)
            contract.is_behind = any(milestone.date_due and milestone.date_due < today for milestone in open_)

    @api.depends("order_ids.state", "order_ids.amount_total", "amount")
    def _compute_execution(self):
        """Sums over the orders of the contract that the user may read, in company currency, taxes included."""
        flows = self.env["crm.order.flow"]
        names = [f"company_amount_{name}:sum" for name in FLOW_AMOUNTS]
        sums = {}
        for order, count, delivered, *amounts in flows._read_group(
            [("order_id.contract_id", "in", self._origin.ids)],
            ["order_id"],
            ["__count", "amount_delivered:sum", *names],
        ):
            order = order.sudo()  # sudo: the flow has shown that the order may be read
            contract = order.contract_id
            # at the rate of the order, as what was ordered
            delivered = contract.currency_id.round(delivered / (order.currency_rate or 1.0))
            before = sums.get(contract.id, [0] * (len(names) + 2))
            sums[contract.id] = [old + new for old, new in zip(before, (count, delivered, *amounts), strict=True)]
        for contract in self:
            count, delivered, *amounts = sums.get(contract._origin.id, [0] * (len(names) + 2))
            contract.order_count, contract.amount_delivered = count, delivered
            for name, amount in zip(FLOW_AMOUNTS, amounts, strict=True):
                contract[f"amount_{name}"] = amount
            contract.percent_ordered = 100 * contract.amount_ordered / contract.amount if contract.amount else 0

    @api.depends("code", "name")
    def _compute_display_name(self):
        for contract in self:
            contract.display_name = " ".join(filter(None, (contract.code, contract.name)))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = vals.get("company_id") or self.env.company.id
            # sudo: the number is drawn by whoever may create the contract
            sequence = self.env["ir.sequence"].sudo().with_company(company)
            vals["code"] = vals.get("code") or sequence.next_by_code("crm.contract")
        contracts = super().create(vals_list)
        contracts._own_documents()
        return contracts

    def write(self, vals):
        result = super().write(vals)
        if "document_ids" in vals:
            self._own_documents()
        return result

    def _own_documents(self):
        """The files belong to the contract: whoever sees it may open them, not only who uploaded them."""
        for contract in self:
            contract.document_ids.filtered(lambda file: not file.res_id).write(
                {"res_model": self._name, "res_id": contract.id}
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        if any(contract.state not in ("draft", "cancelled") for contract in self):
            raise UserError(self.env._("Only contracts in draft or cancelled are deleted. Please archive the others."))

    # === ACTIONS === #

    def _move(self, allowed, target):
        for contract in self:
            if contract.state not in allowed:
                raise UserError(
                    self.env._(
                        "“%(contract)s” is not in a state for that. Please reload the page.",
                        contract=contract.display_name,
                    )
                )
        self.state = target

    def action_start(self):
        """The contract runs from now on; without a date it counts as signed today."""
        self._move({"draft"}, "running")
        self.filtered(lambda contract: not contract.date_signed).date_signed = fields.Date.context_today(self)

    def action_end(self):
        self._move({"running"}, "ended")

    def action_cancel(self):
        self._move({"draft", "running"}, "cancelled")

    def action_reopen(self):
        self._move({"ended", "cancelled"}, "draft")

    def action_renew(self):
        """Prolong the term by the months of renewal; a notice given is void."""
        today = fields.Date.context_today(self)
        for contract in self:
            if not contract.date_end:
                raise UserError(self.env._("“%(contract)s” has no end: it runs on.", contract=contract.display_name))
            end = rules.term_end(contract.date_end, contract.renewal_months, 1)
            contract.write(
                {
                    "date_end": max(end, rules.renewed(end, contract.renewal_months, today)),
                    "date_notice_given": False,
                    "state": "running" if contract.state == "ended" else contract.state,
                }
            )

    def action_open_orders(self):
        """The order flow of the contract."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_order_flow_action")
        return action | {"domain": [("order_id.contract_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    @api.model
    def _follow_dates(self):
        """Contracts whose end is over renew themselves, or end: those whose periods all have their order, so that none
        is left out. Called by cron; set-based enough for a nightly run."""
        over = self.search([("state", "=", "running"), ("date_end", "<", fields.Date.context_today(self))])
        over = over.try_lock_for_update()
        today = fields.Date.context_today(self)
        for contract in over:
            if contract.renewal == "auto" and not contract.date_notice_given:
                contract.date_end = rules.renewed(contract.date_end, contract.renewal_months, today)
            elif not (contract.date_next and contract.line_ids):
                contract.state = "ended"
