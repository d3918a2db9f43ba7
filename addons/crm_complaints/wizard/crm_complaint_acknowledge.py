from odoo import api, fields, models

from ..const import CHANNELS


class CrmComplaintAcknowledge(models.TransientModel):
    """Note an acknowledgement given by phone, letter or face to face: its date is evidence."""

    _name = "crm.complaint.acknowledge"
    _description = "Note the Acknowledgement of Complaints"

    complaint_ids = fields.Many2many(
        "crm.complaint",
        required=True,
        default=lambda self: self._default_complaints(),
        # from the archive, too: otherwise nothing would happen, without a word
        context={"active_test": False},
    )
    channel = fields.Selection(CHANNELS, required=True, default=lambda self: self._default_channel())
    note = fields.Text(required=True, help="Who was told what, by whom; the file keeps it as proof.")

    @api.model
    def _default_complaints(self):
        return self.env["crm.complaint"].browse(self.env.context.get("active_ids", []))

    @api.model
    def _default_channel(self):
        channels = set(self._default_complaints().mapped("channel"))
        return channels.pop() if len(channels) == 1 else "phone"

    def action_confirm(self):
        self.ensure_one()
        self.complaint_ids.check_access("write")
        self.complaint_ids._register_acknowledgement(self.channel, self.note)
        return {"type": "ir.actions.act_window_close"}
