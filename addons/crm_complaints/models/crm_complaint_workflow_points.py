from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import points as rules


class CrmComplaint(models.Model):
    """The points of a complaint in its workflow: none may be left unanswered, and the whole follows from the parts."""

    _inherit = "crm.complaint"

    point_ids = fields.One2many("crm.complaint.point", "complaint_id", string="Points", groups="base.group_user")

    has_several_points = fields.Boolean(compute="_compute_has_several_points", groups="base.group_user")

    @api.depends("point_ids")
    def _compute_has_several_points(self):
        for complaint in self:
            complaint.has_several_points = len(complaint.point_ids) > 1

    def _check_move(self, current, target, stage, reason):
        answering = target.phase == "response" or target.outcome in ("settled", "rejected")
        # sudo: points that are not the user's to read count too
        points = self.sudo().point_ids
        if answering and points and current.phase != "closed" and current.phase != target.phase:
            if left := points.filtered(lambda point: not point._is_settled()):
                raise UserError(
                    self.env._(
                        "%(complaint)s cannot go to %(stage)s yet. Points without a finding and a decision: "
                        "%(points)s.",
                        complaint=self.display_name,
                        stage=stage.name,
                        points=", ".join(left.mapped("name")),
                    )
                )
            overall = rules.overall(points.mapped("decision"))
            if not self.decision:
                self.decision = overall
            elif self.decision != overall:
                raise UserError(
                    self.env._(
                        "%(complaint)s: the decision on the whole does not agree with those on the points, "
                        "which amount to '%(decision)s'.",
                        complaint=self.display_name,
                        decision=dict(self._fields["decision"]._description_selection(self.env))[overall],
                    )
                )
        super()._check_move(current, target, stage, reason)
