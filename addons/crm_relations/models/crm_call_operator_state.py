from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools.sql import table_exists

from .. import const_call
from ..tools.append_only import keep


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
            # what an operator takes along when it is deleted
            keep(self.env.cr, self._table, "This log is only added to", delete="pg_trigger_depth() > 1")

    def write(self, vals):  # pylint: disable=method-required-super; nobody writes
        """Refused.

        :raises AccessError: always
        """
        raise AccessError(self.env._("The log of an operator's states is only added to."))
