from odoo import api, fields, models

from ..const import DECISIONS


class CrmComplaintClose(models.TransientModel):
    """Close complaints with what closing needs: how it ended, the decision and its reasons."""

    _name = "crm.complaint.close"
    _description = "Close Complaints"

    complaint_ids = fields.Many2many(
        "crm.complaint",
        required=True,
        default=lambda self: self._default_complaints(),
        # from the archive, too: otherwise nothing would happen, without a word
        context={"active_test": False},
    )
    stage_id = fields.Many2one(
        "crm.complaint.stage",
        string="How It Ended",
        required=True,
        domain="[('phase', '=', 'closed'), '|', ('team_ids', '=', False), ('team_ids', 'in', team_ids)]",
        default=lambda self: self._default_stage_id(),
    )
    team_ids = fields.Many2many("crm.team", compute="_compute_team_ids")
    outcome = fields.Selection(related="stage_id.outcome")
    decision = fields.Selection(DECISIONS, compute="_compute_decision", store=True, readonly=False)
    decision_reason = fields.Text(string="Reasons", compute="_compute_decision", store=True, readonly=False)
    keeps_decisions = fields.Boolean(compute="_compute_decision", store=True)
    note = fields.Text(help="What was agreed, or why the complaint ends here. Kept in the file, not sent.")

    # === COMPUTE METHODS === #

    @api.model
    def _default_complaints(self):
        return self.env["crm.complaint"].browse(self.env.context.get("active_ids", []))

    @api.model
    def _default_stage_id(self):
        complaints = self._default_complaints()
        if not complaints:
            return self.env["crm.complaint.stage"]
        return complaints._first_stage(complaints[0].team_id, "closed", "settled")

    @api.depends("complaint_ids")
    def _compute_team_ids(self):
        for wizard in self:
            wizard.team_ids = wizard.complaint_ids.team_id

    @api.depends("complaint_ids", "outcome")
    def _compute_decision(self):
        """What the file already says, where the complaints agree."""
        for wizard in self:
            decisions = set(wizard.complaint_ids.mapped("decision"))
            reasons = set(wizard.complaint_ids.mapped("decision_reason"))
            decision = decisions.pop() if len(decisions) == 1 else False
            wizard.decision = wizard.decision or decision or (wizard.outcome == "rejected" and "not_upheld")
            reason = reasons.pop() if len(reasons) == 1 else False
            wizard.decision_reason = wizard.decision_reason or reason
            decided = all(complaint.decision and complaint.decision_reason for complaint in wizard.complaint_ids)
            wizard.keeps_decisions = len(wizard.complaint_ids) > 1 and decided and not (decision and reason)

    # === ACTIONS === #

    def action_confirm(self):
        """:raises UserError: naming the complaint and what is missing"""
        self.ensure_one()
        if self.outcome != "withdrawn":
            self._write_decision()
        self.complaint_ids._move(self.stage_id, reason=self.note)
        return {"type": "ir.actions.act_window_close"}

    def _write_decision(self):
        """Where the files differ, what each of them says stays, and what was typed is for those that say nothing."""
        for name in ("decision", "decision_reason"):
            alike = len(set(self.complaint_ids.mapped(name))) <= 1
            todo = self.complaint_ids.filtered(lambda complaint, name=name, alike=alike: alike or not complaint[name])
            todo.write({name: self[name]})
