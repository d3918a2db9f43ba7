from odoo import api, fields, models
from odoo.exceptions import LockError, UserError, ValidationError
from odoo.fields import Domain

from .. import const
from ..tools import need as rules
from ..tools.interaction import first_line
from ..tools.timeline import index_expression

BATCH = 500
DEFAULT_GRACE_DAYS = 30


class CrmNeed(models.Model):
    """What a customer asked for, or can be expected to need.

    Kept from the first hint to the day it is met, lost to somebody else, or
    lapsed because nobody heard of it again. Free text: products are matched to
    it by addons that know products (:meth:`_match_products`).
    """

    _name = "crm.need"
    _description = "Customer Need"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "priority desc, date_due nulls last, id desc"
    _check_company_auto = True

    name = fields.Char(string="Need", compute="_compute_name", store=True, precompute=True)
    statement = fields.Text(required=True, tracking=True, help="What is needed, in the customer's words.")
    active = fields.Boolean(default=True)
    state = fields.Selection(
        selection=const.NEED_STATES,
        required=True,
        default="open",
        copy=False,
        group_expand=True,
        tracking=True,
        index=True,
    )
    date_closed = fields.Datetime(
        string="Closed On", copy=False, readonly=True, help="When it was met, lost or lapsed."
    )
    close_reason = fields.Char(copy=False, tracking=True, help="With what it was met, or to whom and why it was lost.")
    priority = fields.Selection(selection=const.PRIORITIES, default="0", required=True)

    # who
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Commercial Entity",
        store=True,
        precompute=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        index=True,
        tracking=True,
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)

    # what
    quantity = fields.Float(digits=(16, 3))
    unit = fields.Char(help="e.g. pieces, kg, hours a month")
    requirement = fields.Selection(
        selection=const.REQUIREMENTS,
        tracking=True,
        help="General: what we offer to everybody. Specific: made or adapted for this customer.",
    )
    stability = fields.Selection(
        selection=const.STABILITIES,
        tracking=True,
        help="Uniform: the same again and again. Variable: other things, quantities or times each time.",
    )

    # when
    date = fields.Datetime(
        string="Known Since", required=True, default=lambda self: fields.Datetime.now().replace(second=0)
    )
    date_wanted = fields.Date(string="Wanted", tracking=True, help="On this day, or from this day on.")
    date_wanted_end = fields.Date(string="Wanted Until", tracking=True)
    confirmed_on = fields.Date(
        default=lambda self: fields.Date.context_today(self), tracking=True, help="When it was last known to be true."
    )
    review_by = fields.Date(tracking=True, help="Ask again by this day whether it is still true.")
    date_due = fields.Date(
        string="Expected Until",
        compute="_compute_date_due",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="The last of the days named: some time after it the need lapses.",
    )
    is_stale = fields.Boolean(string="To Review", compute="_compute_is_stale", search="_search_is_stale")

    # from where, and what became of it
    source = fields.Selection(
        selection=const.NEED_SOURCES,
        required=True,
        default="asked",
        help="Asked for by the customer, expected from what we know, or observed at the customer's.",
    )
    interaction_id = fields.Many2one(
        "crm.interaction",
        string="Source Contact",
        domain="[('commercial_partner_id', '=', commercial_partner_id)]",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="In which contact it came up.",
    )
    lead_id = fields.Many2one(
        "crm.lead",
        string="Opportunity",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        check_company=True,
    )

    _check_quantity = models.Constraint("CHECK (quantity >= 0)", "A quantity cannot be negative.")
    _check_wanted = models.Constraint(
        "CHECK (date_wanted_end >= COALESCE(date_wanted, date_wanted_end))",
        "The period in which it is wanted cannot end before it starts.",
    )
    _commercial_date_idx = models.Index("(commercial_partner_id, date DESC, id DESC)")
    _partner_date_idx = models.Index("(partner_id, date DESC, id DESC)")
    _date_idx = models.Index("(date DESC, id DESC)")
    _timeline_id_idx = models.Index(index_expression(const.SLOT_NEED))

    # === COMPUTE METHODS === #

    @api.depends("statement")
    def _compute_name(self):
        for need in self:
            need.name = first_line(need.statement)

    @api.depends("date_wanted", "date_wanted_end", "review_by")
    def _compute_date_due(self):
        for need in self:
            need.date_due = rules.due_until(need.date_wanted, need.date_wanted_end, need.review_by)

    @api.depends("state", "review_by")
    def _compute_is_stale(self):
        today = fields.Date.context_today(self)
        for need in self:
            need.is_stale = bool(need.state == "open" and need.review_by and need.review_by < today)

    def _search_is_stale(self, operator, value):
        if operator != "in":
            return NotImplemented
        stale = Domain("state", "=", "open") & Domain("review_by", "<", fields.Date.context_today(self))
        result = Domain.FALSE
        if True in value:
            result |= stale
        if False in value:
            result |= ~stale
        return result

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("statement")
    def _check_statement(self):
        for need in self:
            if not need.name:
                raise ValidationError(self.env._("Please say in a few words what the customer needs."))

    @api.constrains("confirmed_on", "review_by")
    def _check_review(self):
        today = fields.Date.context_today(self)
        for need in self:
            # a day's tolerance: the user's day may be ahead of the server's
            if need.confirmed_on and (need.confirmed_on - today).days > 1:
                raise ValidationError(self.env._("A need cannot have been confirmed in the future."))
            if need.confirmed_on and need.review_by and need.review_by < need.confirmed_on:
                raise ValidationError(self.env._("The review cannot be due before the need was confirmed."))

    @api.constrains("date")
    def _check_date(self):
        for need in self:
            if (need.date - fields.Datetime.now()).days > 0:
                raise ValidationError(self.env._("A need cannot have become known in the future."))

    @api.onchange("interaction_id")
    def _onchange_interaction_id(self):
        if self.interaction_id and not self.partner_id:
            self.partner_id = self.interaction_id.person_id

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Needs begin open; one imported as closed goes through the mover like all others."""
        # a column of the board gives its state as a default
        default = self.env.context.get("default_state") or "open"
        targets = [vals.get("state") or default for vals in vals_list]
        reasons = [vals.get("close_reason") for vals in vals_list]
        # the mover below is the one writer of states
        vals_list = [
            {name: value for name, value in vals.items() if name != "date_closed"} | {"state": "open"}
            for vals in vals_list
        ]
        needs = super().create(vals_list)
        for need, target, reason in zip(needs, targets, reasons, strict=True):
            if target != "open":
                need._set_state(target, reason=reason)
        return needs

    def write(self, vals):
        """The one writer of state and closing date: moves what may move, leaves what is there already."""
        vals = {name: value for name, value in vals.items() if name != "date_closed"}
        if "state" not in vals:
            return super().write(vals)
        target = vals.pop("state")
        moving = self._needs_to_move(target)
        staying = self - moving
        result = super(CrmNeed, staying).write(vals) if staying and vals else True
        if moving:
            moved = {"state": target, "date_closed": fields.Datetime.now() if target != "open" else False}
            if target == "open":
                moved["close_reason"] = False
            result = super(CrmNeed, moving).write(vals | moved)
        return result

    # === WORKFLOW === #

    def _needs_to_move(self, target):
        """Those of the needs that are not in a state yet.

        :raises UserError: when one of them may not go there
        """
        moving = self.filtered(lambda need: need.state != target)
        labels = dict(self._fields["state"]._description_selection(self.env))
        for need in moving:
            if not rules.may_move(need.state, target):
                raise UserError(
                    self.env._(
                        "“%(need)s” is %(state)s and cannot become %(target)s: open it again first.",
                        need=need.name,
                        state=labels[need.state].lower(),
                        target=labels.get(target, target).lower(),
                    )
                )
        return moving

    def _set_state(self, target, *, reason=None):
        """Move needs to a state; a second click changes no date.

        :param str reason: with what it was met, why it was lost; kept when not given
        :raises UserError: when one of them may not go there; nothing is changed then
        """
        moving = self._needs_to_move(target)
        if moving:
            moving.write({"state": target} | ({"close_reason": reason} if reason else {}))

    @api.model
    def _cron_lapse(self):
        """Let open needs lapse whose last expected day is long past (30 days; a system parameter).

        Bound to dates, not to the run: a job that slept for days finds the same needs.
        """
        # sudo: a system parameter
        parameter = self.env["ir.config_parameter"].sudo().get_param("crm_relations.need_lapse_days")
        grace = int(parameter) if (parameter or "").strip().isdigit() else DEFAULT_GRACE_DAYS
        limit = rules.lapse_limit(fields.Date.today(), grace)
        domain = [
            ("state", "=", "open"),
            ("date_due", "<", limit),
            # what belongs to a restricted customer stays as it is
            ("partner_id.crm_restricted", "=", False),
            ("partner_id.commercial_partner_id.crm_restricted", "=", False),
        ]
        remaining = self.search_count(domain)
        self.env["ir.cron"]._commit_progress(remaining=remaining)
        while needs := self.search(domain, limit=BATCH, order="id"):
            needs = needs.try_lock_for_update().filtered_domain(domain)
            if not needs:
                break  # all of them are being edited: next time
            needs._set_state("lapsed", reason=self.env._("Nobody heard of it again."))
            if not self.env["ir.cron"]._commit_progress(len(needs)):
                break

    # === PORTS === #

    @api.model
    def _match_products(self, limit=5):
        """What we sell that could meet these needs; addons that know products answer.

        Here nothing is known of products, so nothing is proposed.

        :param int limit: at most so many proposals for each need
        :return: ``{need: [NeedMatch, ...]}``, best first, one entry for each need
        """
        return {need: [] for need in self}

    def _prepare_lead_values(self):
        """Values of the opportunity made of one need; addons add their lines to it.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "name": self.name,
            "type": "opportunity",
            "partner_id": self.partner_id.id,
            "user_id": (self.user_id or self.env.user).id,
            "company_id": self.company_id.id,
            "priority": self.priority,
            "date_deadline": self.date_wanted or self.date_wanted_end,
            "description": self.env["ir.qweb"]._render(
                "crm_relations.crm_need_lead_description", {"need": self}, raise_if_not_found=False
            ),
            "crm_need_id": self.id,
        }

    # === ACTIONS === #

    def action_create_lead(self):
        """Open the opportunity of a need; made on the first click, however many click.

        The lock lets only one of two users at a time pass; the unique index on
        the opportunity's side is the last line.

        :raises UserError: when somebody else is doing it at this moment, or the need is closed
        """
        self.ensure_one()
        self.check_access("write")
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._("Somebody else is making an opportunity of this need right now: try again in a moment.")
            ) from error
        self.invalidate_recordset(["lead_id", "state"])
        if not self.lead_id:
            if self.state != "open":
                raise UserError(self.env._("This need is closed: open it again to make an opportunity of it."))
            self.lead_id = self.env["crm.lead"].create(self._prepare_lead_values())
        return self.lead_id.get_formview_action()

    def action_open(self):
        self._set_state("open")

    def action_met(self):
        self._set_state("met")

    def action_lost(self):
        self._set_state("lost")

    def action_confirm(self):
        """Still true today; the next review is as far away as it was when it was set."""
        today = fields.Date.context_today(self)
        for need in self:
            values = {"confirmed_on": today}
            if need.review_by and need.review_by <= today:
                distance = (need.review_by - need.confirmed_on) if need.confirmed_on else None
                values["review_by"] = today + distance if distance else False
            need.write(values)
