from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.sql import table_exists

from .. import const_call
from ..tools.append_only import keep


class CrmCallEvent(models.Model):
    """What a telephone system (or an operator) reported of a call, as it came. Only ever added to.

    A call is made from its events. One that came twice is one row; one that could not be understood is kept with what
    was wrong, and without a call.
    """

    _name = "crm.call.event"
    _description = "Call Event"
    _order = "moment, id"
    _rec_name = "kind"
    _log_access = False

    call_id = fields.Many2one("crm.call", readonly=True, index="btree_not_null", ondelete="cascade")
    system_id = fields.Many2one("crm.call.system", readonly=True, index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, index="btree_not_null", ondelete="cascade")
    key = fields.Char(required=True, readonly=True, help="Names the event within its telephone system.")
    kind = fields.Selection(const_call.EVENT_TYPES, readonly=True)
    moment = fields.Float(readonly=True, help="Seconds since 1970 (UTC), as reported.")
    date = fields.Datetime(string="Happened On", readonly=True)
    date_received = fields.Datetime(
        string="Received On", required=True, readonly=True, default=fields.Datetime.now
    )
    operator_id = fields.Many2one("crm.call.operator", readonly=True, index="btree_not_null", ondelete="restrict")
    queue_id = fields.Many2one("crm.call.queue", readonly=True, index="btree_not_null", ondelete="restrict")
    number = fields.Char(readonly=True)
    direction = fields.Selection(const_call.CALL_DIRECTIONS, readonly=True)
    payload = fields.Text(readonly=True, help="As it came.")
    error = fields.Char(readonly=True, help="Why it was refused.")

    _key_uniq = models.UniqueIndex("(COALESCE(system_id, 0), key)", "This event is known already.")
    _error_idx = models.Index("(date_received) WHERE error IS NOT NULL")

    def init(self):
        """The database itself refuses to change an event."""
        super().init()
        if table_exists(self.env.cr, self._table):
            # one function guarded the logs of calls before
            self.env.cr.execute("DROP FUNCTION IF EXISTS crm_call_keep() CASCADE")
            keep(
                self.env.cr,
                self._table,
                "This log is only added to",
                # what a call takes along when it is deleted, and what could not be understood
                delete="pg_trigger_depth() > 1 OR OLD.error IS NOT NULL",
                # an erasure: number and words go, the rest stays as it was
                update="""
                    to_jsonb(NEW) <> to_jsonb(OLD)
                    AND to_jsonb(NEW) = to_jsonb(OLD) || '{"number": null, "payload": null}'
                """,
            )

    def write(self, vals):  # pylint: disable=method-required-super; nobody writes
        """Refused.

        :raises AccessError: always
        """
        raise AccessError(self.env._("What was reported of a call is not changed."))

    @api.autovacuum
    def _gc_refused(self):
        """Refused events go after 90 days: they may hold anything."""
        old = fields.Datetime.subtract(fields.Datetime.now(), days=90)
        self.search([("error", "!=", False), ("date_received", "<", old)], limit=10_000).unlink()
