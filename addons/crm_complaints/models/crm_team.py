from odoo import api, fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    use_complaints = fields.Boolean(string="Complaints", help="This team handles complaints of customers.")
    complaint_acknowledge = fields.Selection(
        [
            ("company", "As set for the company"),
            ("auto", "Automatically, at registration"),
            ("manual", "By hand"),
        ],
        string="Acknowledgement of Complaints",
        default="company",
        required=True,
        help="When the acknowledgement of a complaint is sent by e-mail.",
    )
    complaint_open_count = fields.Integer(string="Open Complaints", compute="_compute_complaint_open_count")

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_complaint_open_count(self):
        counts = {}
        complaints = self.env["crm.complaint"]
        if complaints.has_access("read"):
            counts = dict(
                complaints._read_group(
                    [("team_id", "in", self.ids), ("phase", "!=", "closed")], ["team_id"], ["__count"]
                )
            )
        for team in self:
            team.complaint_open_count = counts.get(team._origin, 0)

    # === BUSINESS METHODS === #

    @api.model
    def _complaint_team(self, user, company):
        """The team that takes a new complaint: the user's own first, then the first that serves the company.

        :return: ``crm.team``, perhaps empty
        """
        teams = self.search([("use_complaints", "=", True), ("company_id", "in", (company.id, False))])
        # sudo: who may log a complaint need not see the members of the team
        return teams.filtered(lambda team: user in team.sudo().member_ids)[:1] or teams[:1]
