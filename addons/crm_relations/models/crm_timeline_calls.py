from odoo import api, fields, models
from odoo.tools import SQL

from .. import const_call
from ..tools.timeline import TimelineSource


class CrmTimeline(models.Model):
    _inherit = "crm.timeline"
    _depends = {
        "crm.call": [
            "commercial_partner_id",
            "company_id",
            "date_started",
            "direction",
            "interaction_id",
            "number",
            "partner_id",
            "state",
            "user_id",
        ]
    }

    kind = fields.Selection(selection_add=[("call", "Call")])

    @api.model
    def _kind_icons(self):
        return super()._kind_icons() | {"call": "fa-phone"}

    @api.model
    def _sources(self):
        """Calls, also the lost ones; one that was logged as a contact is there as that contact already."""
        names = ("partner_id", "commercial_partner_id", "direction", "user_id", "company_id")
        summary = SQL(
            "CASE WHEN s.state = 'lost' THEN %s WHEN s.state = 'missed' THEN %s WHEN s.direction = 'in' THEN %s "
            "ELSE %s END || COALESCE(' ' || s.number, '')",
            self.env._("Lost call from"),
            self.env._("Not reached at"),
            self.env._("Call from"),
            self.env._("Call to"),
        )
        return super()._sources() | {
            "call": TimelineSource(
                slot=const_call.SLOT_CALL,
                model="crm.call",
                columns={name: SQL.identifier("s", name) for name in names}
                | {
                    "date": SQL("s.date_started"),
                    "kind": SQL("'call'"),
                    "channel": SQL("'phone'"),
                    "summary": summary,
                    "state": SQL(
                        "CASE WHEN s.state IN ('queued', 'ringing', 'answered') THEN 'planned' "
                        "WHEN s.state IN ('lost', 'missed', 'cancelled') THEN 'cancelled' ELSE 'done' END"
                    ),
                    "active": SQL("s.interaction_id IS NULL"),
                },
            ),
        }
