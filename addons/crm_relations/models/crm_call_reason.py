from odoo import fields, models

from .. import const_call


class CrmCallReason(models.Model):
    """Why an operator has a break, or what came out of a call: short lists that each company words itself."""

    _name = "crm.call.reason"
    _description = "Reason in the Contact Centre"
    _order = "kind, sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(const_call.REASON_KINDS, string="For", required=True, default="outcome")
    sequence = fields.Integer(default=10)
    is_resolved = fields.Boolean(string="Settled", help="Of an outcome: nothing more is to be done.")
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE(kind, name)", "There is a reason of this name already.")
