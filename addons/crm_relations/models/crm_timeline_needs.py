from odoo import api, fields, models
from odoo.tools import SQL

from .. import const
from ..tools.timeline import TimelineSource


class CrmTimeline(models.Model):
    _inherit = "crm.timeline"
    _depends = {
        "crm.need": [
            "active",
            "commercial_partner_id",
            "company_id",
            "date",
            "name",
            "partner_id",
            "state",
            "user_id",
        ],
    }

    kind = fields.Selection(selection_add=[("need", "Need")])

    @api.model
    def _sources(self):
        return super()._sources() | {"need": self._source_need()}

    @api.model
    def _source_need(self):
        """Needs on the day they became known."""
        names = ("partner_id", "commercial_partner_id", "date", "user_id", "company_id", "active")
        return TimelineSource(
            slot=const.SLOT_NEED,
            model="crm.need",
            columns={name: SQL.identifier("s", name) for name in names}
            | {
                "kind": SQL("'need'"),
                "summary": SQL("s.name"),
                "state": SQL("CASE WHEN s.state IN ('lapsed', 'lost') THEN 'cancelled' ELSE 'done' END"),
            },
        )
