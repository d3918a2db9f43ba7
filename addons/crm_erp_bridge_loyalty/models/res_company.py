from odoo import fields, models

MONEY_PROGRAMS = ("gift_card", "ewallet")
"""Programs whose points are money of the company's currency."""


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_voucher_program_id = fields.Many2one(
        "loyalty.program", string="Vouchers for Complaints", ondelete="restrict",
        domain="[('program_type', 'in', ('gift_card', 'ewallet')), ('company_id', 'in', (id, False))]",
        help="Vouchers given for complaints are cards of this program; empty: the only gift card program there is.",
    )  # fmt: skip
    crm_voucher_days = fields.Integer(
        string="Voucher Valid for", help="Days; 0: without an end."
    )

    _crm_voucher_days_positive = models.Constraint(
        "CHECK (COALESCE(crm_voucher_days, 0) >= 0)", "The days a voucher is valid are not negative."
    )
