from odoo import fields, models


class CrmPartnerChannel(models.Model):
    """A channel that a customer prefers; the first one most."""

    _name = "crm.partner.channel"
    _description = "Preferred Channel"
    _order = "sequence, id"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")
    channel_id = fields.Many2one("crm.contact.channel", required=True, ondelete="restrict")
    name = fields.Char(related="channel_id.name")
    sequence = fields.Integer(default=10)
