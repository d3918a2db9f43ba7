from odoo import fields, models

from .. import const


class CrmConsentBasis(models.Model):
    """The lawful basis of a purpose by one channel, where it is not that of the purpose.

    The same advertising may rest on our interest in a letter and need consent by e-mail, text message or
    telephone (Directive 2002/58/EC, article 13).
    """

    _name = "crm.consent.basis"
    _description = "Lawful Basis by Channel"
    _order = "purpose_id, channel"
    _rec_name = "channel"

    purpose_id = fields.Many2one("crm.consent.purpose", required=True, index=True, ondelete="cascade")
    channel = fields.Selection(selection=const.CHANNELS, required=True)
    lawful_basis = fields.Selection(selection=const.LAWFUL_BASES, required=True, default="consent")

    _channel_uniq = models.Constraint(
        "UNIQUE(purpose_id, channel)", "The lawful basis of this channel is said already."
    )
