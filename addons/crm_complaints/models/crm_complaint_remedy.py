from uuid import uuid4

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount

from ..const_learning import MANUAL_KINDS, MONEY_KINDS, REMEDY_KINDS, REMEDY_STATES

PROTECTED = frozenset(
    {"state", "key", "res_model", "res_id", "error", "approved_by_id", "proposed_by_id", "date_approved", "date_done"}
)
"""Written by the steps of the remedy only, whatever interface asks."""


class CrmComplaintRemedy(models.Model):
    """What the customer gets: proposed by one person, approved by another, carried out once.

    This file holds what is known about it; ``crm_complaint_remedy_steps`` how it is approved and carried out.
    """

    _name = "crm.complaint.remedy"
    _description = "Remedy"
    _inherit = ["crm.complaint.visible.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "kind"

    complaint_id = fields.Many2one("crm.complaint", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="complaint_id.company_id", store=True, index=True)
    commercial_partner_id = fields.Many2one(
        related="complaint_id.commercial_partner_id", string="Customer", store=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(REMEDY_KINDS, required=True, tracking=True)
    amount = fields.Monetary(tracking=True, help="What it is worth to the customer.")
    order_amount = fields.Monetary(help="Amount of the order or invoice complained about, if known. 0: not known.")
    description = fields.Text(string="What Exactly", help="e.g. the article that is sent anew.")
    reason = fields.Char(required=True, help="Why this remedy.")
    policy_id = fields.Many2one(
        "crm.complaint.remedy.policy", string="Proposed by Policy", readonly=True, ondelete="set null",
        index="btree_not_null",
    )  # fmt: skip
    state = fields.Selection(REMEDY_STATES, required=True, default="proposed", readonly=True, copy=False, tracking=True)
    proposed_by_id = fields.Many2one(
        "res.users", string="Proposed by", required=True, default=lambda self: self.env.user, readonly=True, copy=False
    )
    approved_by_id = fields.Many2one("res.users", string="Approved by", readonly=True, copy=False)
    date_approved = fields.Datetime(string="Approved on", readonly=True, copy=False)
    date_done = fields.Datetime(string="Done on", readonly=True, copy=False)
    done_note = fields.Char(string="How It Was Done", copy=False)
    error = fields.Text(string="Why It Failed", readonly=True, copy=False)
    key = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: uuid4().hex,
        help="Goes with the document that carries the remedy out, so that it exists once.",
    )  # fmt: skip
    res_model = fields.Char(string="Document Model", readonly=True, copy=False)
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model", readonly=True, copy=False)
    result = fields.Reference(
        selection="_selection_result", string="Document", compute="_compute_result", help="What carried it out."
    )
    is_manual = fields.Boolean(compute="_compute_is_manual")
    can_approve = fields.Boolean(compute="_compute_can_approve")
    refusal = fields.Char(string="Cannot be Approved", compute="_compute_can_approve")

    _amount_finite = models.Constraint(
        # not a number is greater than every number, and so is infinity
        "CHECK (amount >= 0 AND amount < 1e12 AND COALESCE(order_amount, 0) >= 0 AND COALESCE(order_amount, 0) < 1e12)",
        "The amount of a remedy is not negative and has less than thirteen digits.",
    )
    _approved_by_another = models.Constraint(
        "CHECK (approved_by_id IS NULL OR approved_by_id <> proposed_by_id)",
        "A remedy is approved by somebody other than its proposer.",
    )
    _key_uniq = models.UniqueIndex("(key)", "This remedy exists already.")
    _result_uniq = models.UniqueIndex(
        "(res_model, res_id) WHERE res_id IS NOT NULL", "This document already carries out another remedy."
    )
    _customer_idx = models.Index("(commercial_partner_id, company_id, date_approved)")

    # === COMPUTE METHODS === #

    @api.model
    def _selection_result(self):
        # sudo: names of models are no secret
        return [(model.model, model.name) for model in self.env["ir.model"].sudo().search([("transient", "=", False)])]

    @api.depends("res_model", "res_id")
    def _compute_result(self):
        for remedy in self:
            known = remedy.res_model and remedy.res_id and remedy.res_model in self.env
            remedy.result = f"{remedy.res_model},{remedy.res_id}" if known else False

    @api.depends("kind")
    def _compute_is_manual(self):
        for remedy in self:
            remedy.is_manual = remedy.kind in self._manual_kinds()

    @api.depends("kind", "amount", "complaint_id")
    def _compute_display_name(self):
        for remedy in self:
            remedy.display_name = f"{remedy.complaint_id.code or ''} {remedy._short_label()}".strip()

    @api.depends_context("uid")
    @api.depends("state", "amount", "order_amount", "complaint_id")
    def _compute_can_approve(self):
        for remedy in self:
            reasons = remedy._approval_refusals() if remedy.state == "proposed" and remedy._origin else []
            remedy.refusal = " ".join(reasons)
            remedy.can_approve = remedy.state == "proposed" and not reasons

    def _short_label(self):
        """'Refund 40.00 €'."""
        self.ensure_one()
        label = dict(self._fields["kind"]._description_selection(self.env)).get(self.kind, "")
        return f"{label} {format_amount(self.env, self.amount, self.currency_id)}" if self.amount else label

    @api.model
    def _manual_kinds(self):
        """Kinds that somebody carries out by hand and notes. The addon that can do more takes kinds away."""
        return MANUAL_KINDS

    # === CONSTRAINTS === #

    @api.constrains("kind", "amount")
    def _check_amount(self):
        for remedy in self:
            if remedy.kind in MONEY_KINDS and remedy.amount <= 0:
                label = dict(self._fields["kind"]._description_selection(self.env))[remedy.kind]
                raise ValidationError(self.env._("%(kind)s: say how much it is.", kind=label))

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """What only the steps write begins as it always does, whatever a context or an own default says."""
        return own_defaults(self, super().default_get(fields), PROTECTED)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_protected(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_protected(vals)
        decisive = {"kind", "amount", "order_amount", "complaint_id", "description", "reason"} & set(vals)
        if decisive and any(remedy.state != "proposed" for remedy in self):
            raise UserError(self.env._("A remedy that was decided on is not changed any more. Propose another one."))
        if decisive and not self.env.su:
            # who changes it answers for it: four eyes start anew with the new proposer
            self._write_step({"proposed_by_id": self.env.uid})
        return super().write(vals)

    def _refuse_protected(self, vals):
        if not self.env.su and (refused := PROTECTED & set(vals)):
            labels = [self._fields[name].get_description(self.env, ["string"])["string"] for name in sorted(refused)]
            raise UserError(
                self.env._("These fields are set by approving and carrying out: %(fields)s.", fields=", ".join(labels))
            )

    def _write_step(self, vals):
        """Write what only the steps may write. Not reachable by RPC, no context key opens it."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if decided := self.filtered(lambda remedy: remedy.state != "proposed"):
            raise UserError(
                self.env._(
                    "A remedy that was decided on stays on file: %(remedies)s.",
                    remedies=", ".join(decided.mapped("display_name")),
                )
            )
