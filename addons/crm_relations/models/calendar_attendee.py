from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

from .. import const
from ..tools.timeline import index_expression


class CalendarAttendee(models.Model):
    """The customer and the start of the meeting, beside the attendee: read in order of time without a join."""

    _inherit = "calendar.attendee"

    crm_commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Attends for Customer",
        compute="_compute_crm_commercial_partner_id",
        compute_sudo=True,
        store=True,
        ondelete="cascade",
        help="Empty for our own people.",
    )
    crm_date = fields.Datetime(string="Start of the Meeting", related="event_id.start", store=True)

    _crm_timeline_idx = models.Index("(crm_commercial_partner_id, crm_date DESC, id DESC)")
    _crm_person_idx = models.Index("(partner_id, crm_date DESC, id DESC)")
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_MEETING))

    @api.depends("partner_id.commercial_partner_id", "partner_id.partner_share")
    def _compute_crm_commercial_partner_id(self):
        for attendee in self:
            partner = attendee.partner_id
            attendee.crm_commercial_partner_id = partner.partner_share and partner.commercial_partner_id

    def _auto_init(self):
        """Fill the columns of what is there already by one statement, not record by record."""
        cr = self.env.cr
        if not column_exists(cr, "calendar_attendee", "crm_date"):
            create_column(cr, "calendar_attendee", "crm_commercial_partner_id", "int4")
            create_column(cr, "calendar_attendee", "crm_date", "timestamp")
            cr.execute(
                "UPDATE calendar_attendee a SET crm_date = e.start FROM calendar_event e WHERE e.id = a.event_id"
            )
            cr.execute(
                "UPDATE calendar_attendee a SET crm_commercial_partner_id = p.commercial_partner_id "
                "FROM res_partner p WHERE p.id = a.partner_id AND p.partner_share"
            )
        return super()._auto_init()
