from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import DECISIONS


class CrmComplaintPoint(models.Model):
    """One thing that is complained about: each gets a finding and a decision (ISO 10002, 7.6 to 7.8)."""

    _name = "crm.complaint.point"
    _description = "Point of Complaint"
    _order = "complaint_id, sequence, id"

    complaint_id = fields.Many2one("crm.complaint", required=True, index=True, ondelete="restrict")
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Point", required=True, help="One thing the customer complains about.")
    finding = fields.Text(help="What was found on this point.")
    decision = fields.Selection(DECISIONS)
    decision_reason = fields.Char(string="Reason", help="Why, in the words for the customer.")
    company_id = fields.Many2one(related="complaint_id.company_id")

    def _is_settled(self):
        self.ensure_one()
        return bool((self.finding or "").strip() and self.decision)

    @api.model_create_multi
    def create(self, vals_list):
        points = super().create(vals_list)
        points._check_open()
        return points

    def write(self, vals):
        self._check_open()
        result = super().write(vals)
        self._check_open()
        return result

    def unlink(self):
        self._check_open()
        return super().unlink()

    def _check_open(self):
        """What was answered is on file as it was."""
        if self.env.su:
            return
        if closed := self.complaint_id.filtered(lambda complaint: complaint.phase in ("response", "closed")):
            raise UserError(
                self.env._("The points of %(complaint)s were answered. Go back to the investigation first.",
                           complaint=closed[0].display_name)
            )  # fmt: skip

