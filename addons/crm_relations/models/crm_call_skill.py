from odoo import fields, models


class CrmCallSkill(models.Model):
    """What operators can do and queues need: a product, a procedure, a kind of customer."""

    _name = "crm.call.skill"
    _description = "Call Skill"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE(name)", "There is a skill of this name already.")
