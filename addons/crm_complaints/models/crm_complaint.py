from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.timeline import index_expression
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize, is_html_empty

from ..const import CHANNELS, DECISIONS, PRIORITIES, SEVERITIES
from ..tools import completeness

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clock of the user's computer may run ahead of the server's."""

INTERNAL = "base.group_user"
"""Fields that a customer never reads, by no interface."""


class CrmComplaint(models.Model):
    """One complaint from receipt to closing, after ISO 10002.

    This file holds what is known about it; ``crm_complaint_workflow`` how it
    moves; ``crm_complaint_mail`` what is sent and what the customer sees.
    """

    _name = "crm.complaint"
    _description = "Complaint"
    _inherit = [
        "portal.mixin",
        "rating.mixin",
        "mail.tracking.duration.mixin",
        "mail.activity.mixin",
        "mail.thread",
    ]
    _order = "priority desc, date_received desc, id desc"
    _rec_names_search = ["code", "name", "partner_id", "email_from", "reference"]
    _check_company_auto = True
    _primary_email = "email_from"
    _track_duration_field = "stage_id"

    # --- identity
    code = fields.Char(string="Number", readonly=True, copy=False, index="trigram")
    name = fields.Char(string="Subject", required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    team_id = fields.Many2one(
        "crm.team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        tracking=True,
        check_company=True,
        domain="[('use_complaints', '=', True), ('company_id', 'in', (company_id, False))]",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self._default_user_id(),
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    priority = fields.Selection(PRIORITIES, default="0", index=True)

    # --- who complains; a snapshot, so that the file keeps what was said at the time
    partner_id = fields.Many2one(
        "res.partner", string="Complainant", ondelete="restrict", index=True, tracking=True, check_company=True
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Customer", store=True, precompute=True, index=True
    )
    partner_name = fields.Char(string="Name", compute="_compute_contact", store=True, readonly=False, precompute=True)
    email_from = fields.Char(
        string="E-mail", compute="_compute_contact", store=True, readonly=False, precompute=True, index="trigram"
    )
    email_normalized = fields.Char(
        compute="_compute_email_normalized", store=True, precompute=True, index="btree_not_null"
    )
    phone = fields.Char(compute="_compute_contact", store=True, readonly=False, precompute=True)
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        compute="_compute_contact",
        store=True,
        readonly=False,
        precompute=True,
        help="The language in which the complainant is answered.",
    )
    representative_id = fields.Many2one(
        "res.partner",
        string="Represented by",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        help="Who complains for the complainant: a relative, a lawyer, a consumer association.",
    )
    representative_authority = fields.Char(string="Authority", help="What entitles the representative.")

    # --- what is complained about
    channel = fields.Selection(
        CHANNELS, required=True, default="phone", tracking=True, help="How the complaint reached the company."
    )
    reference = fields.Char(string="Customer's Reference", help="The number of the customer's letter or file.")
    description = fields.Html(sanitize_style=True, help="The complaint in the words of the complainant.")
    remedy_sought = fields.Text(help="What the complainant asks for.")
    # restrict: what was complained about stays known
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", check_company=True, ondelete="restrict"
    )
    product_reference = fields.Char(string="Lot or Document", help="Lot, serial number, order or invoice named.")
    category_id = fields.Many2one("crm.complaint.category", index=True, tracking=True, ondelete="restrict")
    severity = fields.Selection(SEVERITIES, index=True, tracking=True, groups=INTERNAL)
    safety_risk = fields.Boolean(
        tracking=True, help="Somebody could get hurt. Such a complaint goes before all others."
    )
    missing_info = fields.Char(string="Still to Ask", compute="_compute_missing_info")

    # --- what was found and answered
    findings = fields.Html(groups=INTERNAL, help="What the investigation showed. Never shown to the customer.")
    decision = fields.Selection(DECISIONS, tracking=True, copy=False, groups=INTERNAL)
    decision_reason = fields.Text(string="Reasons", copy=False, groups=INTERNAL, help="Why the decision is what it is.")
    response = fields.Html(
        string="Answer", copy=False, groups=INTERNAL, help="The answer in the words sent to the customer."
    )
    closing_note = fields.Text(readonly=True, copy=False, groups=INTERNAL)

    # --- where it stands: written by the mover alone
    stage_id = fields.Many2one(
        "crm.complaint.stage",
        required=True,
        default=lambda self: self._default_stage_id(),
        ondelete="restrict",
        index=True,
        tracking=True,
        copy=False,
        group_expand="_read_group_stage_ids",
        domain="['|', ('team_ids', '=', False), ('team_ids', 'in', team_id)]",
    )
    phase = fields.Selection(related="stage_id.phase", store=True, precompute=True, index=True)
    outcome = fields.Selection(related="stage_id.outcome", store=True, precompute=True)
    date_received = fields.Datetime(
        string="Received on",
        required=True,
        default=fields.Datetime.now,
        tracking=True,
        copy=False,
        help="When the complaint reached the company, whoever took it. Deadlines count from here.",
    )
    date_logged = fields.Datetime(
        string="Logged on", required=True, default=fields.Datetime.now, readonly=True, copy=False
    )
    date_acknowledged = fields.Datetime(string="Acknowledged on", readonly=True, copy=False, tracking=True)
    acknowledge_channel = fields.Selection(CHANNELS, string="Acknowledged by", readonly=True, copy=False)
    acknowledge_user_id = fields.Many2one("res.users", string="Acknowledged by User", readonly=True, copy=False)
    date_assessed = fields.Datetime(string="Assessed on", readonly=True, copy=False)
    date_investigated = fields.Datetime(string="Investigated since", readonly=True, copy=False)
    date_responded = fields.Datetime(string="Answered on", readonly=True, copy=False)
    date_closed = fields.Datetime(string="Closed on", readonly=True, copy=False, tracking=True)
    date_reopened = fields.Datetime(string="Reopened on", readonly=True, copy=False)
    reopen_count = fields.Integer(string="Times Reopened", readonly=True, copy=False)
    date_last_stage_update = fields.Datetime(default=fields.Datetime.now, readonly=True, copy=False, groups=INTERNAL)
    # of the mixin: a new complaint has no rating, the database need not be asked
    rating_last_value = fields.Float(compute="_compute_rating_last_value", store=True, precompute=True)
    days_open = fields.Integer(compute="_compute_days_open", help="Days since receipt, or until closing.")

    _code_company_uniq = models.UniqueIndex(
        "(company_id, code)", "This complaint number is already in the register of the company."
    )
    _team_stage_idx = models.Index("(team_id, stage_id)")
    # the branches of the timeline are read in date order and by entry id
    _timeline_received_idx = models.Index("(commercial_partner_id, date_received DESC, id DESC)")
    _timeline_closed_idx = models.Index(
        "(commercial_partner_id, date_closed DESC, id DESC) WHERE date_closed IS NOT NULL"
    )
    _timeline_person_idx = models.Index("(partner_id, date_received DESC, id DESC) WHERE partner_id IS NOT NULL")
    _timeline_person_closed_idx = models.Index(
        "(partner_id, date_closed DESC, id DESC) WHERE date_closed IS NOT NULL AND partner_id IS NOT NULL"
    )
    _timeline_entry_received_idx = models.Index(index_expression(10))
    _timeline_entry_closed_idx = models.Index(index_expression(11))

    # === COMPUTE METHODS === #

    @api.model
    def _default_user_id(self):
        """Whoever takes a complaint keeps it until it is handed on; a customer does not."""
        return self.env.user if self.env.user.has_group("crm_complaints.group_user") else self.env["res.users"]

    @api.model
    def _default_stage_id(self):
        return self._first_stage(self.env["crm.team"], "received")

    @api.depends("company_id", "user_id")
    def _compute_team_id(self):
        for complaint in self:
            company = complaint.company_id or self.env.company
            team = complaint.team_id
            if not team or team.company_id not in (company, self.env["res.company"]):
                complaint.team_id = self.env["crm.team"]._complaint_team(complaint.user_id, company)

    @api.depends("partner_id")
    def _compute_contact(self):
        """Copied when the complainant is chosen, never updated behind the handler's back."""
        for complaint in self:
            partner = complaint.partner_id
            complaint.partner_name = partner.name or complaint.partner_name
            complaint.email_from = partner.email or complaint.email_from
            complaint.phone = partner.phone or complaint.phone
            # who came in by mail and is unknown is answered in the language of the company
            company = complaint.company_id.sudo()  # sudo: a customer does not read the company's contact
            complaint.lang = partner.lang or complaint.lang or self.env.lang or company.partner_id.lang

    @api.depends("email_from")
    def _compute_email_normalized(self):
        for complaint in self:
            complaint.email_normalized = email_normalize(complaint.email_from, strict=False)

    @api.depends("code", "name")
    def _compute_display_name(self):
        for complaint in self:
            complaint.display_name = " ".join(filter(None, (complaint.code, complaint.name)))

    @api.depends_context("lang")
    @api.depends(
        "partner_id", "partner_name", "email_from", "phone", "description", "remedy_sought", "product_id",
        "product_reference", "category_id", "representative_id", "representative_authority", "phase",
    )  # fmt: skip
    def _compute_missing_info(self):
        labels = self._missing_info_labels()
        for complaint in self:
            missing = ()
            if complaint.phase != "closed":
                missing = completeness.missing_facts(complaint._known_facts(), bool(complaint.representative_id))
            complaint.missing_info = ", ".join(labels[fact] for fact in missing)

    @api.depends("date_received", "date_closed")
    def _compute_days_open(self):
        now = fields.Datetime.now()
        for complaint in self:
            until = complaint.date_closed or now
            complaint.days_open = (until - complaint.date_received).days if complaint.date_received else 0

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """All stages of the team in view, or those that serve every team: empty columns show too."""
        team_id = self.env.context.get("default_team_id")
        search = Domain("id", "in", stages.ids) | Domain("team_ids", "=", False)
        if team_id:
            search |= Domain("team_ids", "in", team_id)
        return stages.search(search)

    # === CONSTRAINTS === #

    @api.constrains("date_received", "date_logged")
    def _check_date_received(self):
        for complaint in self:
            if complaint.date_received > complaint.date_logged + CLOCK_TOLERANCE:
                raise ValidationError(
                    self.env._("A complaint cannot be received after it was logged: %(complaint)s.",
                               complaint=complaint.display_name)
                )  # fmt: skip

    @api.constrains("partner_id", "representative_id")
    def _check_representative(self):
        for complaint in self:
            if complaint.partner_id and complaint.partner_id == complaint.representative_id:
                raise ValidationError(self.env._("Nobody represents himself: leave 'Represented by' empty."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        stages = self.env["crm.complaint.stage"]
        wanted = []
        vals_list = [dict(vals) for vals in vals_list]
        first_stages = {}
        for vals in vals_list:
            self._refuse_protected(vals)
            # a stage other than the first is reached by the mover, with its rules
            wanted.append(stages if self.env.su else stages.browse(vals.pop("stage_id", None)))
            self._prepare_registration(vals, first_stages)
        complaints = super().create(vals_list)
        complaints._acknowledge_at_registration()
        for complaint, stage in zip(complaints, wanted, strict=True):
            # where complaints arrive is the team's affair: the stage shown on the blank form is none of the wishes
            if stage and stage.phase != "received":
                complaint._move(stage)
        return complaints

    @api.model
    def _prepare_registration(self, vals, first_stages):
        """Fill in company, number, team and first stage.

        :param dict vals: values of a new complaint, changed in place
        :param dict first_stages: {team: stage} found so far in this batch
        """
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        vals["company_id"] = company.id
        vals["code"] = vals.get("code") or self._next_code(company)
        if not vals.get("team_id"):
            user = self.env["res.users"].browse(vals["user_id"]) if "user_id" in vals else self._default_user_id()
            vals["team_id"] = self.env["crm.team"]._complaint_team(user, company).id
        team = self.env["crm.team"].browse(vals["team_id"])
        if team not in first_stages:
            first_stages[team] = self._first_stage(team, "received")
        vals.setdefault("stage_id", first_stages[team].id)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        """Complaint files are records (ISO 9001, 10.2.2): one logged by mistake is closed as withdrawn."""
        if not self.env.su:
            raise UserError(
                self.env._(
                    "Complaints are not deleted. Close a complaint logged by mistake as withdrawn, or archive it."
                )
            )

    # === BUSINESS METHODS === #

    @api.model
    def _next_code(self, company):
        """The next number in the register of a company.

        :raises UserError: when the company has no sequence for complaints
        """
        # sudo: the customer on the portal and the clerk number alike, sequences belong to the administrator
        sequences = self.env["ir.sequence"].sudo()
        sequence = sequences.search_fetch(
            [("code", "=", "crm.complaint"), ("company_id", "in", (company.id, False))],
            ["prefix", "suffix", "implementation", "padding", "number_increment", "use_date_range"],
            order="company_id",
            limit=1,
        )
        code = sequence and sequence.next_by_id()
        if not code:
            raise UserError(
                self.env._("There is no number sequence for complaints of %(company)s.", company=company.name)
            )
        return code

    def _known_facts(self):
        """Names of the facts on file, see ``tools.completeness``."""
        self.ensure_one()
        facts = {
            "complainant": self.partner_id or self.partner_name,
            "contact": self.email_from or self.phone or self.partner_id.street,
            "description": not is_html_empty(self.description),
            "remedy_sought": self.remedy_sought,
            "product_or_practice": self.product_id or self.product_reference or self.category_id,
            "authority": self.representative_authority,
        }
        return {name for name, value in facts.items() if value}

    @api.model
    def _missing_info_labels(self):
        return {
            "complainant": self.env._("who complains"),
            "contact": self.env._("e-mail or phone"),
            "description": self.env._("what happened"),
            "remedy_sought": self.env._("what the complainant asks for"),
            "product_or_practice": self.env._("product or category"),
            "authority": self.env._("authority of the representative"),
        }
