from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import const
from ..tools import interaction as rules
from ..tools.timeline import index_expression


class CrmInteraction(models.Model):
    """One contact with a customer that has no document of its own.

    A call, a visit, a letter, a fax, a talk at a fair. What Odoo keeps already
    (mails, meetings, activities, opportunities) is not copied here: it joins
    the customer's timeline from where it is.
    """

    _name = "crm.interaction"
    _description = "Interaction"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Subject",
        compute="_compute_name",
        store=True,
        precompute=True,
        help="Taken from the objective, else from the outcome.",
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        selection=const.STATES,
        compute="_compute_state",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        group_expand=True,
        tracking=True,
    )
    direction = fields.Selection(
        selection=const.DIRECTIONS,
        string="Initiated by",
        required=True,
        default="in",
        tracking=True,
    )
    channel = fields.Selection(
        selection=const.CHANNELS,
        required=True,
        default="phone",
        tracking=True,
    )
    kind = fields.Selection(
        selection=const.KINDS,
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        help="Only for contacts that we initiated.",
    )

    # who
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Contact Person",
        domain="[('commercial_partner_id', '=', commercial_partner_id), ('is_company', '=', False)]",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="With whom it was, when the customer is a company.",
    )
    person_id = fields.Many2one(
        "res.partner",
        compute="_compute_person_id",
        store=True,
        precompute=True,
        ondelete="restrict",
        help="The contact person, else the customer: whose timeline shows the contact first.",
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
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)
    lead_id = fields.Many2one(
        "crm.lead",
        string="Opportunity",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )

    # when
    date = fields.Datetime(
        string="Date and Time",
        required=True,
        default=lambda self: fields.Datetime.now().replace(second=0),
        tracking=True,
    )
    duration = fields.Integer(string="Duration (min)", tracking=True, help="In minutes.")
    date_end = fields.Datetime(
        string="End",
        compute="_compute_date_end",
        inverse="_inverse_date_end",
        store=True,
        precompute=True,
    )

    # what
    objective = fields.Char(tracking=True, help="What the contact is for. Needed when we contact the customer.")
    outcome = fields.Text(tracking=True, help="What came out of it, in one or two sentences.")
    result = fields.Selection(selection=const.RESULTS, tracking=True)
    note = fields.Html(string="Notes")
    next_step = fields.Char(help="Becomes an activity of the responsible person.")
    next_step_date = fields.Date(string="Next Step On")
    next_activity_id = fields.Many2one(
        "mail.activity",
        string="Next Step Activity",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _check_duration = models.Constraint("CHECK (duration >= 0)", "A contact cannot end before it starts.")
    _commercial_date_idx = models.Index("(commercial_partner_id, date DESC, id DESC)")
    _person_date_idx = models.Index("(person_id, date DESC, id DESC)")
    _date_idx = models.Index("(date DESC, id DESC)")
    _timeline_id_idx = models.Index(index_expression(const.SLOT_INTERACTION))

    # === COMPUTE METHODS === #

    @api.depends("objective", "outcome", "channel")
    def _compute_name(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        for interaction in self:
            interaction.name = (
                rules.first_line(interaction.objective)
                or rules.first_line(interaction.outcome)
                or channels.get(interaction.channel)
            )

    @api.depends("date")
    def _compute_state(self):
        """A new contact is done when its time has come, else planned; later only people change it."""
        now = fields.Datetime.now()
        for interaction in self:
            ahead = interaction.date and interaction.date > now
            if not interaction.state:
                interaction.state = "planned" if ahead else "done"
            elif interaction.state == "done" and ahead and not interaction._origin:
                interaction.state = "planned"

    @api.depends("direction", "channel")
    def _compute_kind(self):
        for interaction in self:
            suggestion = rules.default_kind(interaction.direction, interaction.channel)
            if interaction.direction != "out" or suggestion or not interaction.kind:
                interaction.kind = suggestion

    @api.depends("lead_id.partner_id")
    def _compute_partner_id(self):
        for interaction in self:
            interaction.partner_id = interaction.partner_id or interaction.lead_id.partner_id

    @api.depends("partner_id", "contact_id")
    def _compute_person_id(self):
        for interaction in self:
            interaction.person_id = interaction.contact_id or interaction.partner_id

    @api.depends("user_id", "lead_id")
    def _compute_team_id(self):
        for interaction in self:
            user, team = interaction.user_id, interaction.team_id
            if interaction.lead_id.team_id:
                interaction.team_id = interaction.lead_id.team_id
            elif user and user not in team.member_ids | team.user_id:
                interaction.team_id = user.sale_team_id

    @api.depends("date", "duration")
    def _compute_date_end(self):
        for interaction in self:
            interaction.date_end = rules.end_of(interaction.date, interaction.duration)

    def _inverse_date_end(self):
        for interaction in self:
            interaction.duration = rules.minutes_between(interaction.date, interaction.date_end)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("direction", "objective", "outcome", "state")
    def _check_objective(self):
        for interaction in self:
            if (interaction.objective or "").strip():
                continue
            if interaction.direction == "out":
                raise ValidationError(
                    self.env._("Please say what the contact is for: when we contact a customer, there is an objective.")
                )
            if interaction.state == "done" and not (interaction.outcome or "").strip():
                raise ValidationError(self.env._("Please say in a few words what the contact was about."))

    @api.constrains("state", "date", "duration")
    def _check_date(self):
        now = fields.Datetime.now()
        last = now.year + rules.YEARS_AHEAD
        for interaction in self:
            if not rules.FIRST_YEAR <= interaction.date.year <= last:
                raise ValidationError(
                    self.env._(
                        "The date of a contact lies between %(first)s and %(last)s.", first=rules.FIRST_YEAR, last=last
                    )
                )
            if interaction.duration > rules.MINUTES_OF_A_YEAR:
                raise ValidationError(self.env._("A contact lasts a year at most: the duration is in minutes."))
            if interaction.state == "done" and interaction.date > now:
                raise ValidationError(
                    self.env._("A contact in the future cannot be done yet: plan it, or correct its date and time.")
                )

    @api.constrains("partner_id", "lead_id")
    def _check_partner_or_lead(self):
        for interaction in self:
            if not interaction.partner_id and not interaction.lead_id:
                raise ValidationError(self.env._("Please choose the customer (or the opportunity) of this contact."))

    @api.constrains("partner_id", "contact_id")
    def _check_contact(self):
        for interaction in self.filtered("contact_id"):
            if interaction.contact_id.commercial_partner_id != interaction.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(person)s does not belong to %(customer)s.",
                        person=interaction.contact_id.display_name,
                        customer=interaction.partner_id.display_name,
                    )
                )

    @api.constrains("kind", "direction")
    def _check_kind(self):
        for interaction in self:
            if interaction.kind and interaction.direction != "out":
                raise ValidationError(
                    self.env._("Offers, letters, calls and visits of ours are contacts that we initiated.")
                )

    @api.constrains("next_step", "next_step_date", "date")
    def _check_next_step(self):
        for interaction in self:
            if interaction.next_step and not interaction.next_step_date:
                raise ValidationError(self.env._("Please say until when the next step is due."))
            if interaction.next_step_date and interaction.next_step_date < interaction._day():
                raise ValidationError(self.env._("The next step cannot be due before the contact itself."))

    def _day(self):
        """The day of the contact: of the clock of who enters it, or of UTC where that is still a day behind."""
        self.ensure_one()
        return min(fields.Datetime.context_timestamp(self, self.date).date(), self.date.date())

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        """A person chosen as customer of a company: the company is the customer, the person the contact."""
        partner = self.partner_id
        if partner.parent_id and not partner.is_company and partner.commercial_partner_id != partner:
            self.contact_id = partner
            self.partner_id = partner.commercial_partner_id
        elif self.contact_id.commercial_partner_id != partner.commercial_partner_id:
            self.contact_id = False

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """Begin with the company and the person when a contact person is given as the customer."""
        values = super().default_get(fields)
        partner = self.env["res.partner"].browse(values.get("partner_id"))
        if partner.parent_id and not partner.is_company and partner.commercial_partner_id != partner:
            values["partner_id"] = partner.commercial_partner_id.id
            if "contact_id" in fields:
                values.setdefault("contact_id", partner.id)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        interactions = super().create(vals_list)
        interactions._sync_next_activity()
        return interactions

    def write(self, vals):
        result = super().write(vals)
        if not {"next_step", "next_step_date", "user_id", "state"}.isdisjoint(vals):
            self._sync_next_activity()
        if not {"partner_id", "contact_id", "lead_id"}.isdisjoint(vals):
            self.env["mail.activity"]._crm_refresh_partner(self)
        return result

    def _sync_next_activity(self):
        """Keep one open activity for the next step: made, moved, handed over and dropped with it."""
        missing = self.browse()
        for interaction in self:
            activity = interaction.next_activity_id
            wanted = interaction.next_step_date and interaction.state != "cancelled"
            if activity and not activity.active:
                # done already: the step stays as written; a changed one is a new activity
                step = (interaction.next_step, interaction.next_step_date)
                if not wanted or step == (activity.summary, activity.date_deadline):
                    continue
                activity = interaction.next_activity_id = False
            if not wanted:
                activity and activity.unlink()
            elif activity:
                activity.write(interaction._next_activity_values())
            else:
                missing += interaction
        # alike ones at once: those of a whole event cost as much as one
        for values, group in missing.grouped(lambda one: tuple(one._next_activity_values().items())).items():
            activities = group.activity_schedule("mail.mail_activity_data_todo", **dict(values))
            for interaction, activity in zip(group, activities or (), strict=False):
                interaction.next_activity_id = activity

    def _next_activity_values(self):
        self.ensure_one()
        return {
            "summary": self.next_step or self.env._("Next step"),
            "date_deadline": self.next_step_date,
            "user_id": (self.user_id or self.env.user).id,
        }

    # === ACTIONS === #

    def action_done(self):
        """Mark as done; a planned time that is still ahead becomes now."""
        now = fields.Datetime.now()
        for interaction in self:
            values = {"state": "done"}
            if interaction.date > now:
                values["date"] = now
            interaction.write(values)

    def action_cancel(self):
        self.write({"state": "cancelled"})

    def action_plan(self):
        self.write({"state": "planned"})
