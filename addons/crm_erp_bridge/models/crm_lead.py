import operator as py_operator

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError

from ..tools import task_key

FLOW_AMOUNTS = ("ordered", "invoiced", "paid", "credited", "due")
COMPARISONS = {
    "<": py_operator.lt,
    "<=": py_operator.le,
    ">": py_operator.gt,
    ">=": py_operator.ge,
}


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.request.origin"]

    _crm_request_field = "lead_id"
    # an opportunity may lead to another request when the first is settled
    _crm_request_again = ("done", "cancelled")

    # === FIELDS === #

    # a mirror of the documents: nothing of it is stored on the lead, so that
    # posting an invoice never waits for a salesperson who edits the opportunity
    order_flow_ids = fields.One2many(
        "crm.order.flow", "lead_id", readonly=True, groups="sales_team.group_sale_salesman"
    )
    order_flow_count = fields.Integer(
        string="Number of Quotations and Orders",
        compute="_compute_order_flow_amounts",
        groups="sales_team.group_sale_salesman",
    )
    order_flow_chain = fields.Json(
        compute="_compute_order_flow_chain",
        groups="sales_team.group_sale_salesman",
        export_string_translation=False,
    )
    flow_amount_ordered = fields.Monetary(
        string="Ordered",
        compute="_compute_order_flow_amounts",
        search="_search_flow_amount_ordered",
        currency_field="company_currency",
        groups="sales_team.group_sale_salesman",
        help="Total of the confirmed orders, taxes included.",
    )
    flow_amount_invoiced = fields.Monetary(
        string="Invoiced",
        compute="_compute_order_flow_amounts",
        search="_search_flow_amount_invoiced",
        currency_field="company_currency",
        groups="sales_team.group_sale_salesman",
        help="What the posted invoices of these orders amount to, taxes included.",
    )
    flow_amount_paid = fields.Monetary(
        string="Paid",
        compute="_compute_order_flow_amounts",
        search="_search_flow_amount_paid",
        currency_field="company_currency",
        groups="sales_team.group_sale_salesman",
    )
    flow_amount_credited = fields.Monetary(
        string="Credited",
        compute="_compute_order_flow_amounts",
        search="_search_flow_amount_credited",
        currency_field="company_currency",
        groups="sales_team.group_sale_salesman",
    )
    flow_amount_due = fields.Monetary(
        string="Open",
        compute="_compute_order_flow_amounts",
        search="_search_flow_amount_due",
        currency_field="company_currency",
        groups="sales_team.group_sale_salesman",
        help="What the customer still owes on these invoices.",
    )
    task_ids = fields.One2many(
        "project.task", "lead_id", string="Tasks", readonly=True, groups="sales_team.group_sale_salesman"
    )
    task_count = fields.Integer(
        string="Number of Tasks", compute="_compute_task_count", groups="sales_team.group_sale_salesman"
    )
    task_done_count = fields.Integer(
        string="Number of Tasks Done", compute="_compute_task_count", groups="sales_team.group_sale_salesman"
    )

    # === COMPUTE METHODS === #

    @api.depends("order_ids", "order_ids.state", "order_ids.amount_total", "company_currency")
    def _compute_order_flow_amounts(self):
        """Sums over the orders that the user may read, in the lead's company currency."""
        sums = {}
        # most opportunities have no order: then the flow, a large query, is not asked
        ordered = self._origin.filtered("order_ids")
        for lead, currency, count, *amounts in self.env["crm.order.flow"]._read_group(
            [("lead_id", "in", ordered.ids)],
            ["lead_id", "company_currency_id"],
            ["__count", *(f"company_amount_{name}:sum" for name in FLOW_AMOUNTS)],
        ):
            sums.setdefault(lead.id, []).append((currency, count, amounts))
        today = fields.Date.context_today(self)
        for lead in self:
            company = lead.company_id or self.env.company
            target = lead.company_currency or company.currency_id
            rows = sums.get(lead._origin.id, [])
            lead.order_flow_count = sum(count for _currency, count, _amounts in rows)
            for position, name in enumerate(FLOW_AMOUNTS):
                lead[f"flow_amount_{name}"] = sum(
                    currency._convert(amounts[position], target, company, today) for currency, _count, amounts in rows
                )

    @api.depends("order_ids", "order_ids.state", "order_ids.amount_total")
    def _compute_order_flow_chain(self):
        ordered = self._origin.filtered("order_ids")
        flows = self.env["crm.order.flow"].search([("lead_id", "in", ordered.ids)])
        chains = flows._get_chains()
        by_lead = flows.grouped("lead_id")
        for lead in self:
            lead.order_flow_chain = [chains[flow.id] for flow in by_lead.get(lead._origin, [])]

    @api.depends("task_ids", "task_ids.state")
    def _compute_task_count(self):
        counts = {}
        for lead, state, count in self.env["project.task"]._read_group(
            [("lead_id", "in", self._origin.ids)], ["lead_id", "state"], ["__count"]
        ):
            total, done = counts.get(lead.id, (0, 0))
            counts[lead.id] = (total + count, done + count * (state == "1_done"))
        for lead in self:
            lead.task_count, lead.task_done_count = counts.get(lead._origin.id, (0, 0))

    # === SEARCH METHODS === #

    @api.model
    def _search_flow_amount(self, name, operator, value):
        """Leads whose orders sum up to an amount that compares with ``value``.

        Summed in the currency of the orders' company. A lead without orders has 0.
        """
        if operator in COMPARISONS:
            def holds(amount):
                return COMPARISONS[operator](amount, value or 0)
        elif operator == "in":
            def holds(amount):
                return any(amount == (wanted or 0) for wanted in value)
        else:
            return NotImplemented
        sums = {
            lead.id: amount
            for lead, amount in self.env["crm.order.flow"]._read_group(
                [("lead_id", "!=", False)], ["lead_id"], [f"company_amount_{name}:sum"]
            )
        }
        if holds(0):
            return [("id", "not in", [lead_id for lead_id, amount in sums.items() if not holds(amount)])]
        return [("id", "in", [lead_id for lead_id, amount in sums.items() if holds(amount)])]

    def _search_flow_amount_ordered(self, operator, value):
        return self._search_flow_amount("ordered", operator, value)

    def _search_flow_amount_invoiced(self, operator, value):
        return self._search_flow_amount("invoiced", operator, value)

    def _search_flow_amount_paid(self, operator, value):
        return self._search_flow_amount("paid", operator, value)

    def _search_flow_amount_credited(self, operator, value):
        return self._search_flow_amount("credited", operator, value)

    def _search_flow_amount_due(self, operator, value):
        return self._search_flow_amount("due", operator, value)

    # === ACTIONS === #

    def action_open_order_flow(self):
        """The quotations and orders of the opportunity with how far they have come."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_order_flow_action")
        return action | {"domain": [("lead_id", "=", self.id)], "context": {"create": False}}

    def action_create_task(self):
        """The dialog in which a task for a colleague is asked for."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Task for a colleague"),
            "res_model": "crm.lead.create.task",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_lead_id": self.id},
        }

    def action_open_tasks(self):
        """The tasks asked for from the opportunity."""
        self.ensure_one()
        tasks = self.task_ids
        if len(tasks) == 1:
            return tasks.get_formview_action()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tasks of %(lead)s", lead=self.display_name),
            "res_model": "project.task",
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": [("lead_id", "=", self.id)],
            "context": {"create": False},
        }

    # === BUSINESS METHODS === #

    def _prepare_crm_request(self):
        return super()._prepare_crm_request() | {
            "name": self.name,
            "user_id": (self.user_id or self.env.user).id,
            "description": self.description,
        }

    def _create_task(self, project, name, users=None, deadline=None, description=None):
        """Ask for work on this opportunity: exactly one task per request.

        The request is the opportunity, the project and the title: asking again
        while the task is open returns it, whether by a second click, a retry
        after a lost answer, or a colleague with the same idea. Once it is done
        or cancelled, it may be asked for again.

        :param project: ``project.project`` that the user may read
        :param deadline: datetime in UTC, or none
        :return: (task, whether it is new)
        :raises UserError: for a project of another company, or without customer access
        :raises ConcurrencyError: when another transaction creates the same task
            right now; Odoo then repeats the call, which finds that task
        """
        self.ensure_one()
        self.check_access("write")
        project.check_access("read")
        if self.company_id and project.company_id and project.company_id != self.company_id:
            raise UserError(
                self.env._(
                    "The project %(project)s belongs to %(company)s, the opportunity does not.",
                    project=project.display_name,
                    company=project.company_id.display_name,
                )
            )
        # sudo: who sells may ask for work without any right in projects; the project was checked above
        tasks = self.env["project.task"].sudo().with_context(active_test=False)
        request = task_key.task_key(self.id, project.id, name)
        earlier = tasks.search([("crm_key", "=like", f"{request}:%")])
        if running := earlier.filtered(lambda task: not task.is_closed and task.active):
            return running[0].with_env(self.env), False
        values = {
            "name": " ".join(name.split()),
            "project_id": project.id,
            "lead_id": self.id,
            "partner_id": self.partner_id.id,
            "user_ids": [fields.Command.set(users.ids if users else [])],
            "date_deadline": deadline,
            "description": description,
            "crm_key": task_key.next_key(request, earlier.mapped("crm_key")),
        }
        try:
            with self.env.cr.savepoint():
                task = tasks.create(values)
        except UniqueViolation as error:
            if error.diag.constraint_name != "project_task_crm_key_uniq":
                raise
            raise ConcurrencyError(f"task {values['crm_key']} is being created") from error
        return task.with_env(self.env), True

    def _merge_dependences(self, opportunities):
        """Work, requests and contracts go with the opportunity when leads are merged, archived ones too."""
        result = super()._merge_dependences(opportunities)
        for model in ("project.task", "crm.request", "crm.contract"):
            # sudo: like Odoo for messages and meetings, whatever the rights of who merges
            documents = self.env[model].sudo().with_context(active_test=False)
            documents.search([("lead_id", "in", opportunities.ids)]).lead_id = self
        return result
