from odoo import fields, models


class CrmContractIndex(models.Model):
    """A series of prices that contracts follow: consumer prices, wages, energy."""

    _name = "crm.contract.index"
    _description = "Price Index"
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Left empty, every company may use it.")
    source = fields.Char(help="Who publishes it, and where.")
    value_ids = fields.One2many("crm.contract.index.value", "index_id", string="Values", copy=True)
