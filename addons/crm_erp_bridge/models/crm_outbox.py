import uuid

from odoo import api, fields, models
from odoo.tools import SQL


class CrmOutbox(models.Model):
    """What other systems are told, written in the transaction of what happened; never changed, never deleted.

    A subscriber reads the events in the order of their transactions and only up to the oldest transaction still open:
    an event that is committed late is never passed over. That needs the number of the transaction beside the row,
    which the database fills in.
    """

    _name = "crm.outbox"
    _description = "Event for Other Systems"
    _order = "id desc"
    _rec_name = "event_id"

    event_id = fields.Char(required=True, readonly=True, default=lambda self: str(uuid.uuid4()), copy=False)
    key = fields.Char(required=True, readonly=True, copy=False, help="What happened; it is told once.")
    type = fields.Char(required=True, readonly=True)
    subject = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    data = fields.Json(readonly=True)

    _key_uniq = models.UniqueIndex("(key)", "This event has been written already.")

    def init(self):
        super().init()
        self.env.cr.execute(
            SQL(
                """
                ALTER TABLE crm_outbox ADD COLUMN IF NOT EXISTS txid xid8 NOT NULL DEFAULT pg_current_xact_id();
                CREATE INDEX IF NOT EXISTS crm_outbox_txid_idx ON crm_outbox (company_id, txid, id)
                """
            )
        )

    @api.model
    def _horizon(self):
        """Transaction number below which everything of this database is committed or rolled back.

        A snapshot names the running transactions of the whole server; those of other databases write no events here
        and must not hold them up. One that cannot be told to be foreign (finished meanwhile, prepared) counts as ours:
        then events wait for the next round, and none is passed over.
        """
        return SQL(
            """
            COALESCE(
                (SELECT running FROM pg_snapshot_xip(pg_current_snapshot()) AS running
                  WHERE NOT EXISTS (
                    SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                     WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
                       AND l.transactionid = (running::text::numeric %% 4294967296)::text::xid
                       AND a.datname <> current_database())
                  ORDER BY running LIMIT 1),
                pg_snapshot_xmax(pg_current_snapshot()))
            """
        )

    def _position(self):
        """Where the event stands in the order of delivery: (transaction as text, id)."""
        self.ensure_one()
        [(txid,)] = self.env.execute_query(SQL("SELECT txid::text FROM crm_outbox WHERE id = %s", self.id))
        return txid, self.id
