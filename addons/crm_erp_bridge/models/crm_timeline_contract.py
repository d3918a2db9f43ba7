from odoo import api, fields, models
from odoo.addons.crm_relations.tools.timeline import TimelineSource
from odoo.tools import SQL

from .. import const


class CrmTimeline(models.Model):
    _inherit = "crm.timeline"
    _depends = {
        "crm.contract": [
            "active", "amount", "code", "commercial_partner_id", "company_id", "date_signed", "date_start", "name",
            "partner_id", "state", "user_id",
        ],
    }

    kind = fields.Selection(selection_add=[("contract", "Contract")])

    @api.model
    def _sources(self):
        return super()._sources() | {"contract": self._source_contract()}

    @api.model
    def _source_contract(self):
        """Contracts on the day they were signed; not signed yet, on the day they start."""
        return TimelineSource(
            slot=const.SLOT_CONTRACT,
            model="crm.contract",
            columns={
                "partner_id": SQL("s.partner_id"),
                "commercial_partner_id": SQL("s.commercial_partner_id"),
                "date": SQL("COALESCE(s.date_signed, s.date_start)::timestamp"),
                "kind": SQL("'contract'"),
                "summary": SQL("CONCAT_WS(' ', s.code, s.name)"),
                "state": SQL(
                    "CASE s.state WHEN 'draft' THEN 'planned' WHEN 'cancelled' THEN 'cancelled' ELSE 'done' END"
                ),
                "user_id": SQL("s.user_id"),
                "company_id": SQL("s.company_id"),
                "amount": SQL("s.amount"),
                "active": SQL("s.active"),
            },
        )

    @api.model
    def _kind_icons(self):
        return super()._kind_icons() | {"contract": "fa-handshake-o"}
