from odoo import fields, models


class CrmCommissionLine(models.Model):
    """What a document counts for in a statement."""

    _name = "crm.commission.line"
    _description = "Document of a Commission Statement"
    _order = "date, id"

    statement_id = fields.Many2one(
        "crm.commission.statement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    user_id = fields.Many2one(related="statement_id.user_id")
    currency_id = fields.Many2one(related="statement_id.currency_id")
    source = fields.Integer(required=True, readonly=True, help="Identifies the document, also after it was deleted.")
    move_id = fields.Many2one(
        "account.move", string="Document", readonly=True, index="btree_not_null", ondelete="set null"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null", ondelete="set null"
    )
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(string="Base", required=True, readonly=True)
    is_claw = fields.Boolean(string="Taken Back", readonly=True)
    claw_rate = fields.Float(string="At (%)", readonly=True, digits=(16, 6))

    # the guarantee: a document counts once in a statement
    _source_uniq = models.UniqueIndex("(statement_id, source)", "This document is counted already.")
