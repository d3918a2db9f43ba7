from odoo import fields, models

from ..const_learning import VERDICTS


class CrmComplaintSolutionUse(models.Model):
    """An experience taken over in a complaint, and whether it worked there."""

    _name = "crm.complaint.solution.use"
    _description = "Use of an Experience"
    _inherit = ["crm.complaint.visible.mixin"]
    _order = "id desc"
    _rec_name = "solution_id"

    solution_id = fields.Many2one(
        "crm.complaint.solution", string="Experience", required=True, ondelete="cascade", index=True
    )
    complaint_id = fields.Many2one("crm.complaint", required=True, ondelete="cascade", index=True)
    user_id = fields.Many2one("res.users", string="Taken Over by", default=lambda self: self.env.user, readonly=True)
    verdict = fields.Selection(VERDICTS, string="Did It Work?")
    note = fields.Char()

    _solution_complaint_uniq = models.UniqueIndex(
        "(solution_id, complaint_id)", "This experience was already taken over in the complaint."
    )

    def action_worked(self):
        return self.write({"verdict": "worked"})

    def action_failed(self):
        return self.write({"verdict": "failed"})
