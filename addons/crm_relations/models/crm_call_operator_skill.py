from odoo import fields, models

from .. import const_call


class CrmCallOperatorSkill(models.Model):
    """A skill that an operator has."""

    _name = "crm.call.operator.skill"
    _description = "Skill of an Operator"
    _rec_name = "skill_id"

    operator_id = fields.Many2one("crm.call.operator", required=True, index=True, ondelete="cascade")
    skill_id = fields.Many2one("crm.call.skill", required=True, index=True, ondelete="restrict")
    level = fields.Selection(const_call.SKILL_LEVELS, required=True, default="1")

    _skill_uniq = models.Constraint("UNIQUE(operator_id, skill_id)", "Please name each skill of an operator once.")
