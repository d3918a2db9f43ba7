from odoo import models

from .. import const
from ..tools.timeline import index_expression


class CalendarAttendee(models.Model):
    _inherit = "calendar.attendee"

    # the customer's meetings, and an entry of the timeline by its id
    _crm_partner_idx = models.Index("(partner_id, event_id)")
    _crm_timeline_id_idx = models.Index(index_expression(const.SLOT_MEETING))
