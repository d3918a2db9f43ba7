from odoo import api, fields, models
from odoo.addons.crm_relations.tools.own_defaults import own_defaults
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from ..tools import transitions
from ..tools.transitions import Target

PROTECTED = frozenset(
    {
        "code",
        "date_logged",
        "date_acknowledged",
        "acknowledge_pending",
        "acknowledge_channel",
        "acknowledge_user_id",
        "date_assessed",
        "date_investigated",
        "date_responded",
        "date_closed",
        "date_reopened",
        "reopen_count",
        "date_last_stage_update",
        "closing_note",
        "merged_into_id",
        "date_accepted",
        "is_review",
        "date_review",
        "first_handler_ids",
        "first_decision",
        "satisfaction_process",
        "satisfaction_outcome",
        "satisfaction_comment",
        "date_rated",
        "date_rating_asked",
        "date_customer_wrote",
        "date_waiting_since",
        "date_last_contact",
        "date_deadline",
        "deadline_clock_id",
        "remedy_amount",
        "cost_total",
        "source_model",
        "source_id",
    }
)
"""Written by the mover, the acknowledgement and the clocks, or summed up, whatever interface asks (imports run as
superuser)."""

MOVE_DATES = tuple(transitions.DATE_OF_PHASE.values())


class CrmComplaint(models.Model):
    _inherit = "crm.complaint"  # a file of its own, see crm_complaint

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """What the handling writes begins empty, whatever a context or an own default says."""
        return own_defaults(self, super().default_get(fields), PROTECTED)

    def write(self, vals):
        """A stage is reached through the mover, whoever writes it: button, drag and drop, import, API."""
        self._refuse_protected(vals)
        if "company_id" in vals and any(complaint.company_id.id != vals["company_id"] for complaint in self):
            raise UserError(
                self.env._("A complaint cannot change company: its number belongs to the register of the company.")
            )
        vals = dict(vals)
        stage_id = vals.pop("stage_id") if vals.get("stage_id") else None
        result = super().write(vals) if vals else True
        if stage_id:
            self._move(self.env["crm.complaint.stage"].browse(stage_id))
        if "team_id" in vals:
            self._keep_stage_of_team()
        return result

    def _refuse_protected(self, vals):
        """:raises UserError: when somebody other than the workflow writes what is its own"""
        if not self.env.su and (refused := PROTECTED & set(vals)):
            labels = [self._fields[name].get_description(self.env, ["string"])["string"] for name in sorted(refused)]
            raise UserError(
                self.env._(
                    "These fields are set by the handling of the complaint: %(fields)s.", fields=", ".join(labels)
                )
            )

    # === ACTIONS === #

    def action_assess(self):
        return self._move_to("assessed")

    def action_investigate(self):
        return self._move_to("investigation")

    def action_propose(self):
        return self._move_to("response")

    def action_take(self):
        """Become responsible for the complaints."""
        return self.write({"user_id": self.env.uid})

    # === THE MOVER === #

    def _move_to(self, phase, outcome=None, reason=None):
        """Move to the first stage of a phase that serves the complaint's team."""
        for team, complaints in self.grouped("team_id").items():
            stage = self._first_stage(team, phase, outcome)
            complaints._move(stage, reason=reason)
        return True

    def _move(self, stage, reason=None):
        """The only way into a stage: checks the path and what must be known, writes the dates, tells the chatter.

        :param stage: one ``crm.complaint.stage``
        :param str reason: why; kept in the chatter and, on closing, in the file
        :raises UserError: naming the complaint and everything that is missing
        """
        stage.ensure_one()
        target = Target(stage.phase, stage.outcome or None)
        now = fields.Datetime.now()
        for complaint in self:
            if complaint.stage_id == stage:
                continue
            current = Target(complaint.phase, complaint.outcome or None)
            complaint._check_move(current, target, stage, reason)
            values = complaint._move_values(current, target, reason, now)
            complaint._write_move({**values, "stage_id": stage.id, "date_last_stage_update": now})
            if reason:
                complaint._post_move_reason(current, target, reason)

    def _check_move(self, current, target, stage, reason):
        """:raises UserError: when the complaint may not go there"""
        self.ensure_one()
        if stage.team_ids and self.team_id not in stage.team_ids:
            raise UserError(
                self.env._("The stage %(stage)s is not used by the team of %(complaint)s.",
                           stage=stage.name, complaint=self.display_name)
            )  # fmt: skip
        codes = transitions.refusals(current, target, self._known_for_move(reason), self.decision or None)
        if not codes:
            return
        if codes == ("path",):
            message = self._path_refusal(current, target, stage)
        else:
            labels = self._refusal_labels()
            message = self.env._(
                "%(complaint)s cannot go to %(stage)s yet. Missing: %(missing)s.",
                complaint=self.display_name,
                stage=stage.name,
                missing=", ".join(labels[code] for code in codes),
            )
        raise UserError(message)

    def _path_refusal(self, current, target, stage):
        if target.outcome == "rejected" and current.phase != "closed":
            return self.env._(
                "%(complaint)s cannot be rejected before an answer was proposed to the customer.",
                complaint=self.display_name,
            )
        if current.phase == "closed" and target.phase == "closed":
            return self.env._(
                "%(complaint)s is already closed. Reopen it to close it differently.", complaint=self.display_name
            )
        return self.env._(
            "%(complaint)s cannot go from %(old)s to %(new)s.",
            complaint=self.display_name,
            old=self.stage_id.name,
            new=stage.name,
        )

    def _known_for_move(self, reason=None):
        """Names of what is filled in, see ``tools.transitions.refusals``."""
        self.ensure_one()
        known = {
            "acknowledgement": self.date_acknowledged,
            "severity": self.severity,
            "owner": self.user_id,
            "decision": self.decision,
            "decision_reason": (self.decision_reason or "").strip(),
            "response": not is_html_empty(self.response),
            "reason": (reason or "").strip(),
        }
        return frozenset(name for name, value in known.items() if value)

    def _move_values(self, current, target, reason, now):
        """Field values that an allowed move writes besides the stage."""
        self.ensure_one()
        filled = {name for name in MOVE_DATES if self[name]}
        changes = transitions.date_changes(current, target, filled)
        values = dict.fromkeys(changes.set_now, now) | dict.fromkeys(changes.clear, False)
        if target.phase == "closed" and current.phase != "closed":
            values["closing_note"] = reason or False
        if transitions.is_reopening(current, target):
            values |= {"closing_note": False, "date_reopened": now, "reopen_count": self.reopen_count + 1}
        return values

    def _write_move(self, vals):
        """Write what only the workflow may write. Not reachable by RPC, no context key opens it."""
        # not self.write: it refuses these very fields
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _post_move_reason(self, current, target, reason):
        self.ensure_one()
        if transitions.is_reopening(current, target):
            body = self.env._("Reopened: %(reason)s", reason=reason)
        elif target.phase == "closed":
            body = self.env._("Closed: %(reason)s", reason=reason)
        else:
            body = reason
        self.message_post(body=body, subtype_xmlid="mail.mt_note")

    # === STAGES === #

    def _first_stage(self, team, phase, outcome=None):
        """The first stage of a phase that serves a team, one of the team's own before a common one.

        :raises UserError: when the configuration has none
        """
        stages = self.env["crm.complaint.stage"]
        stage = stages.browse(stages._first_id(team._origin.id, phase, outcome or False))
        if not stage:
            label = dict(self._fields["phase"]._description_selection(self.env))[phase]
            raise UserError(self.env._("No complaint stage serves the phase %(phase)s.", phase=label))
        return stage

    def _keep_stage_of_team(self):
        """After a change of team: the same phase, in a stage that the new team uses."""
        for complaint in self:
            stage = complaint.stage_id
            if stage.team_ids and complaint.team_id not in stage.team_ids:
                complaint._move(self._first_stage(complaint.team_id, stage.phase, stage.outcome))

    def _refusal_labels(self):
        return {
            "acknowledgement": self.env._("the acknowledgement (press 'Acknowledge')"),
            "severity": self.env._("the severity"),
            "owner": self.env._("a responsible person"),
            "decision": self.env._("the decision"),
            "decision_reason": self.env._("the reasons of the decision"),
            "response": self.env._("the answer to the customer"),
            "reason": self.env._("a reason"),
            "decision_differs": self.env._("a decision 'Not Upheld', as a rejection says so"),
        }

    def _get_rotting_depends_fields(self):
        return super()._get_rotting_depends_fields() + ["phase"]

    def _get_rotting_domain(self):
        return super()._get_rotting_domain() & fields.Domain("phase", "!=", "closed")
