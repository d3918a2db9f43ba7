from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools.sql import table_exists

from .. import const_call


class CrmCallOperatorState(models.Model):
    """What an operator did since when: a log that is only added to. The next entry is the end of the one before."""

    _name = "crm.call.operator.state"
    _description = "Operator's State Log"
    _order = "date desc, id desc"
    _rec_name = "state"
    _log_access = False

    operator_id = fields.Many2one("crm.call.operator", required=True, readonly=True, index=True, ondelete="cascade")
    state = fields.Selection(const_call.OPERATOR_STATES, required=True, readonly=True)
    reason_id = fields.Many2one("crm.call.reason", readonly=True, index="btree_not_null", ondelete="restrict")
    date = fields.Datetime(string="Since", required=True, readonly=True)

    _operator_date_idx = models.Index("(operator_id, date, id)")

    def init(self):
        """The database itself refuses to change an entry."""
        super().init()
        if table_exists(self.env.cr, self._table):
            self.env.cr.execute(
                """
                CREATE OR REPLACE FUNCTION crm_call_keep() RETURNS trigger AS $$
                BEGIN
                    -- what a call or an operator takes along when it is deleted, and what could not be understood
                    IF TG_OP = 'DELETE' AND (pg_trigger_depth() > 1 OR to_jsonb(OLD)->>'error' IS NOT NULL) THEN
                        RETURN OLD;
                    END IF;
                    -- an erasure: number and words go, the rest stays as it was
                    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) <> to_jsonb(OLD)
                       AND to_jsonb(NEW) = to_jsonb(OLD) || '{"number": null, "payload": null}' THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'This log is only added to' USING ERRCODE = 'restrict_violation';
                END $$ LANGUAGE plpgsql;
                DROP TRIGGER IF EXISTS crm_call_keep ON crm_call_operator_state;
                CREATE TRIGGER crm_call_keep BEFORE UPDATE OR DELETE ON crm_call_operator_state
                    FOR EACH ROW EXECUTE FUNCTION crm_call_keep();
                """
            )

    def write(self, vals):  # pylint: disable=method-required-super; nobody writes
        """Refused.

        :raises AccessError: always
        """
        raise AccessError(self.env._("The log of an operator's states is only added to."))
