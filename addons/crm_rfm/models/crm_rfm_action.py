import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import uplift
from .crm_rfm_action_line import OPEN_STATES


class CrmRfmAction(models.Model):
    """Work for the customers of a segment, or for those who move between segments, and its effect.

    Customers *enter* once (or again after some days) and are split by chance into those whom
    the action treats and a control group that is left alone. Treated customers get an
    activity for their salesperson, so many a day, the most valuable first. Both groups are
    measured over the same days from their entry, whatever became of the activity.
    """

    _name = "crm.rfm.action"
    _description = "Action for a Segment"
    _inherit = ["mail.thread"]
    _order = "state desc, id desc"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Stopped")],
        required=True, default="draft", readonly=True, copy=False, tracking=True,
    )  # fmt: skip
    model_id = fields.Many2one(
        "crm.rfm.model", "Scoring Model", required=True, index=True, ondelete="restrict",
        default=lambda self: self._default_model_id(), tracking=True,
    )  # fmt: skip
    company_id = fields.Many2one(related="model_id.company_id")
    currency_id = fields.Many2one(related="model_id.company_id.currency_id")
    trigger = fields.Selection(
        [("segment", "Is in a segment"), ("transition", "Moves from one segment to another")],
        required=True, default="segment", tracking=True,
        help="A movement is the difference between the latest snapshot and the present score.",
    )  # fmt: skip
    from_segment_ids = fields.Many2many("crm.rfm.segment", "crm_rfm_action_from_rel", string="From Segments")
    to_segment_ids = fields.Many2many("crm.rfm.segment", "crm_rfm_action_to_rel", string="Segments", required=True)
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        default=lambda self: self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False),
        required=True, ondelete="restrict", domain=[("res_model", "in", [False, "res.partner"])],
    )  # fmt: skip
    summary = fields.Char("What to Do", translate=False)
    note = fields.Html("Instructions")
    deadline_days = fields.Integer("Due In (days)", default=3, required=True)
    user_id = fields.Many2one(
        "res.users", "Otherwise Assigned to", default=lambda self: self.env.user, tracking=True,
        domain=[("share", "=", False)], help="For customers without a salesperson.",
    )  # fmt: skip
    daily_cap = fields.Integer(
        "At Most per User and Day", default=5, required=True, tracking=True,
        help="This action gives a user nothing more on a day on which all actions together have given so many.",
    )  # fmt: skip
    repeat_days = fields.Integer(
        "Again After (days)", default=0, tracking=True,
        help="0: each customer enters once. Nobody enters again who is still to be contacted.",
    )  # fmt: skip
    control_percent = fields.Integer("Control Group (%)", default=20, tracking=True)
    horizon_days = fields.Integer("Measured for (days)", default=60, required=True, tracking=True)
    channel = fields.Selection(
        [("phone", "Phone"), ("email", "E-mail"), ("visit", "Visit")], default="phone", required=True,
        help="The rules of contact and the consents are asked for this channel.",
    )  # fmt: skip
    salt = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: secrets.token_hex(8),
        help="Makes the control group of this action a sample of its own.",
    )  # fmt: skip
    campaign_id = fields.Many2one(
        "utm.campaign", tracking=True, index="btree_not_null", ondelete="set null", copy=False,
        help="Mailings of the action belong to it, and what it cost can be entered for it.",
    )  # fmt: skip
    started_on = fields.Date(readonly=True, copy=False)
    line_ids = fields.One2many("crm.rfm.action.line", "action_id", string="Customers", copy=False)
    matching_count = fields.Integer("Customers Now", compute="_compute_matching_count")
    line_count = fields.Integer("Entered", compute="_compute_figures")
    open_count = fields.Integer("Open", compute="_compute_figures")
    bought_count = fields.Integer("Bought", compute="_compute_figures")
    effect_text = fields.Text("Effect", compute="_compute_effect_text")

    _control_percent_range = models.Constraint(
        "CHECK(control_percent BETWEEN 0 AND 90)", "The control group must be from 0 to 90 % of the customers."
    )
    _numbers_positive = models.Constraint(
        "CHECK(daily_cap > 0 AND deadline_days >= 0 AND repeat_days >= 0 AND horizon_days BETWEEN 1 AND 366)",
        "The daily limit must be above zero, days cannot be negative, and the effect is measured for 1 to 366 days.",
    )

    def _default_model_id(self):
        return self.env["crm.rfm.model"]._get_shown(self.env.company)

    # === COMPUTE METHODS === #

    @api.depends("model_id", "trigger", "from_segment_ids", "to_segment_ids")
    def _compute_matching_count(self):
        for action in self:
            action.matching_count = self.env["crm.rfm.score"].search_count(action._get_matching_domain())

    def _get_matching_domain(self):
        """Domain of the scores of the customers who match now, entered or not."""
        self.ensure_one()
        domain = (
            Domain("model_id", "=", self.model_id.id)
            & Domain("segment_id", "in", self.to_segment_ids.ids)
            & Domain("exclusion", "in", [False, "no_purchase"])
        )
        if self.trigger == "segment":
            return domain
        before = self.env["crm.rfm.snapshot.line"]._search(
            Domain("snapshot_id", "=", self._get_last_snapshot().id)
            & Domain("segment_id", "in", self.from_segment_ids.ids)
        )
        return domain & Domain("partner_id", "in", before.subselect("partner_id"))

    def _get_last_snapshot(self):
        """The snapshot from which movements are told: the latest before the day of the scores."""
        self.ensure_one()
        return self.env["crm.rfm.snapshot"].search(
            [("model_id", "=", self.model_id.id), ("date", "<", self.model_id.scored_as_of or fields.Date.today())],
            order="date desc",
            limit=1,
        )

    @api.depends("line_ids.state")
    def _compute_figures(self):
        groups = self.env["crm.rfm.action.line"]._read_group(
            [("action_id", "in", self.ids)], ["action_id", "state"], ["__count"]
        )
        counts = {(action.id, state): count for action, state, count in groups}
        for action in self:
            own = {state: count for (id_, state), count in counts.items() if id_ == action.id}
            action.line_count = sum(own.values())
            action.open_count = own.get("waiting", 0) + own.get("planned", 0)
            action.bought_count = own.get("bought", 0)

    @api.depends_context("lang")
    @api.depends("line_ids.revenue", "line_ids.bought_on", "line_ids.arm")
    def _compute_effect_text(self):
        for action in self:
            action.effect_text = action._describe_effect(action._get_groups())

    def _get_groups(self):
        """Figures of both groups: ``{arm: (number, buyers, mean revenue, standard deviation)}``.

        Each customer counts once, with the first entry.
        """
        self.ensure_one()
        # sudo: the effect is one figure for all who may see the action
        groups = self.env["crm.rfm.action.line"].sudo()._read_group(
            [("action_id", "=", self.id), ("wave", "=", 1)],
            ["arm"],
            ["__count", "bought_on:count", "revenue:sum", "revenue_squared:sum"],
        )
        result = {}
        for arm, number, buyers, total, squares in groups:
            mean = total / number
            variance = max(squares - number * mean * mean, 0.0) / (number - 1) if number > 1 else 0.0
            result[arm] = (number, buyers, mean, variance**0.5)
        return result

    def _describe_effect(self, groups):
        """Sentences on the difference between the groups with its confidence interval."""
        if not self.control_percent:
            return self.env._("Without a control group nobody can tell what the action changed.")
        treated, control = (groups.get(arm, (0, 0, 0.0, 0.0)) for arm in ("treated", "control"))
        if min(treated[0], control[0]) < uplift.MIN_GROUP:
            return self.env._(
                "%(treated)s treated, %(control)s in the control group: an effect is stated from"
                " %(minimum)s customers in each.",
                treated=treated[0],
                control=control[0],
                minimum=uplift.MIN_GROUP,
            )
        share = uplift.share_difference((treated[1], treated[0]), (control[1], control[0]))
        money = uplift.mean_difference((treated[0], *treated[2:]), (control[0], *control[2:]))
        words = {
            "better": self.env._("The action sells more than doing nothing."),
            "worse": self.env._("The action sells less than doing nothing."),
            "open": self.env._("The difference may be chance."),
        }
        return "\n".join(
            [
                self.env._(
                    "Bought: %(a).1f%% of %(n)s treated against %(b).1f%% of %(m)s in the control group:"
                    " %(value)+.1f points (95%% interval %(low)+.1f to %(high)+.1f).",
                    a=100 * treated[1] / treated[0], n=treated[0], b=100 * control[1] / control[0], m=control[0],
                    value=100 * share.value, low=100 * share.low, high=100 * share.high,
                ),
                self.env._(
                    "Revenue per customer: %(value)s (95%% interval %(low)s to %(high)s).",
                    value=self.currency_id.format(money.value),
                    low=self.currency_id.format(money.low),
                    high=self.currency_id.format(money.high),
                ),
                words[uplift.verdict(money)],
            ]
        )  # fmt: skip

    # === CONSTRAINT METHODS === #

    @api.constrains("trigger", "from_segment_ids")
    def _check_from_segments(self):
        for action in self:
            if action.trigger == "transition" and not action.from_segment_ids:
                raise ValidationError(self.env._("Say from which segments customers move (From Segments)."))

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what defines the groups once customers have entered.

        :raises UserError: when the share of the control group of a started action changes
        """
        if "control_percent" in vals and any(
            action.line_ids and action.control_percent != vals["control_percent"] for action in self
        ):
            raise UserError(
                self.env._("Customers have entered already: the control group cannot change. Make a copy instead.")
            )
        return super().write(vals)

    def unlink(self):
        """Take from the customers what the action gave them: the database would remove the lines and nothing else."""
        self.check_access("unlink")
        self.sudo().line_ids.unlink()  # sudo: nobody may delete lines by themselves
        return super().unlink()

    def copy_data(self, default=None):
        return [
            vals | {"name": self.env._("%(name)s (copy)", name=action.name)}
            for action, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # === ACTION METHODS === #

    @api.model
    def _get_new_action(self, model_id, **values):
        """Return the form of a new action with some values filled in."""
        if model_id:
            values["model_id"] = model_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Action"),
            "res_model": self._name,
            "views": [(False, "form")],
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    def action_start(self):
        """Let matching customers enter, now and after each night."""
        self.check_access("write")
        for action in self.filtered(lambda action: action.state != "running"):
            if not action.model_id.scored_as_of:
                raise UserError(
                    self.env._("“%(name)s” has no scores yet: compute it first.", name=action.model_id.name)
                )
            action.write({"state": "running", "started_on": action.started_on or fields.Date.context_today(action)})
            action._run(fields.Date.context_today(action))

    def action_stop(self):
        """Let nobody enter any more; what was planned stays, what entered is measured to the end."""
        self.check_access("write")
        self.write({"state": "done"})

    def action_run(self):
        """Run the action now instead of waiting for the night."""
        self.check_access("write")
        for action in self:
            action._run(fields.Date.context_today(action))

    def action_open_lines(self):
        """Open the customers who entered."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_action_line_action")
        return action | {"name": self.name, "domain": [("action_id", "=", self.id)], "context": {}}

    def action_open_campaign(self):
        """Open the campaign of the action; make it first where there is none."""
        self.ensure_one()
        if not self.campaign_id:
            self.check_access("write")
            self.lock_for_update(allow_referencing=True)
            self.campaign_id = self.env["utm.campaign"].create({"title": self.name, "user_id": self.env.uid})
        return {
            "type": "ir.actions.act_window",
            "res_model": "utm.campaign",
            "res_id": self.campaign_id.id,
            "view_mode": "form",
        }

    def action_open_call_list(self):
        """Open the customers to contact, the most valuable first."""
        self.ensure_one()
        return self.action_open_lines() | {
            "name": self.env._("%(name)s: call list", name=self.name),
            "domain": [("action_id", "=", self.id), ("arm", "=", "treated"), ("state", "in", ["waiting", "planned"])],
        }

    def action_open_matching(self):
        """Open the scores of the customers who match now."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_score_action")
        domain = self._get_matching_domain()
        if self.trigger == "transition":
            # who was where before is no condition that a screen can carry; those who moved are few
            domain = [("id", "in", self.env["crm.rfm.score"].search(domain).ids)]
        return action | {"domain": list(domain), "context": {}}

    @api.model
    def _cron_run(self):
        """Run all actions, one transaction each; stopped and archived ones until nothing is left to do."""
        today = fields.Date.context_today(self)
        unfinished = (
            Domain("entered_on", ">=", today - timedelta(days=367))
            | Domain("state", "in", OPEN_STATES)
            | Domain("pricelist_id", "!=", False)
        )
        todo = self.search(
            Domain("active", "=", True) & Domain("state", "=", "running") | Domain("line_ids", "any", unfinished),
            order="id",
        )
        self.env["ir.cron"]._commit_progress(remaining=len(todo))
        for action in todo:
            if action.try_lock_for_update(allow_referencing=True):
                action._run_or_note_error(today)
            if not self.env["ir.cron"]._commit_progress(1):
                break
