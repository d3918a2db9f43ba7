from odoo import fields, models


class CrmExchangeImportError(models.Model):
    """What an import says about a row."""

    _name = "crm.exchange.import.error"
    _description = "Message of an Import"
    _order = "severity, line, id"
    _rec_name = "reason"

    import_id = fields.Many2one("crm.exchange.import", required=True, index=True, ondelete="cascade")
    line = fields.Integer()
    column = fields.Char()
    reason = fields.Char()
    severity = fields.Selection(
        selection=[("error", "Refused"), ("note", "Remark")], string="Result", required=True, default="error"
    )
