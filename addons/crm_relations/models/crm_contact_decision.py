import logging

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.modules.registry import Registry
from odoo.tools import SQL

from .. import const

_logger = logging.getLogger(__name__)


class CrmContactDecision(models.Model):
    """A contact that a rule warned about or refused, or that was made all the same. Only ever added to."""

    _name = "crm.contact.decision"
    _description = "Decision on a Contact"
    _order = "date desc, id desc"
    _log_access = False
    _rec_name = "reasons"

    date = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Asked by", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="set null")
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, index=True, ondelete="set null")
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Commercial Entity", store=True, index=True,
        ondelete="set null",
    )
    channel = fields.Selection(selection=const.CHANNELS, required=True, readonly=True)
    purpose = fields.Selection(selection=const.PURPOSES, required=True, readonly=True)
    date_contact = fields.Datetime(string="Contact At", readonly=True)
    effect = fields.Selection(selection=const.DECISION_EFFECTS, string="Decision", required=True, readonly=True)
    rule_id = fields.Many2one("crm.contact.rule", readonly=True, index="btree_not_null", ondelete="set null")
    reasons = fields.Text(required=True, readonly=True)
    override_reason = fields.Char(string="Why All the Same", readonly=True)
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)

    # === CRUD METHODS === #

    def write(self, vals):  # pylint: disable=method-required-super; nobody writes
        """Refused.

        :raises AccessError: always
        """
        raise AccessError(self.env._("The log of contact decisions is only added to, never changed."))

    # === BUSINESS METHODS === #

    @api.model
    def _log(self, rows):
        """Add rows (values of :meth:`create`), by one statement: a mailing can leave out thousands.

        :param rows: dicts with the same keys
        :return: the entries; in superuser mode, because nobody writes the log by hand
        """
        if not rows:
            return self.sudo()
        rows = [{"date": fields.Datetime.now()} | row for row in rows]
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        names = [name for name in self._fields if self._fields[name].column_type and name in rows[0]]
        created = self.env.execute_query(
            SQL(
                "INSERT INTO crm_contact_decision (commercial_partner_id, %(names)s) "
                "SELECT p.commercial_partner_id, %(values)s FROM unnest(%(arrays)s) AS new(%(names)s) "
                "LEFT JOIN res_partner p ON p.id = new.partner_id RETURNING id",
                names=SQL(", ").join(map(SQL.identifier, names)),
                values=SQL(", ").join(SQL.identifier("new", name) for name in names),
                arrays=SQL(", ").join(
                    SQL(
                        "%s::%s[]",
                        [row[name] or None for row in rows],
                        SQL(self._fields[name].column_type[1].partition("(")[0]),  # a type of PostgreSQL
                    )
                    for name in names
                ),
            )
        )
        self.invalidate_model()
        return self.sudo().browse([row[0] for row in created])

    @api.model
    def _log_whatever_happens(self, rows):
        """Add rows once this transaction has ended: a refusal raises an error, which would take its log away."""
        dbname, cr, written = self.env.cr.dbname, self.env.cr, []

        def add():
            if written:
                return
            written.append(True)
            try:
                with Registry(dbname).cursor() as own:
                    api.Environment(own, SUPERUSER_ID, {})[self._name]._log(rows)
            except psycopg2.IntegrityError:
                # the customer was created in the transaction that was rolled back
                _logger.info("Contact decision on a record that is gone: %s", rows)

        cr.postrollback.add(add)
        cr.postcommit.add(add)

    # === ACTIONS === #

    def action_open_customer(self):
        self.ensure_one()
        return self.partner_id.get_formview_action()
