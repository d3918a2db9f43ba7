from odoo import fields, models


class CrmTenderDocumentType(models.Model):
    """What a new tender's list of documents starts with."""

    _name = "crm.tender.document.type"
    _description = "Tender Document"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    is_required = fields.Boolean(string="Required", default=True)
    active = fields.Boolean(default=True)
