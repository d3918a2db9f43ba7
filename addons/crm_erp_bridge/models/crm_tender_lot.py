from odoo import fields, models


class CrmTenderLot(models.Model):
    """A part of a tender that is awarded on its own."""

    _name = "crm.tender.lot"
    _description = "Lot of a Tender"
    _order = "tender_id, sequence, id"

    tender_id = fields.Many2one("crm.tender", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Lot", required=True)
    amount = fields.Monetary(string="Our Price")
    currency_id = fields.Many2one(related="tender_id.currency_id")
    outcome = fields.Selection(
        [
            ("pending", "Pending"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("skipped", "We Do Not Bid"),
        ],
        required=True,
        default="pending",
        copy=False,
    )
    competitor_id = fields.Many2one(
        "crm.competitor", string="Awarded To", index="btree_not_null", ondelete="restrict", copy=False
    )
    note = fields.Char(string="Remark")

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "The price of a lot is not negative.")
