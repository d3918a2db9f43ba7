from odoo import api, fields, models

from ..tools.touch import touch


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    crm_complaint_id = fields.Many2one(
        "crm.complaint",
        string="Complaint",
        groups="crm_complaints.group_user,account.group_account_invoice",
        help="The complaint that the credit note settles.",
    )
    crm_keep_invoiced = fields.Boolean(
        string="Do Not Invoice Again",
        compute="_compute_crm_keep_invoiced",
        store=True,
        readonly=False,
        help="The credited amount stays settled on the order. Without it, Odoo counts it as to be invoiced again.",
    )

    @api.depends("crm_complaint_id")
    def _compute_crm_keep_invoiced(self):
        for wizard in self:
            # sudo: accountants need not see the complaint
            wizard.crm_keep_invoiced = wizard.crm_keep_invoiced or bool(wizard.sudo().crm_complaint_id)

    def _prepare_default_reversal(self, move):
        return super()._prepare_default_reversal(move) | {
            "crm_complaint_id": self.sudo().crm_complaint_id.id,  # sudo: as above
            "crm_keep_invoiced": self.crm_keep_invoiced,
        }

    def reverse_moves(self, is_modify=False):
        """A dialog makes its credit notes once: sent again, it shows those it has made."""
        touch(self.move_ids)
        self.invalidate_recordset(["new_move_ids"])
        if self.new_move_ids:
            return {
                "name": self.env._("Reverse Moves"),
                "type": "ir.actions.act_window",
                "res_model": "account.move",
                "view_mode": "list,form",
                "domain": [("id", "in", self.new_move_ids.ids)],
            } | ({"view_mode": "form", "res_id": self.new_move_ids.id} if len(self.new_move_ids) == 1 else {})
        if is_modify:
            # the invoice is made anew, so what is credited has to be invoiced again
            self.crm_keep_invoiced = False
        return super().reverse_moves(is_modify=is_modify)
