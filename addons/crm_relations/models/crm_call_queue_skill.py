from odoo import fields, models

from .. import const_call


class CrmCallQueueSkill(models.Model):
    """A skill that a queue needs."""

    _name = "crm.call.queue.skill"
    _description = "Skill Needed by a Queue"
    _rec_name = "skill_id"

    queue_id = fields.Many2one("crm.call.queue", required=True, index=True, ondelete="cascade")
    skill_id = fields.Many2one("crm.call.skill", required=True, index=True, ondelete="restrict")
    level = fields.Selection(const_call.SKILL_LEVELS, string="At Least", required=True, default="1")

    _skill_uniq = models.Constraint("UNIQUE(queue_id, skill_id)", "Please name each skill of a queue once.")
