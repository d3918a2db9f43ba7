from odoo import api, fields, models
from odoo.exceptions import UserError

TRANSITIONS = {
    "submitted": ("preparing",),
    "won": ("submitted",),
    "lost": ("submitted",),
    "withdrawn": ("preparing", "submitted"),
    "cancelled": ("preparing", "submitted"),
    "preparing": ("submitted", "won", "lost", "withdrawn", "cancelled"),
}
"""Which states a tender may come from, by the state it goes to."""


class CrmTender(models.Model):
    """A call for tenders in which an opportunity takes part: deadline, bid bond, documents to hand in, lots, outcome.

    An opportunity may have several, one per round (qualification, main call). Who sees the opportunity sees its
    tenders.
    """

    _name = "crm.tender"
    _description = "Tender"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "deadline, id"

    # === FIELDS === #

    name = fields.Char(string="Subject", required=True, tracking=True)
    lead_id = fields.Many2one("crm.lead", string="Opportunity", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner",
        string="Contracting Authority",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        index=True,
        ondelete="restrict",
    )
    reference = fields.Char(help="Number of the call in the official journal or on the portal.")
    link = fields.Char(string="Published At")
    kind = fields.Selection(
        [
            ("open", "Open Call"),
            ("restricted", "Restricted Call"),
            ("negotiated", "Negotiated"),
            ("framework", "Framework Agreement"),
            ("auction", "Auction"),
        ],
        required=True,
        default="open",
    )
    state = fields.Selection(
        [
            ("preparing", "Preparing"),
            ("submitted", "Submitted"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("withdrawn", "Withdrawn"),
            ("cancelled", "Cancelled by the Authority"),
        ],
        required=True,
        default="preparing",
        readonly=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    user_id = fields.Many2one(related="lead_id.user_id", store=True, string="Salesperson")
    company_id = fields.Many2one(related="lead_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="lead_id.company_currency", string="Currency")
    deadline = fields.Datetime(required=True, tracking=True, help="When the tender has to be handed in at the latest.")
    date_questions = fields.Datetime(string="Questions Until")
    date_opening = fields.Datetime(string="Opening of Tenders")
    date_decision = fields.Date(string="Decision Expected")
    date_submitted = fields.Datetime(string="Submitted On", readonly=True, copy=False, tracking=True)
    bond_amount = fields.Monetary(string="Bid Bond", tracking=True)
    bond_reference = fields.Char(help="Number and issuer of the guarantee.")
    bond_date = fields.Date(string="Bond Given On", copy=False, tracking=True)
    bond_valid_until = fields.Date(copy=False, tracking=True)
    bond_date_returned = fields.Date(string="Bond Returned On", copy=False, tracking=True)
    bond_state = fields.Selection(
        [
            ("none", "No Bond"),
            ("missing", "To Provide"),
            ("given", "Given"),
            ("expired", "Expired"),
            ("returned", "Returned"),
        ],
        compute="_compute_bond_state",
        string="Bond Status",
    )
    lot_ids = fields.One2many("crm.tender.lot", "tender_id", string="Lots", copy=True)
    amount_lots = fields.Monetary(string="Value of Our Lots", compute="_compute_amounts")
    amount_won = fields.Monetary(string="Value Won", compute="_compute_amounts")
    document_ids = fields.One2many(
        "crm.tender.document",
        "tender_id",
        string="Documents to Hand In",
        copy=True,
        default=lambda self: self._default_document_ids(),
    )
    document_count = fields.Integer(string="Number of Documents", compute="_compute_documents")
    document_done_count = fields.Integer(string="Documents Ready", compute="_compute_documents")
    missing_documents = fields.Char(compute="_compute_documents", help="Required documents that are not ready yet.")
    warning = fields.Char(compute="_compute_warning", help="What speaks against handing in the tender now.")
    note = fields.Html(string="Notes")

    _bond_positive = models.Constraint("CHECK (bond_amount >= 0)", "The bid bond is not negative.")
    _bond_dates = models.Constraint(
        "CHECK (bond_valid_until >= bond_date AND bond_date_returned >= bond_date)",
        "A bid bond ends and is returned after it was given.",
    )

    # === DEFAULTS === #

    @api.model
    def _default_document_ids(self):
        # the standard list has a handful of entries
        types = self.env["crm.tender.document.type"].search([])  # pylint: disable=no-search-all
        return [
            fields.Command.create({"name": kind.name, "is_required": kind.is_required, "sequence": number})
            for number, kind in enumerate(types)
        ]

    # === COMPUTE METHODS === #

    @api.depends("lead_id")
    def _compute_partner_id(self):
        for tender in self:
            tender.partner_id = tender.partner_id or tender.lead_id.partner_id

    @api.depends("name", "reference")
    def _compute_display_name(self):
        for tender in self:
            tender.display_name = " ".join(filter(None, (tender.reference, tender.name)))

    @api.depends("bond_amount", "bond_date", "bond_valid_until", "bond_date_returned")
    def _compute_bond_state(self):
        today = fields.Date.context_today(self)
        for tender in self:
            if tender.bond_date_returned:
                tender.bond_state = "returned"
            elif not tender.bond_date:
                tender.bond_state = "missing" if tender.bond_amount else "none"
            else:
                expired = tender.bond_valid_until and tender.bond_valid_until < today
                tender.bond_state = "expired" if expired else "given"

    @api.depends("lot_ids.amount", "lot_ids.outcome")
    def _compute_amounts(self):
        for tender in self:
            ours = tender.lot_ids.filtered(lambda lot: lot.outcome != "skipped")
            tender.amount_lots = sum(ours.mapped("amount"))
            tender.amount_won = sum(ours.filtered(lambda lot: lot.outcome == "won").mapped("amount"))

    @api.depends("document_ids.is_done", "document_ids.is_required", "document_ids.name")
    def _compute_documents(self):
        for tender in self:
            missing = tender.document_ids.filtered(lambda document: document.is_required and not document.is_done)
            tender.missing_documents = ", ".join(missing.mapped("name"))
            tender.document_count = len(tender.document_ids)
            tender.document_done_count = len(tender.document_ids.filtered("is_done"))

    @api.depends("state", "deadline", "missing_documents", "bond_amount", "bond_date", "bond_valid_until")
    def _compute_warning(self):
        now = fields.Datetime.now()
        for tender in self:
            reasons = []
            if tender.state == "preparing":
                if tender.missing_documents:
                    reasons.append(self.env._("Documents are missing: %(names)s.", names=tender.missing_documents))
                if tender.bond_state == "missing":
                    reasons.append(self.env._("The bid bond has not been given."))
                if tender.bond_state == "expired":
                    reasons.append(self.env._("The bid bond has expired."))
                if tender.deadline and tender.deadline < now:
                    reasons.append(self.env._("The deadline is over."))
            tender.warning = " ".join(reasons)

    # === ACTIONS === #

    def action_submit(self):
        """Note that the tenders were handed in now, with what was missing at that moment."""
        for tender in self:
            warning = tender.warning
            tender._move("submitted")
            tender.date_submitted = fields.Datetime.now()
            if warning:
                tender.message_post(body=self.env._("Handed in all the same. %(warning)s", warning=warning))

    def action_won(self):
        """Won: the lots that are still open are ours."""
        self._move("won")
        self.lot_ids.filtered(lambda lot: lot.outcome == "pending").outcome = "won"

    def action_lost(self):
        """Lost: none of the lots that are still open is ours."""
        self._move("lost")
        self.lot_ids.filtered(lambda lot: lot.outcome == "pending").outcome = "lost"

    def action_withdraw(self):
        self._move("withdrawn")

    def action_cancel(self):
        self._move("cancelled")

    def action_reopen(self):
        """Back to preparing; the day of submission is forgotten."""
        self._move("preparing")
        self.date_submitted = False

    def action_open_lead(self):
        """The opportunity of the tender."""
        self.ensure_one()
        return self.lead_id.get_formview_action()

    # === BUSINESS METHODS === #

    def _move(self, target):
        """Change the state along ``TRANSITIONS``.

        :raises UserError: when the tender is not where it could come from; nothing is changed then
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for tender in self:
            if tender.state not in TRANSITIONS[target]:
                raise UserError(
                    self.env._(
                        "“%(tender)s” is %(state)s: it cannot become %(target)s.",
                        tender=tender.name,
                        state=labels[tender.state],
                        target=labels[target],
                    )
                )
        self.state = target
