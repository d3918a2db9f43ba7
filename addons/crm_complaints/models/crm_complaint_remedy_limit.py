from odoo import fields, models

from ..tools.remedy import Limit


class CrmComplaintRemedyLimit(models.Model):
    """How much the members of a group may approve, for one complaint and for one customer in a year."""

    _name = "crm.complaint.remedy.limit"
    _description = "Approval Limit"
    _order = "amount_case, id"
    _rec_name = "group_id"

    group_id = fields.Many2one("res.groups", string="Role", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies, each in its currency.")
    amount_case = fields.Float(string="Per Complaint", help="All remedies of one complaint together. 0: no limit.")
    amount_year = fields.Float(
        string="Per Customer and Year",
        help="All remedies of one customer with all contacts, in the last 365 days together. 0: no limit.",
    )
    active = fields.Boolean(default=True)

    _amounts_positive = models.Constraint(
        "CHECK (amount_case >= 0 AND amount_case < 1e12 AND amount_year >= 0 AND amount_year < 1e12)",
        "Limits are not negative.",
    )
    _group_company_uniq = models.UniqueIndex(
        "(group_id, COALESCE(company_id, 0)) WHERE active", "This role has a limit already."
    )

    def _as_rules(self):
        return [Limit(limit.amount_case or None, limit.amount_year or None) for limit in self]

    def _of_user(self, user, company):
        """Limits that hold for a user in a company."""
        return self.search([("group_id", "in", user.all_group_ids.ids), ("company_id", "in", (company.id, False))])
