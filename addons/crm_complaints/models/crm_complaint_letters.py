from markupsafe import Markup

from odoo import fields, models


class CrmComplaint(models.Model):
    """The letters of a complaint."""

    _inherit = "crm.complaint"

    letter_ids = fields.One2many("crm.complaint.letter", "complaint_id", string="Letters", groups="base.group_user")

    def _points_for_letter(self, decisions):
        """All points with what was decided on each, as a list; nothing while one has no decision.

        :param dict decisions: labels of the decisions in the language of the letter
        """
        self.ensure_one()
        points = self.point_ids
        if not points or not all(point.decision for point in points):
            return ""
        line = Markup("<li>%s: <strong>%s</strong>%s</li>")
        return Markup("<ul>%s</ul>") % Markup("").join(
            line
            % (
                point.name,
                decisions[point.decision],
                f". {point.decision_reason}" if point.decision_reason else "",
            )
            for point in points
        )

    def action_new_letter(self):
        """A letter to the complainant: the final response when it is decided, else a holding letter."""
        self.ensure_one()
        kind = "final" if self.decision else "holding"
        if self.phase == "closed":
            kind = "summary"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Letter"),
            "res_model": "crm.complaint.letter",
            "view_mode": "form",
            "context": {"default_complaint_id": self.id, "default_kind": kind},
        }

    def _customer_letters(self):
        """Letters sent, for the page of the customer."""
        self.ensure_one()
        return self.sudo().letter_ids.filtered(lambda letter: letter.state == "sent")  # sudo: sent to this customer
