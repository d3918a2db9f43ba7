from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools import remedy_money

KINDS = ("credit_note", "refund", "discount", "replacement", "return", "voucher")


class CrmComplaintSettle(models.TransientModel):
    """What each remedy of the same worth would cost, side by side, before one is proposed."""

    _name = "crm.complaint.settle"
    _description = "Compare Remedies"

    complaint_id = fields.Many2one("crm.complaint", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="complaint_id.currency_id")
    amount = fields.Monetary(string="Worth to the Customer", help="Taxes included.")
    reason = fields.Char(help="Why this remedy; stands on the proposal.")
    document = fields.Char(readonly=True)
    line_ids = fields.One2many("crm.complaint.settle.line", "wizard_id")

    @api.model
    def _for_complaint(self, complaint):
        """A dialog for a complaint whose order or invoice is known.

        :raises UserError: when it is not
        """
        claimable = complaint._crm_claimable_amount()
        if claimable is None:
            raise UserError(self.env._("Choose the order or the invoice first: only then it is known what it costs."))
        # sudo: number of the document only
        known = complaint.sudo()
        # what other remedies of the complaint give is not given again
        given = sum(known.remedy_ids.filtered(lambda remedy: remedy.state != "rejected").mapped("amount"))
        # sudo: of which complaint it is, is written here only; who may was checked by the caller
        wizard = self.sudo().create(
            {
                "complaint_id": complaint.id,
                "amount": max(complaint.currency_id.round(claimable - given), 0.0),
                "reason": complaint.category_id.name or complaint.name,
                "document": (known.crm_invoice_id or known.crm_order_id).display_name,
                "line_ids": [Command.create({"kind": kind}) for kind in KINDS],
            }
        )
        return wizard.sudo(False)

    def write(self, vals):
        if not self.env.su and set(vals) - {"amount", "reason", "line_ids"}:
            raise UserError(self.env._("Only the amount and the reason can be changed here."))
        return super().write(vals)


class CrmComplaintSettleLine(models.TransientModel):
    _name = "crm.complaint.settle.line"
    _description = "Remedy to Compare"
    _order = "id"

    wizard_id = fields.Many2one("crm.complaint.settle", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    kind = fields.Selection(
        selection=lambda self: self.env["crm.complaint.remedy"]._fields["kind"]._description_selection(self.env),
        required=True, readonly=True,
    )  # fmt: skip
    own_cost = fields.Monetary(string="Costs Us", compute="_compute_figures", compute_sudo=True)
    tax_part = fields.Monetary(string="Tax Back", compute="_compute_figures", compute_sudo=True)
    margin_before = fields.Monetary(string="Margin Now", compute="_compute_figures", compute_sudo=True)
    margin_after = fields.Monetary(string="Margin after It", compute="_compute_figures", compute_sudo=True)

    @api.depends("kind", "wizard_id.amount")
    def _compute_figures(self):
        for line in self:
            complaint, amount = line.wizard_id.complaint_id, line.wizard_id.amount
            sale = self.env["crm.complaint.remedy"].new({"complaint_id": complaint.id, "state": "proposed"})
            net, gross, goods_sold = sale._sale_figures()
            # goods worth the amount, at their cost
            goods = goods_sold * amount / gross if gross else 0.0
            figures = remedy_money.cost(
                line.kind, amount, net=net, gross=gross, goods_sold=goods_sold, goods=goods,
                digits=line.currency_id.decimal_places,
            )  # fmt: skip
            line.own_cost, line.tax_part = figures.own, figures.tax
            line.margin_before, line.margin_after = figures.margin_before, figures.margin_after

    def action_propose(self):
        """Propose this remedy; somebody else approves it.

        :return: the form of the remedy
        """
        self.ensure_one()
        wizard = self.wizard_id
        if not (wizard.reason or "").strip():
            raise UserError(self.env._("Reason: say why the customer gets this."))
        remedy = self.env["crm.complaint.remedy"].create(
            {
                "complaint_id": wizard.complaint_id.id,
                "kind": self.kind,
                "amount": wizard.amount,
                "reason": wizard.reason,
            }
        )
        if self.kind in ("replacement", "return"):
            remedy.action_take_lines()
        return remedy.get_formview_action()
