from odoo import fields, models

from ..const import SEVERITIES
from ..const_learning import REMEDY_KINDS
from ..tools.remedy import Policy


class CrmComplaintRemedyPolicy(models.Model):
    """What is offered for which complaint. The first row that fits is proposed; a person decides."""

    _name = "crm.complaint.remedy.policy"
    _description = "Remedy Policy"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="Stands on the proposal as its reason.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    cause_id = fields.Many2one(
        "crm.complaint.cause", ondelete="cascade", index="btree_not_null", help="With all narrower causes."
    )
    least_severity = fields.Selection(SEVERITIES, string="Severity from")
    least_delay = fields.Integer(string="Days since Receipt from")
    least_value = fields.Float(string="Order Amount from")
    most_value = fields.Float(string="Order Amount up to", help="0: no upper end.")
    kind = fields.Selection(REMEDY_KINDS, required=True)
    amount = fields.Float(string="Fixed Amount", help="In the currency of the complaint's company.")
    percent = fields.Float(string="% of Order")
    most = fields.Float(string="At Most", help="0: no limit but the order amount.")

    _amounts_positive = models.Constraint(
        "CHECK (amount >= 0 AND amount < 1e12 AND percent >= 0 AND percent <= 100 AND most >= 0 AND most < 1e12 "
        "AND least_value >= 0 AND most_value >= 0 AND least_delay >= 0)",
        "Amounts and days of a policy are not negative, and a percentage is at most 100.",
    )

    def _as_rules(self):
        """The rows as :class:`~..tools.remedy.Policy`."""
        return [
            Policy(
                policy.id,
                policy.cause_id.id or None,
                policy.least_severity or None,
                policy.least_delay,
                policy.least_value,
                policy.most_value or None,
                policy.amount,
                policy.percent,
                policy.most or None,
            )
            for policy in self
        ]
