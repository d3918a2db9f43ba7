from odoo import fields, models


class SaleOrder(models.Model):
    """The contract that an order carries out."""

    _inherit = "sale.order"

    contract_id = fields.Many2one(
        "crm.contract", index="btree_not_null", ondelete="restrict", copy=False, check_company=True,
        domain="[('state', '=', 'running'), ('company_id', '=', company_id)]", groups="base.group_user",
    )
    contract_key = fields.Char(
        readonly=True, copy=False, groups="base.group_user",
        help="Which period or deliverable of the contract it is for.",
    )  # fmt: skip
    contract_date = fields.Date(string="Contract Period", readonly=True, copy=False, groups="base.group_user")

    _contract_key_uniq = models.UniqueIndex(
        "(contract_id, contract_key) WHERE contract_key IS NOT NULL",
        "This period of the contract has its order already.",
    )
