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

    def _for_breaks(self):
        """Those that operators may give for a break of theirs.

        Not the one that is given to who did not answer: it is known by its external ID, since its kind stays what it
        was in databases made before there was a kind for it, and anybody may change it.
        """
        automatic = self.env.ref("crm_relations.call_reason_no_answer", raise_if_not_found=False)
        return self.filtered(lambda reason: reason.kind == "break" and reason != automatic)
