from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.addons.crm_relations.tools.timeline import index_expression
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .. import const

INTERNAL = "base.group_user"
PROTECTED = frozenset(
    {"code", "company_id", "date_done", "ext_key", "lock_seq", "origin_key", "payload_hash", "phase", "source"}
)
"""What only the executor and the doors for other systems write."""
FIXED_ONCE_STARTED = frozenset({"partner_id", "type_id"})
READERS = (
    "crm_erp_bridge.group_user,crm_erp_bridge.group_auditor,account.group_account_invoice,account.group_account_readonly"
)
"""Who reads requests, and so their orders, inside the company."""


class CrmRequest(models.Model):
    """What a customer asks for, written down once; everything done about it starts here.

    This file holds what is known about it, ``crm_request_workflow`` how people
    move it, ``crm_request_executor`` how its steps are carried out,
    ``crm_request_submit`` how other systems hand requests in.
    """

    _name = "crm.request"
    _description = "Customer Request"
    _inherit = ["portal.mixin", "mail.activity.mixin", "mail.thread"]
    _order = "priority desc, date_requested desc, id desc"
    _rec_names_search = ["code", "name", "partner_id", "reference"]
    _check_company_auto = True

    # --- identity
    code = fields.Char(string="Number", readonly=True, copy=False, index="trigram")
    name = fields.Char(string="Subject", required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, default=lambda self: self.env.company
    )
    type_id = fields.Many2one(
        "crm.request.type",
        required=True,
        default=lambda self: self._default_type_id(),
        index=True,
        ondelete="restrict",
        tracking=True,
        check_company=True,
    )
    type_description = fields.Char("What Is Asked", related="type_id.description")
    kind = fields.Selection(related="type_id.kind", store=True, precompute=True)
    priority = fields.Selection([("0", "Normal"), ("1", "Urgent")], default="0", index=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self._default_user_id(),
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )

    # --- who asks, and for what
    partner_id = fields.Many2one(
        "res.partner", string="Customer", index=True, ondelete="restrict", tracking=True, check_company=True
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Commercial Entity", store=True, precompute=True,
        ondelete="restrict",
    )  # fmt: skip
    reference = fields.Char(string="Customer's Reference", help="The number of the customer's order or letter.")
    description = fields.Html(help="The request in the words of whoever asks.")
    line_ids = fields.One2many("crm.request.line", "request_id", string="Wanted", copy=True)
    date_requested = fields.Datetime(required=True, default=fields.Datetime.now, copy=False)
    date_promised = fields.Date(
        string="Promised for", compute="_compute_date_promised", store=True, readonly=False, precompute=True,
        tracking=True, copy=False, help="The day we named to the customer.",
    )  # fmt: skip
    date_done = fields.Datetime(string="Done on", readonly=True, copy=False)
    is_late = fields.Boolean(string="Late", compute="_compute_is_late", search="_search_is_late")

    # --- where it comes from; each source makes one request
    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", index="btree_not_null", ondelete="set null", copy=False,
        check_company=True, groups="sales_team.group_sale_salesman",
    )  # fmt: skip
    need_id = fields.Many2one(
        "crm.need", index="btree_not_null", ondelete="set null", copy=False, groups="crm_relations.group_user"
    )
    interaction_id = fields.Many2one(
        "crm.interaction", index="btree_not_null", ondelete="set null", copy=False, groups="crm_relations.group_user"
    )
    complaint_id = fields.Many2one(
        "crm.complaint", index="btree_not_null", ondelete="set null", copy=False, groups="crm_complaints.group_user"
    )
    origin_key = fields.Char(readonly=True, copy=False, groups="base.group_no_one", export_string_translation=False)
    source = fields.Char(
        required=True, default=const.SCREEN, readonly=True, copy=False, groups=INTERNAL,
        help="The system that handed it in.",
    )  # fmt: skip
    ext_key = fields.Char(
        string="External Key", readonly=True, copy=False, groups=INTERNAL,
        help="The key that the other system gave the request: the same key is the same request, for ever.",
    )  # fmt: skip
    payload_hash = fields.Char(readonly=True, copy=False, groups="base.group_no_one")

    # --- what becomes of it: written by the executor alone
    phase = fields.Selection(
        const.PHASES, required=True, default="new", readonly=True, copy=False, index=True, group_expand=True
    )
    step_ids = fields.One2many(
        "crm.request.step", "request_id", string="Steps", readonly=True, copy=False, groups=READERS
    )
    lines_locked = fields.Boolean(
        compute="_compute_lines_locked", groups=READERS, export_string_translation=False,
        help="Something has been made of the lines, so they stay as they are.",
    )  # fmt: skip
    step_count = fields.Integer(compute="_compute_step_count", groups=READERS)
    step_done_count = fields.Integer(compute="_compute_step_count", groups=READERS)
    step_next = fields.Char(string="Next Step", compute="_compute_step_count", groups=READERS)
    lock_seq = fields.Integer(readonly=True, copy=False, groups="base.group_no_one", export_string_translation=False)
    order_ids = fields.One2many("sale.order", "crm_request_id", string="Orders", readonly=True, groups=READERS)
    order_flow_count = fields.Integer(compute="_compute_order_flow", groups=READERS)
    order_flow_chain = fields.Json(compute="_compute_order_flow", groups=READERS, export_string_translation=False)
    task_ids = fields.One2many("project.task", "crm_request_id", string="Tasks", readonly=True, groups=INTERNAL)
    task_count = fields.Integer(compute="_compute_task_count", groups=INTERNAL)
    task_done_count = fields.Integer(compute="_compute_task_count", groups=INTERNAL)

    _code_company_uniq = models.UniqueIndex("(company_id, code)", "This request number is taken.")
    # the guarantee behind submit(): a key is one request, for ever
    _ext_key_uniq = models.UniqueIndex(
        "(company_id, source, ext_key) WHERE ext_key IS NOT NULL", "This request has been handed in already."
    )
    # the guarantee behind the buttons on opportunity, need, contact and complaint
    _origin_uniq = models.UniqueIndex(
        "(origin_key) WHERE origin_key IS NOT NULL", "The request has been made already."
    )
    _timeline_idx = models.Index("(commercial_partner_id, date_requested DESC, id DESC)")
    _timeline_partner_idx = models.Index("(partner_id, date_requested DESC, id DESC)")
    _timeline_id_idx = models.Index(index_expression(const.SLOT_REQUEST))

    # === DEFAULTS === #

    @api.model
    def _default_type_id(self):
        return self.env["crm.request.type"].search([("company_id", "in", (False, self.env.company.id))], limit=1)

    @api.model
    def _default_user_id(self):
        """Whoever takes a request keeps it until it is handed on; a customer or another system does not."""
        return self.env.user if self.env.user.has_group("crm_erp_bridge.group_user") else self.env["res.users"]

    # === COMPUTE METHODS === #

    @api.depends("code", "name")
    def _compute_display_name(self):
        for request in self:
            request.display_name = " ".join(filter(None, (request.code, request.name)))

    def _compute_access_url(self):
        super()._compute_access_url()
        for request in self:
            request.access_url = f"/my/requests/{request.id}"

    @api.depends("type_id")
    def _compute_date_promised(self):
        for request in self:
            if not request.date_promised and request.type_id.promise_days:
                day = fields.Datetime.context_timestamp(request, request.date_requested or fields.Datetime.now())
                request.date_promised = fields.Date.add(day.date(), days=request.type_id.promise_days)

    @api.depends("date_promised", "phase", "date_done")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for request in self:
            until = request.date_done.date() if request.date_done else today
            request.is_late = bool(
                request.phase != "cancelled" and request.date_promised and request.date_promised < until
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        late = fields.Domain("date_promised", "<", today) & fields.Domain("phase", "not in", ("done", "cancelled"))
        late |= fields.Domain("phase", "=", "done") & fields.Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s::date > %s", SQL.identifier(alias, "date_done"), SQL.identifier(alias, "date_promised")
            )
        )
        result = fields.Domain.FALSE
        if True in value:
            result |= late
        if False in value:
            result |= ~late
        return result

    @api.depends("step_ids.state", "step_ids.name")
    def _compute_step_count(self):
        """One query, however many steps there are."""
        steps = self.env["crm.request.step"]
        steps.flush_model(["request_id", "state", "name", "sequence"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT request_id,
                       count(*),
                       count(*) FILTER (WHERE state IN ('done', 'skipped')),
                       (array_agg(name ORDER BY sequence, id) FILTER (WHERE state NOT IN ('done', 'skipped')))[1]
                  FROM crm_request_step
                 WHERE request_id = ANY (%s) AND state NOT IN ('replaced', 'cancelled')
                 GROUP BY request_id
                """,
                self._origin.ids,
            )
        )
        found = {request_id: values for request_id, *values in rows}
        for request in self:
            request.step_count, request.step_done_count, request.step_next = found.get(
                request._origin.id, (0, 0, False)
            )

    @api.depends("phase", "step_ids.res_id")
    def _compute_lines_locked(self):
        for request in self:
            request.lines_locked = request.phase in ("done", "cancelled") or any(request.step_ids.mapped("res_id"))

    @api.depends("order_ids", "order_ids.state", "order_ids.amount_total")
    def _compute_order_flow(self):
        flows = self.env["crm.order.flow"].search([("order_id.crm_request_id", "in", self._origin.ids)])
        chains = flows._get_chains()
        by_request = flows.grouped(lambda flow: flow.order_id.crm_request_id)
        for request in self:
            own = by_request.get(request._origin, [])
            request.order_flow_count = len(own)
            request.order_flow_chain = [chains[flow.id] for flow in own]

    @api.depends("task_ids", "task_ids.state")
    def _compute_task_count(self):
        # sudo: who follows the request sees how much of its work is done, not the work itself
        counts = {}
        for request, state, count in self.env["project.task"].sudo()._read_group(
            [("crm_request_id", "in", self._origin.ids)], ["crm_request_id", "state"], ["__count"]
        ):
            total, done = counts.get(request.id, (0, 0))
            counts[request.id] = (total + count, done + count * (state == "1_done"))
        for request in self:
            request.task_count, request.task_done_count = counts.get(request._origin.id, (0, 0))

    # === CONSTRAINTS === #

    @api.constrains("partner_id", "type_id")
    def _check_partner(self):
        for request in self:
            if not request.partner_id and request.type_id.kind != "internal":
                raise ValidationError(self.env._("Choose the customer of “%(request)s”.", request=request.name))

    @api.constrains("name")
    def _check_name(self):
        if any(not (request.name or "").strip() for request in self):
            raise ValidationError(self.env._("Say in a few words what the request is about."))

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """What only the steps write begins as it always does, whatever a context or an own default says."""
        return own_defaults(self, super().default_get(fields), PROTECTED)

    @api.model_create_multi
    def create(self, vals_list):
        """Requests get their number at once; they begin new, whatever a file or a form says."""
        vals_list = [dict(vals) for vals in vals_list]
        by_company = {}
        for vals in vals_list:
            company_id = vals.get("company_id")
            if not self.env.su:
                for name in PROTECTED & vals.keys():
                    del vals[name]
            vals["company_id"] = company_id or self.env.company.id
            if not vals.get("code"):
                by_company.setdefault(vals["company_id"], []).append(vals)
        for company_id, without in by_company.items():
            codes = self._next_codes(self.env["res.company"].browse(company_id), len(without))
            for vals, code in zip(without, codes, strict=True):
                vals["code"] = code
        return super().create(vals_list)

    def write(self, vals):
        """Started requests keep what was asked for: documents have been made of it.

        :raises UserError: for a field that only the executor writes, or that is fixed once the request is started
        """
        if not self.env.su:
            if PROTECTED & vals.keys():
                raise UserError(self.env._("The phase and the number of a request are not written by hand."))
            if FIXED_ONCE_STARTED & vals.keys() and any(request.phase != "new" for request in self):
                raise UserError(
                    self.env._("A request that has been started keeps its customer and type: make a new one.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        for request in self.sudo():  # sudo: orders and tasks that the user may not see count
            if request.phase not in ("new", "cancelled") or request.order_ids or request.task_ids:
                raise UserError(
                    self.env._(
                        "%(request)s has been started and stays on record: cancel or archive it.",
                        request=request.display_name,
                    )
                )

    # === HELPERS === #

    @api.model
    def _next_codes(self, company, count):
        """Numbers for so many new requests, taken in one statement.

        :raises UserError: when the company has no sequence for requests
        """
        # sudo: customers, other systems and clerks number alike; sequences belong to the administrator
        sequence = (
            self.env["ir.sequence"]
            .sudo()
            .with_company(company)
            .search(
                [("code", "=", "crm.request"), ("company_id", "in", (company.id, False))], order="company_id", limit=1
            )
        )
        if not sequence:
            raise UserError(
                self.env._("There is no number sequence for requests of %(company)s.", company=company.name)
            )
        if sequence.use_date_range or sequence.implementation != "standard":
            return [sequence.next_by_id() for _number in range(count)]
        rows = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(1, %s)", f"ir_sequence_{sequence.id:03d}", count)
        )
        return [sequence.get_next_char(number) for [number] in rows]
