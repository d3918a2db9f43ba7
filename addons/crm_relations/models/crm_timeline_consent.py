from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools.timeline import TimelineSource


class CrmTimeline(models.Model):
    _inherit = "crm.timeline"
    _depends = {"crm.consent": ["commercial_partner_id", "date", "name", "partner_id", "channel", "user_id"]}

    kind = fields.Selection(selection_add=[("consent", "Consent")])

    @api.model
    def _sources(self):
        """Consents and withdrawals, on the day on which they were said."""
        names = ("partner_id", "commercial_partner_id", "date", "channel", "user_id")
        return super()._sources() | {
            "consent": TimelineSource(
                slot=const.SLOT_CONSENT,
                model="crm.consent",
                columns={name: SQL.identifier("s", name) for name in names}
                | {
                    "kind": SQL("'consent'"),
                    "summary": SQL("s.name"),
                    "direction": SQL("'in'"),
                    "state": SQL("'done'"),
                },
            ),
        }
