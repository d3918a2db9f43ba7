from odoo import fields, models
from odoo.tools.sql import table_exists

from ..tools import audit_sql
from ..tools.append_only import keep


class CrmAuditPayload(models.Model):
    """What an entry of the audit log says has changed: ``{column: [before, after]}``. Can be emptied, never changed."""

    _name = "crm.audit.payload"
    _description = "Content of an Entry of the Audit Log"
    _log_access = False

    entry_id = fields.Many2one("crm.audit.entry", required=True, readonly=True, index=True, ondelete="restrict")
    salt = fields.Char(required=True, readonly=True)
    changes = fields.Json(readonly=True)

    _entry_uniq = models.Constraint("UNIQUE(entry_id)", "An entry has one content.")

    def init(self):
        """The database writes the log and keeps it: functions and guards, made anew at each update."""
        super().init()
        if table_exists(self.env.cr, "crm_audit_entry") and table_exists(self.env.cr, self._table):
            self.env.cr.execute(audit_sql.FUNCTIONS)
            keep(self.env.cr, "crm_audit_entry", audit_sql.KEPT, update=audit_sql.ENTRY_MAY_CHANGE)
            keep(self.env.cr, self._table, audit_sql.KEPT, update=audit_sql.PAYLOAD_MAY_CHANGE)
