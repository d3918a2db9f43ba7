from odoo import api, fields, models
from odoo.tools import SQL

#: rows of the queue that one transaction of the worker takes
BATCH = 50_000

#: a document that counts for scores, as a condition on a row of its table
COUNTED = {
    "account_move": "{row}.state = 'posted' AND {row}.move_type IN ('out_invoice', 'out_refund')",
    "sale_order": "{row}.state = 'sale'",
}

#: columns of which a change can change a score
WATCHED = {
    "account_move": (
        "state", "move_type", "commercial_partner_id", "company_id", "invoice_date",
        "amount_untaxed", "amount_untaxed_signed", "currency_id", "reversed_entry_id", "team_id",
    ),
    "sale_order": ("state", "partner_id", "company_id", "date_order", "amount_untaxed", "currency_rate", "team_id"),
    "res_partner": ("commercial_partner_id", "active", "rfm_opt_out", "crm_restricted"),
}  # fmt: skip


class CrmRfmDirty(models.Model):
    """Append-only queue of the contacts whose scores may have changed.

    Fed by triggers of the database, so that whatever changes a document feeds it: posting,
    resetting to draft, credit notes, confirming and cancelling orders, moving a contact to
    another company, merging (which writes in SQL). A row is inserted without any unique
    constraint or foreign key, hence without a lock that another transaction could wait
    for; the worker takes rows away with SKIP LOCKED. Repetitions do no harm.
    """

    _name = "crm.rfm.dirty"
    _description = "Customer to Be Scored Again"
    _order = "id"
    _log_access = False

    # no many2one: its foreign key would lock the contact, and a deleted contact may stay in the queue
    partner_key = fields.Integer("Contact", readonly=True, help="Identifier of a contact")
    company_key = fields.Integer("Company", readonly=True, help="Identifier of the company; empty for all")
    source = fields.Char(readonly=True, help="Documents that changed; empty for all")

    # === BUSINESS METHODS === #

    @api.model
    def _take(self, limit=BATCH):
        """Remove the oldest rows from the queue and return what they say.

        Rows that another transaction is taking are passed over.

        :return: list of distinct ``(contact id, company id or None, source or None)``, and
            the number of rows taken
        :rtype: tuple
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH batch AS MATERIALIZED (  -- else a plan may ask for the batch again and take more than the limit
                    SELECT id FROM crm_rfm_dirty ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED),
                taken AS (
                    DELETE FROM crm_rfm_dirty WHERE id IN (SELECT id FROM batch)
                 RETURNING partner_key, company_key, source)
                SELECT partner_key, company_key, source, count(*) FROM taken GROUP BY 1, 2, 3
                """,
                limit,
            )
        )
        return [row[:3] for row in rows], sum(row[3] for row in rows)

    # === DATABASE === #

    def init(self):
        """Install the triggers after all tables have their columns."""
        self.pool.post_init(self._create_triggers)
        return super().init()

    def _create_triggers(self):
        """Create the triggers; conditions are checked before any procedure is called."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION crm_rfm_dirty_add() RETURNS trigger AS $$
            BEGIN
                IF TG_TABLE_NAME = 'account_move' THEN
                    IF TG_OP <> 'INSERT' AND OLD.commercial_partner_id IS NOT NULL THEN
                        INSERT INTO crm_rfm_dirty (partner_key, company_key, source)
                        VALUES (OLD.commercial_partner_id, OLD.company_id, 'invoice');
                    END IF;
                    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND (OLD.commercial_partner_id, OLD.company_id)
                            IS DISTINCT FROM (NEW.commercial_partner_id, NEW.company_id)) THEN
                        INSERT INTO crm_rfm_dirty (partner_key, company_key, source)
                        VALUES (NEW.commercial_partner_id, NEW.company_id, 'invoice');
                    END IF;
                    -- a credit note may give back the invoice of another customer, or not do so any more
                    -- (OLD and NEW are empty where there is none)
                    IF COALESCE(NEW.reversed_entry_id, OLD.reversed_entry_id) IS NOT NULL THEN
                        INSERT INTO crm_rfm_dirty (partner_key, company_key, source)
                        SELECT i.commercial_partner_id, i.company_id, 'invoice'
                          FROM account_move i
                         WHERE i.id IN (NEW.reversed_entry_id, OLD.reversed_entry_id)
                           AND i.commercial_partner_id
                               <> COALESCE(NEW.commercial_partner_id, OLD.commercial_partner_id);
                    END IF;
                ELSIF TG_TABLE_NAME = 'sale_order' THEN
                    IF TG_OP <> 'INSERT' THEN
                        INSERT INTO crm_rfm_dirty (partner_key, company_key, source)
                        VALUES (OLD.partner_id, OLD.company_id, 'order');
                    END IF;
                    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND (OLD.partner_id, OLD.company_id)
                            IS DISTINCT FROM (NEW.partner_id, NEW.company_id)) THEN
                        INSERT INTO crm_rfm_dirty (partner_key, company_key, source)
                        VALUES (NEW.partner_id, NEW.company_id, 'order');
                    END IF;
                ELSE
                    -- both companies of a contact that moves: documents go along or stay behind
                    INSERT INTO crm_rfm_dirty (partner_key)
                    SELECT DISTINCT key FROM (VALUES (OLD.commercial_partner_id), (NEW.commercial_partner_id)) k (key)
                     WHERE key IS NOT NULL;
                END IF;
                RETURN NULL;
            END $$ LANGUAGE plpgsql;
            """
        )
        for table, columns in WATCHED.items():
            self._create_update_trigger(table, columns)
            if table in COUNTED:
                self._create_trigger(table, "INSERT", COUNTED[table].format(row="NEW"))
                self._create_trigger(table, "DELETE", COUNTED[table].format(row="OLD"))

    def _create_update_trigger(self, table, columns):
        changed = "({old}) IS DISTINCT FROM ({new})".format(
            old=", ".join(f"OLD.{name}" for name in columns), new=", ".join(f"NEW.{name}" for name in columns)
        )
        if table in COUNTED:
            counted = " OR ".join(f"({COUNTED[table].format(row=row)})" for row in ("OLD", "NEW"))
            changed = f"({counted}) AND {changed}"
        else:  # a contact that is being created gets its company by an update
            changed = f"OLD.commercial_partner_id IS NOT NULL AND {changed}"
        self._create_trigger(table, f"UPDATE OF {', '.join(columns)}", changed)

    def _create_trigger(self, table, event, condition):
        """Create one trigger; its text is made of the constants above only."""
        names = SQL.identifier(f"crm_rfm_dirty_{event.split()[0].lower()}"), SQL.identifier(table)
        self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", *names))
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER %s AFTER %s ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION crm_rfm_dirty_add()",
                names[0],
                SQL(event),
                names[1],
                SQL(condition),
            )
        )
