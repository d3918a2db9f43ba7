from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, LockError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from .. import const
from ..tools import privacy

DPO = "crm_relations.group_privacy"
INTERNAL = "base.group_user"
FILED_FIELDS = {"kind", "partner_id", "details", "source", "date_received", "purpose_ids", "email_from"}
"""What whoever files a request says; the rest is for the data protection officer."""
REMIND_DAYS = 7


class CrmPrivacyRequest(models.Model):
    """What a person asks about the own data (GDPR, articles 15 to 21), from receipt to answer."""

    _name = "crm.privacy.request"
    _description = "Privacy Request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_due, id"

    # === WHAT === #

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    active = fields.Boolean(default=True)
    kind = fields.Selection(selection=const.PRIVACY_KINDS, required=True, default="access", tracking=True)
    partner_id = fields.Many2one(
        "res.partner", string="Person", required=True, index=True, ondelete="restrict", tracking=False
    )
    email_from = fields.Char(string="Came from Address", help="When it is not the address that we know.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    details = fields.Text(string="In the Person's Words", help="What is to be corrected, stopped or given out.")
    # archived ones, too: without the one that was named it would be an objection to all
    purpose_ids = fields.Many2many(
        "crm.consent.purpose",
        string="Objects to",
        context={"active_test": False},
        help="Empty: to all purposes that may be objected to.",
    )
    source = fields.Selection(selection=const.PRIVACY_SOURCES, required=True, default="email")
    partner_legal_hold = fields.Char(
        string="Legal Hold", compute="_compute_partner", compute_sudo=True, groups=const.PRIVACY_READERS
    )
    partner_restricted = fields.Boolean(
        string="Restricted Now", compute="_compute_partner", compute_sudo=True, groups=INTERNAL
    )
    date_received = fields.Date(string="Received On", required=True, default=fields.Date.context_today, tracking=True)

    # === WHO ANSWERS, UNTIL WHEN === #

    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self._default_user_id(),
        domain=lambda self: [("all_group_ids", "in", self.env.ref(DPO).id)],
        index=True,
        tracking=True,
        ondelete="restrict",
    )
    state = fields.Selection(
        selection=const.PRIVACY_STATES,
        required=True,
        default="new",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    date_due = fields.Date(string="Answer Until", compute="_compute_date_due", store=True, precompute=True)
    days_left = fields.Integer(compute="_compute_days_left")
    extended = fields.Boolean(readonly=True, copy=False, tracking=True)
    extension_reason = fields.Text(readonly=True, copy=False)
    date_closed = fields.Date(string="Closed On", readonly=True, copy=False)

    # === IDENTITY === #

    identity_method = fields.Selection(selection=const.IDENTITY_METHODS, string="Identity Checked By", copy=False)
    identity_user_id = fields.Many2one("res.users", string="Checked by", readonly=True, copy=False, ondelete="restrict")
    identity_date = fields.Datetime(string="Checked On", readonly=True, copy=False)

    # === ANSWER === #

    # colleagues only: what an officer prepares is not the answer before it is given
    answer = fields.Html(help="Goes to the person with the answer.", groups=INTERNAL)
    refusal_reason = fields.Text(readonly=True, copy=False)
    recipients = fields.Text(
        string="Passed on to", groups=INTERNAL, help="Who else got the data and was told of it (GDPR, article 19)."
    )
    delivery = fields.Selection(selection=const.PRIVACY_DELIVERIES, string="Copy Goes", required=True, default="email")
    # the file itself: whoever filed a request does not see what it brings to light
    bundle = fields.Binary(string="File of the Copy", readonly=True, copy=False, groups=DPO)
    bundle_id = fields.Many2one("ir.attachment", string="Copy of the Data", readonly=True, copy=False)
    bundle_date = fields.Datetime(string="Made On", readonly=True, copy=False)
    report = fields.Html(
        string="What Was Done", readonly=True, copy=False, sanitize_attributes=False, groups=INTERNAL
    )

    _open_uniq = models.UniqueIndex(
        "(partner_id, kind) WHERE state IN ('new', 'open') AND active",
        "There is an open request of this kind by this person already.",
    )
    _due_idx = models.Index("(date_due) WHERE state IN ('new', 'open')")

    @api.model
    def _default_user_id(self):
        if self.env.user.has_group(DPO) and self.env.uid != SUPERUSER_ID:
            return self.env.user
        # sudo: whoever files a request may not read the users' groups
        users = self.env.ref(DPO).sudo().all_user_ids
        users = users.filtered(lambda user: user.active and not user._is_superuser() and user.share is False)
        # who works for another company only could not open it
        return (users.filtered(lambda user: self.env.company in user.company_ids) or users)[:1]

    # === COMPUTE METHODS === #

    @api.depends("date_received", "extended", "company_id")
    def _compute_date_due(self):
        for request in self:
            months = privacy.ANSWER_MONTHS + (privacy.EXTENSION_MONTHS if request.extended else 0)
            request.date_due = request.date_received and privacy.deadline(
                request.date_received, months, request._holidays()
            )

    def _holidays(self):
        """Days on which the whole company does not work, in the half year after the receipt."""
        start = fields.Datetime.to_datetime(self.date_received)
        # sudo: the calendar of a company is not everybody's to read
        leaves = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id", "=", False),
                    ("company_id", "in", [self.company_id.id, False]),
                    ("date_to", ">=", start),
                    ("date_from", "<=", start + timedelta(days=200)),
                ]
            )
        )
        days = set()
        for leave in leaves:
            local = leave.with_context(tz=leave.calendar_id.tz or self.company_id.partner_id.tz or "UTC")
            first = fields.Datetime.context_timestamp(local, leave.date_from).date()
            last = fields.Datetime.context_timestamp(local, leave.date_to).date()
            days.update(first + timedelta(days=number) for number in range((last - first).days + 1))
        return days

    @api.depends("date_due", "state")
    def _compute_days_left(self):
        today = fields.Date.context_today(self)
        for request in self:
            is_open = request.state in const.PRIVACY_OPEN and request.date_due
            request.days_left = (request.date_due - today).days if is_open else 0

    # no dependency on the customer's fields: every customer that is created would look for requests that follow it
    @api.depends("partner_id")
    def _compute_partner(self):
        for request in self:
            request.partner_legal_hold = request.partner_id.crm_legal_hold
            request.partner_restricted = request.partner_id.crm_restricted

    @api.depends("name", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for request in self:
            request.display_name = f"{request.name} {kinds.get(request.kind, '')}".strip()

    # === CONSTRAINTS === #

    @api.constrains("date_received")
    def _check_date_received(self):
        for request in self:
            if request.date_received > fields.Date.context_today(request) + timedelta(days=1):
                raise ValidationError(self.env._("A request cannot be received in the future: correct “Received On”."))

    @api.constrains("partner_id")
    def _check_partner_id(self):
        for request in self:
            # sudo: who works here is known to everybody
            if not request.partner_id.sudo().partner_share:
                raise ValidationError(
                    self.env._(
                        "%(person)s works here: data of employees are not answered here.",
                        person=request.partner_id.sudo().name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        officer = self.env.su or self.env.user.has_group(DPO)
        for vals in vals_list:
            if not officer and not FILED_FIELDS.issuperset(vals):
                raise AccessError(self.env._("Only a data protection officer fills in more than the request itself."))
            if vals.get("name", "/") == "/":
                # sudo: the sequence
                vals["name"] = self.env["ir.sequence"].sudo().next_by_code("crm.privacy.request") or "/"
        requests = super().create(vals_list)
        for request in requests.sudo():  # sudo: whoever files is not the one to answer
            request._schedule()
            request._tell("filed")
        return requests

    def write(self, vals):
        """The reminder follows the last day to answer, and who is to answer."""
        result = super().write(vals)
        if not {"date_received", "company_id", "user_id"}.isdisjoint(vals):
            for request in self.sudo().filtered(lambda one: one.state in const.PRIVACY_OPEN):  # sudo: as when filed
                request._schedule()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        if not self.env.su:
            raise UserError(self.env._("Requests are kept as proof that they were answered: archive them instead."))

    # === STEPS === #

    def _officer(self):
        """Only an officer goes on; whoever reads the row now waits for the other one.

        :return: the requests that may still be answered
        """
        if not (self.env.su or self.env.user.has_group(DPO)):
            raise AccessError(self.env._("Only a data protection officer answers requests."))
        self.check_access("write")
        try:
            self.lock_for_update()
        except LockError as error:  # Odoo repeats the call, and finds what the other one did
            raise ConcurrencyError("this request is being answered at this moment") from error
        return self.filtered(lambda request: request.state in const.PRIVACY_OPEN)

    def action_identify(self):
        """Say that the person is who they say, by the method chosen.

        :raises UserError: without a method
        """
        for request in self._officer():
            if not request.identity_method:
                raise UserError(self.env._("Please say how you checked who it is (Identity Checked By)."))
            request.write({"identity_user_id": self.env.uid, "identity_date": fields.Datetime.now(), "state": "open"})
        return True

    def _extend(self, reason):
        """Two more months, with the reason, of which the person is told within the first one (GDPR, article 12(3))."""
        for request in self._officer():
            if request.extended:
                raise UserError(self.env._("%(number)s was extended already.", number=request.name))
            if fields.Date.context_today(request) > request.date_due:
                raise UserError(self.env._("The month is over: it can no longer be extended."))
            request.write({"extended": True, "extension_reason": reason})
            request._schedule()
            request._tell("extended")

    def _refuse(self, reason):
        """No, with the reason; the person is told of it and of the right to complain (GDPR, article 12(4))."""
        for request in self._officer():
            request._close("refused", refusal_reason=reason)
            request._tell("refused")

    def action_withdraw(self):
        """The person does not want it any more."""
        for request in self._officer():
            request._close("withdrawn")
        return True

    def action_answer(self):
        """Carry out what was asked, tell the person, and close.

        :raises UserError: when the identity is not checked, or something is missing
        """
        for request in self._officer():
            if request.state != "open":
                raise UserError(self.env._("Please check first who it is (Identity)."))
            # the method of each kind, for instance _carry_out_erasure
            if getattr(request, f"_carry_out_{request.kind}")():
                request._close("done")
                request._tell("done")
        return True

    def _close(self, state, **values):
        self.ensure_one()
        self.write({"state": state, "date_closed": fields.Date.context_today(self), **values})
        self.flush_recordset(["state"])  # room for the next request of this kind
        # sudo: whoever closes a request ends the reminders of others
        self.activity_ids.sudo().action_feedback(feedback=dict(const.PRIVACY_STATES)[state])

    # === WHAT EACH KIND DOES === #

    def _carry_out_access(self):
        if not self.bundle_id:
            raise UserError(self.env._("Please make the copy of the data first."))
        return True

    def _carry_out_rectification(self):
        if not (self.answer or "").strip():
            raise UserError(self.env._("Please say what was corrected (Answer)."))
        return True

    def _carry_out_restriction(self):
        # sudo: officers need not edit customers; further addresses of the person are no other people
        self.partner_id.sudo()._crm_privacy_persons().crm_restricted = True
        return True

    def _carry_out_objection(self):
        """A withdrawal in the ledger for each purpose objected to: advertising ends, whatever the reason."""
        purposes = self.purpose_ids or self.env["crm.consent.purpose"].search([("active", "=", True)])
        purposes = purposes.filtered(lambda purpose: purpose._rests_on_consent())
        # sudo: officers need not record consents
        self.env["crm.consent"].sudo().create(
            [
                {
                    "partner_id": person.id,
                    "purpose_id": purpose.id,
                    "state": "withdrawn",
                    "source": "email" if self.source not in ("portal", "paper", "phone", "person") else self.source,
                    "evidence": self.env._("Objection %(number)s", number=self.name),
                    "user_id": self.env.uid,
                    "actor": self.env.user.name,
                }
                # under each address: a mail to another address of the person is a mail to the person
                for person in self.partner_id._crm_privacy_persons()
                for purpose in purposes
            ]
        )
        return True

    # === REMINDERS AND MAIL === #

    def _schedule(self):
        """One activity of whoever is responsible, a week before the last day; it moves with the deadline."""
        self.ensure_one()
        values = {
            "date_deadline": max(self.date_due - timedelta(days=REMIND_DAYS), fields.Date.context_today(self)),
            "summary": self.env._("Answer until %(day)s", day=format_date(self.env, self.date_due)),
        }
        # what colleagues planned with the request is theirs
        activity = self.activity_ids.filtered("automated")[:1]
        if activity:
            activity.write(values | ({"user_id": self.user_id.id} if self.user_id else {}))
        elif self.user_id:
            self.activity_schedule("mail.mail_activity_data_todo", user_id=self.user_id.id, **values)

    def _tell(self, step):
        """A mail to the person about a step; it is service, so no rule of contact keeps it back.

        The copy of the data goes by a mail of its own, which whoever follows the request does not see.
        """
        self.ensure_one()
        # sudo: officers write to whoever asks
        person = self.partner_id.sudo()
        if not person.email or (self.kind == "erasure" and step == "done"):
            return  # after an erasure nothing is left to write to: it goes out before
        if self.env.context.get("crm_privacy_quiet"):
            return  # examples
        request = self.with_context(lang=person.lang or self.env.lang)
        request.message_post_with_source(
            "crm_relations.privacy_mail",
            render_values={"asked": request, "step": step, "person": person},
            subject=request._subject(step),
            partner_ids=person.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _subject(self, step):
        subjects = {
            "filed": self.env._("We received your request %(number)s", number=self.name),
            "extended": self.env._("Your request %(number)s takes longer", number=self.name),
            "refused": self.env._("Your request %(number)s", number=self.name),
            "done": self.env._("Your request %(number)s is answered", number=self.name),
        }
        return subjects[step]

    # === ACTIONS === #

    def action_step(self):
        """The dialog that asks for a reason; the context says what for."""
        self.ensure_one()
        self._officer()
        names = {"extend": self.env._("Extend"), "hold": self.env._("Legal Hold")}
        return {
            "type": "ir.actions.act_window",
            "name": names.get(self.env.context.get("privacy_step"), self.env._("Refuse")),
            "res_model": "crm.privacy.request.step",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "default_request_id": self.id,
                "default_step": self.env.context.get("privacy_step", "refuse"),
            },
        }

    def _hold(self, reason):
        """The data of the person have to be kept: nothing is erased until the hold is ended."""
        self._officer()
        self.partner_id.sudo().crm_legal_hold = reason  # sudo: officers need not edit customers

    def action_end_hold(self):
        """The reason to keep the data is gone."""
        self._officer()
        self.partner_id.sudo().crm_legal_hold = False  # sudo: officers need not edit customers

    def action_lift_restriction(self):
        """Process the data of the person again; they are told first."""
        self.ensure_one()
        self.partner_id.action_crm_lift_restriction()

    @api.model
    def _cron_forget_copies(self, limit=100):
        """Copies of data are not left lying about: they go 30 days after the answer."""
        before = fields.Date.context_today(self) - timedelta(days=const.PRIVACY_COPY_DAYS)
        domain = Domain("bundle_id", "!=", False) & Domain("date_closed", "<", before)
        # archived ones, too: that is how answered requests are put away
        everything = self.with_context(active_test=False)
        requests = everything.search(domain, limit=limit).try_lock_for_update()
        requests.bundle_id.unlink()
        left = everything.search_count(domain)
        self.env["ir.cron"]._commit_progress(len(requests), remaining=left)
