from odoo import api, fields, models


class CrmPartnerAttitude(models.Model):
    """What a colleague noticed about a customer's attitude, signed and dated.

    Notes are added, never changed: a later impression stands beside the earlier one.
    """

    _name = "crm.partner.attitude"
    _description = "Attitude of a Customer"
    _order = "date desc, id desc"
    _rec_name = "note"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users", string="Noted by", required=True, readonly=True, default=lambda self: self.env.user
    )
    mood = fields.Selection(
        selection=[("positive", "Positive"), ("neutral", "Neutral"), ("negative", "Negative")],
        string="Impression",
        required=True,
        default="neutral",
    )
    note = fields.Text(required=True)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # who writes signs, whatever a client sends along; imports by the system keep author and date
            signature = {"user_id": self.env.uid, "date": fields.Datetime.now()}
            vals_list = [vals | signature for vals in vals_list]
        return super().create(vals_list)
