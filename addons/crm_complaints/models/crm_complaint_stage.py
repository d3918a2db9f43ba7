from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..const import OUTCOMES, PHASES


class CrmComplaintStage(models.Model):
    """A step in the handling of complaints, named as the company likes.

    The meaning is in ``phase`` (and ``outcome`` of closing stages), never in the
    name or the sequence: all rules look at those two.
    """

    _name = "crm.complaint.stage"
    _description = "Complaint Stage"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    phase = fields.Selection(
        PHASES,
        required=True,
        default="investigation",
        help="The step of ISO 10002 that this stage belongs to. It decides what must be known to enter the stage "
        "and which date is written.",
    )
    outcome = fields.Selection(
        OUTCOMES,
        help="How complaints that end in this stage ended. Only for the phase 'Closed'.",
    )
    fold = fields.Boolean(string="Folded in Kanban")
    # archived ones, too: without them the stage would serve all teams
    team_ids = fields.Many2many(
        "crm.team", string="Teams", context={"active_test": False}, help="Empty: the stage serves all teams."
    )
    requirements = fields.Text(translate=True, help="What has to be done here; shown as a tip on the column.")
    customer_name = fields.Char(
        translate=True,
        string="Name for the Customer",
        help="What the customer reads on the portal. Empty: the name of the stage.",
    )
    rotting_threshold_days = fields.Integer(
        string="Days to Rot",
        default=0,
        help="Complaints that stay here longer are shown as stale. 0: never.",
    )
    active = fields.Boolean(default=True)

    _outcome_of_closed = models.Constraint(
        "CHECK ((phase = 'closed') = (outcome IS NOT NULL))",
        "A closing stage needs an outcome, and only a closing stage has one.",
    )
    _rotting_not_negative = models.Constraint(
        "CHECK (rotting_threshold_days >= 0)",
        "The days until a complaint is stale cannot be negative.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create(vals_list)
        self.env.registry.clear_cache()  # of _first_id
        return stages

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def write(self, vals):
        changed = self.filtered(
            lambda stage: any(name in vals and stage[name] != vals[name] for name in ("phase", "outcome"))
        )
        if changed:
            changed._check_unused()
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()
        if "received" in self.mapped("phase"):
            self._check_way_in(fields.Domain("id", "not in", self.ids))

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("team_id", "phase", "outcome")
    def _first_id(self, team_id, phase, outcome):
        """Id of the first stage of a phase that serves a team, one of the team's own before a common one."""
        # sudo: the customer who files a complaint on the portal does not read stages
        stages = self.sudo().with_context(active_test=True).search(
            [("phase", "=", phase), ("outcome", "=", outcome or False), ("team_ids", "in", (team_id, False))]
        )
        return (stages.filtered("team_ids")[:1] or stages[:1]).id

    def _check_unused(self):
        """Refuse to change the meaning of a stage under the complaints in it.

        :raises UserError: naming the stages in use
        """
        # sudo: complaints of other companies count too
        used = (
            self.env["crm.complaint"]
            .sudo()
            .with_context(active_test=False)
            ._read_group([("stage_id", "in", self.ids)], ["stage_id"])
        )
        if used:
            raise UserError(
                self.env._(
                    "Complaints are in these stages, so they cannot be deleted or get another meaning: %(stages)s. "
                    "Move the complaints or make a new stage.",
                    stages=", ".join(stage.name for (stage,) in used),
                )
            )

    @api.constrains("active", "phase", "team_ids")
    def _check_received_exists(self):
        self._check_way_in()

    def _check_way_in(self, others=fields.Domain.TRUE):
        """:raises ValidationError: when nothing could arrive"""
        common = fields.Domain("phase", "=", "received") & fields.Domain("team_ids", "=", False)
        if not self.search_count(common & others, limit=1):
            raise ValidationError(
                self.env._("At least one stage of the phase 'Received' must serve all teams, or nothing can arrive.")
            )
