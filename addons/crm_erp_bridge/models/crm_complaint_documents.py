from odoo import api, fields, models
from odoo.exceptions import UserError

INTERNAL = "base.group_user"


class CrmComplaint(models.Model):
    """The order or invoice that is complained about, and the documents that settle the complaint.

    Complaint handlers have no right on orders and invoices: they choose one of the customer's in a dialog that shows
    number, date and amounts, and nothing else of it.
    """

    _inherit = "crm.complaint"

    crm_order_id = fields.Many2one(
        "sale.order", string="Order", copy=False, index="btree_not_null", ondelete="restrict", tracking=True,
        groups=INTERNAL, help="The order complained about.",
    )  # fmt: skip
    crm_invoice_id = fields.Many2one(
        "account.move", string="Invoice", copy=False, index="btree_not_null", ondelete="restrict", tracking=True,
        groups=INTERNAL, help="The invoice complained about.",
    )  # fmt: skip
    crm_document_count = fields.Integer(
        string="Remedy Documents", compute="_compute_crm_document_count", groups=INTERNAL
    )
    remedy_cost = fields.Monetary(
        string="Cost of Remedies", compute="_compute_remedy_cost", store=True, groups=INTERNAL,
        help="What the remedies cost the company: without taxes, goods at their cost.",
    )  # fmt: skip

    # === COMPUTE METHODS === #

    @api.depends("remedy_ids.res_id")
    def _compute_crm_document_count(self):
        for complaint in self:
            complaint.crm_document_count = len(complaint.remedy_ids.filtered("res_id"))

    @api.depends("remedy_ids.state", "remedy_ids.own_cost")
    def _compute_remedy_cost(self):
        for complaint in self:
            done = complaint.remedy_ids.filtered(lambda remedy: remedy.state == "done")
            complaint.remedy_cost = sum(done.mapped("own_cost"))

    @api.depends("remedy_cost")
    def _compute_cost_total(self):
        """With documents it is known what the remedies really cost: without taxes, goods at their cost."""
        for complaint in self:
            complaint.cost_total = complaint.cost + complaint.remedy_cost

    # === CONSTRAINTS === #

    @api.constrains("crm_order_id", "crm_invoice_id", "partner_id", "company_id")
    def _check_crm_documents(self):
        for complaint in self.sudo():  # sudo: the handler has no right on orders and invoices
            for document in (complaint.crm_order_id, complaint.crm_invoice_id):
                if not document:
                    continue
                if document._name == "account.move" and document.move_type != "out_invoice":
                    raise UserError(
                        self.env._("%(document)s is no customer invoice.", document=document.display_name)
                    )
                if document.company_id != complaint.company_id:
                    raise UserError(
                        self.env._(
                            "%(document)s belongs to another company than the complaint.",
                            document=document.display_name,
                        )
                    )
                if document.partner_id.commercial_partner_id != complaint.commercial_partner_id:
                    raise UserError(
                        self.env._(
                            "%(document)s is not of the customer who complains.", document=document.display_name
                        )
                    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Remedies that are proposed follow what is complained about; lines of another document leave them."""
        result = super().write(vals)
        if {"crm_invoice_id", "crm_order_id"} & vals.keys():
            # sudo: the handler has no right on the documents that the lines come from
            proposed = self.sudo().remedy_ids.filtered(lambda remedy: remedy.state == "proposed")
            for remedy in proposed.filtered("line_ids"):
                known = {values["source_key"] for values in remedy._line_sources()}
                remedy.line_ids.filtered(lambda line, known=known: line.source_key not in known).unlink()
        return result

    # === BUSINESS METHODS === #

    def _remedy_order_amount(self):
        """Amount of the invoice or order, taxes included, in the company's currency; else what was typed in."""
        self.ensure_one()
        return self._crm_claimable_amount() or super()._remedy_order_amount()

    def _crm_claimable_amount(self):
        """What all remedies of the complaint together may not exceed, in the company's currency; None when unknown.

        It is what was invoiced less what was credited for other reasons than this complaint; of an order without an
        invoice its total.
        """
        self.ensure_one()
        complaint = self.sudo()  # sudo: who approves need not have a right on orders and invoices
        invoice, order = complaint.crm_invoice_id, complaint.crm_order_id
        if invoice:
            own = invoice._crm_credit_notes().filtered(lambda move: move.crm_remedy_id.complaint_id == complaint)
            # at the rate of the invoice, as remedies are: credit notes of others are booked at that of their own day
            left = invoice._crm_creditable_amount(leave_out=own)
            return complaint.currency_id.round(left / (invoice.invoice_currency_rate or 1.0))
        if order:
            return complaint.currency_id.round(order.amount_total / (order.currency_rate or 1.0))
        return None

    def action_choose_document(self):
        """A dialog with the orders and invoices of the customer.

        :raises UserError: when the complaint names no customer
        """
        self.ensure_one()
        self.check_access("write")
        wizard = self.env["crm.complaint.document"]._for_complaint(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Is Complained About"),
            "res_model": "crm.complaint.document",
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_compare_remedies(self):
        """A dialog with what each remedy would cost.

        :raises UserError: when neither order nor invoice is known, or the complaint is closed
        """
        self.ensure_one()
        self.check_access("write")
        if self.phase == "closed":
            raise UserError(self.env._("%(complaint)s is closed.", complaint=self.display_name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Compare Remedies"),
            "res_model": "crm.complaint.settle",
            "res_id": self.env["crm.complaint.settle"]._for_complaint(self).id,
            "view_mode": "form",
            "target": "new",
        }

    def action_open_remedy_documents(self):
        """The remedies that became documents; each opens its document for whoever may read that."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_complaints.crm_complaint_remedy_action")
        return action | {"domain": [("complaint_id", "=", self.id), ("res_id", "!=", 0)], "context": {"create": False}}
