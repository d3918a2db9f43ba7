from odoo import fields, models


class CrmRfmSetupLine(models.TransientModel):
    _name = "crm.rfm.setup.line"
    _description = "Segment in the Preview of a Scoring Model"
    _order = "sequence, id"

    setup_id = fields.Many2one("crm.rfm.setup", required=True, index=True, ondelete="cascade")
    segment_id = fields.Many2one("crm.rfm.segment", required=True, ondelete="cascade")
    sequence = fields.Integer(related="segment_id.sequence", store=True)
    currency_id = fields.Many2one(related="setup_id.currency_id")
    customer_count = fields.Integer("Customers")
    monetary = fields.Monetary("Value")
    share = fields.Float("Share of Value")
