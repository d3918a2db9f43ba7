from odoo import fields, models


class CrmContractIndexValue(models.Model):
    """What a price index was from a day on."""

    _name = "crm.contract.index.value"
    _description = "Value of a Price Index"
    _order = "date desc, id"

    index_id = fields.Many2one("crm.contract.index", required=True, index=True, ondelete="cascade")
    date = fields.Date(string="Published", required=True)
    value = fields.Float(required=True, digits=(16, 4))

    _date_uniq = models.UniqueIndex("(index_id, date)", "The index has a value of this day already.")
    _value_positive = models.Constraint("CHECK (value > 0)", "The value of an index is more than zero.")
