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

    complaint_alias_id = fields.Many2one("mail.alias", copy=False, ondelete="restrict", index="btree_not_null")
    complaint_alias_name = fields.Char(
        string="Address for Complaints",
        compute="_compute_complaint_alias_name",
        inverse="_inverse_complaint_alias_name",
        compute_sudo=True,
        help="Mails to this address become complaints of the team. The part before the @.",
    )
    complaint_alias_email = fields.Char(related="complaint_alias_id.alias_full_name", string="Full Address")

    # === COMPUTE METHODS === #

    @api.depends("complaint_alias_id.alias_name")
    def _compute_complaint_alias_name(self):
        for team in self:
            team.complaint_alias_name = team.complaint_alias_id.alias_name

    def _inverse_complaint_alias_name(self):
        # sudo: whoever may change the team gives it an address, as Odoo does for its own aliases
        for team in self.sudo():
            if team.complaint_alias_id:
                team.complaint_alias_id.alias_name = team.complaint_alias_name
            elif team.complaint_alias_name:
                defaults = {"team_id": team.id}
                if team.company_id:
                    defaults["company_id"] = team.company_id.id
                domain = (team.company_id or self.env.company).alias_domain_id
                team.complaint_alias_id = (
                    self.env["mail.alias"]
                    .sudo()
                    .create(
                        {
                            "alias_name": team.complaint_alias_name,
                            "alias_domain_id": domain.id,
                            "alias_model_id": self.env["ir.model"]._get_id("crm.complaint"),
                            "alias_defaults": repr(defaults),
                            "alias_contact": "everyone",
                            "alias_parent_model_id": self.env["ir.model"]._get_id("crm.team"),
                            "alias_parent_thread_id": team.id,
                        }
                    )
                )

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

    # === CRUD METHODS === #

    def unlink(self):
        """The address goes with the team: what it receives has nobody any more, and another team may want it."""
        # sudo: whoever deletes the team, as for its other address
        aliases = self.sudo().complaint_alias_id
        result = super().unlink()
        aliases.unlink()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _complaint_team(self, user, company):
        """The team that takes a new complaint: the user's own first, then the first that serves the company.

        :return: ``crm.team``, perhaps empty
        """
        teams = self.search([("use_complaints", "=", True), ("company_id", "in", (company.id, False))])
        if not user:
            return teams[:1]
        # sudo: who may log a complaint need not see the members of the team
        return teams.filtered(lambda team: user in team.sudo().member_ids)[:1] or teams[:1]
