from odoo import api, fields, models


class CrmComplaintReopen(models.TransientModel):
    """Take closed complaints up again, with a reason that stays in the file."""

    _name = "crm.complaint.reopen"
    _description = "Reopen Complaints"

    complaint_ids = fields.Many2many(
        "crm.complaint",
        required=True,
        default=lambda self: self._default_complaints(),
        # from the archive, too: otherwise nothing would happen, without a word
        context={"active_test": False},
    )
    phase = fields.Selection(
        [("assessed", "Assess Again"), ("investigation", "Investigate Again")],
        string="Go On With",
        required=True,
        default="investigation",
    )
    reason = fields.Text(required=True)

    @api.model
    def _default_complaints(self):
        return self.env["crm.complaint"].browse(self.env.context.get("active_ids", []))

    def action_confirm(self):
        self.ensure_one()
        self.complaint_ids._move_to(self.phase, reason=self.reason)
        return {"type": "ir.actions.act_window_close"}
