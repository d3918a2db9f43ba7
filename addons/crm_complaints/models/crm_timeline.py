from odoo import api, fields, models
from odoo.addons.crm_relations.tools.timeline import TimelineSource
from odoo.tools import SQL

from ..const import CHANNELS


class CrmTimeline(models.Model):
    _inherit = "crm.timeline"
    _depends = {
        "crm.complaint": [
            "code",
            "name",
            "partner_id",
            "commercial_partner_id",
            "date_received",
            "date_closed",
            "channel",
            "user_id",
            "company_id",
            "outcome",
            "active",
        ],
    }

    kind = fields.Selection(
        selection_add=[("complaint", "Complaint"), ("complaint_closed", "Complaint Closed")],
    )

    @api.model
    def _sources(self):
        complaint = {
            "partner_id": SQL("s.partner_id"),
            "commercial_partner_id": SQL("s.commercial_partner_id"),
            "summary": SQL("s.code || ' ' || s.name"),
            "user_id": SQL("s.user_id"),
            "company_id": SQL("s.company_id"),
            "active": SQL("s.active"),
        }
        return super()._sources() | {
            "complaint": TimelineSource(
                slot=10,
                model="crm.complaint",
                columns={
                    **complaint,
                    "date": SQL("s.date_received"),
                    "kind": SQL("'complaint'"),
                    "direction": SQL("'in'"),
                    "channel": SQL("s.channel"),
                },
                # without a complainant it is nobody's entry
                where=SQL("s.partner_id IS NOT NULL"),
            ),
            "complaint_closed": TimelineSource(
                slot=11,
                model="crm.complaint",
                columns={
                    **complaint,
                    "date": SQL("s.date_closed"),
                    "kind": SQL("'complaint_closed'"),
                    "direction": SQL("'out'"),
                },
                where=SQL("s.partner_id IS NOT NULL AND s.date_closed IS NOT NULL"),
            ),
        }

    @api.model
    def _selection_channel(self):
        known = super()._selection_channel()
        codes = {code for code, _label in known}
        return known + [(code, label) for code, label in CHANNELS if code not in codes]

    @api.model
    def _kind_icons(self):
        return super()._kind_icons() | {"complaint": "fa-exclamation-circle", "complaint_closed": "fa-check-circle"}
