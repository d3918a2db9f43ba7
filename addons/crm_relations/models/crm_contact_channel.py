from odoo import fields, models

from .. import const


class CrmContactChannel(models.Model):
    """A channel as something to choose and to put in order; which ones exist is fixed (``const.CHANNELS``)."""

    _name = "crm.contact.channel"
    _description = "Contact Channel"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Selection(selection=const.CHANNELS, required=True, readonly=True)
    sequence = fields.Integer(default=10)

    _code_uniq = models.Constraint("UNIQUE(code)", "This channel exists already.")
