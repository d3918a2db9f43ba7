from odoo import fields, models


class CrmProfileTag(models.Model):
    """One choice of a customer's profile: an income bracket, a hobby, a kind of company figure.

    What can be chosen is data, because it differs by country and business.
    """

    _name = "crm.profile.tag"
    _description = "Customer Profile Choice"
    _order = "kind, sequence, name, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        selection=[
            ("income", "Income bracket"),
            ("marital", "Marital status"),
            ("home", "Home ownership"),
            ("social", "Social situation"),
            ("education", "Education"),
            ("profession", "Profession"),
            ("pet", "Pet"),
            ("hobby", "Hobby"),
            ("sport", "Sport"),
            ("figure", "Company figure"),
        ],
        required=True,
        index=True,
    )
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    is_amount = fields.Boolean(string="Amount of Money", help="Values of this company figure are in a currency.")
    active = fields.Boolean(default=True)

    _name_kind_uniq = models.UniqueIndex("(kind, name)", "This choice exists already.")
