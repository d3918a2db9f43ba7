from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.sql import table_exists

#: columns that say nothing beyond the entry itself
ALWAYS_LEFT_OUT = ("create_date", "create_uid", "write_date", "write_uid", "message_main_attachment_id")


class CrmAuditRule(models.Model):
    """Which documents leave a trace in the audit log: a trigger of the database on their table.

    The database sees every change, also one that is made past Odoo. Odoo's own tables of links (who is in which
    group) can be named by ``relation``.
    """

    _name = "crm.audit.rule"
    _description = "Documents in the Audit Log"
    _order = "sequence, id"

    name = fields.Char(compute="_compute_name", store=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Archive it to stop. What was written stays.")
    model_id = fields.Many2one("ir.model", string="Documents", required=True, index=True, ondelete="cascade")
    model = fields.Char(related="model_id.model")
    relation = fields.Char(
        string="Table of Links", help="Of a many-to-many field, such as res_groups_users_rel. Empty: the documents."
    )
    id_column = fields.Char(string="Column of the Document", help="In the table of links.")
    left_out = fields.Char(
        string="Not Written Down", help="Names of fields whose content is not to be kept, separated by commas."
    )

    _rule_uniq = models.UniqueIndex(
        "(model_id, COALESCE(relation, ''))", "There is a rule for these documents already."
    )

    @api.depends("model_id", "relation")
    def _compute_name(self):
        for rule in self:
            rule.name = rule.relation or rule.model_id.name

    # === CONSTRAINTS === #

    @api.constrains("model_id", "relation", "id_column", "left_out")
    def _check_table(self):
        for rule in self:
            table = rule._table_of()
            if not table or not table_exists(self.env.cr, table):
                raise ValidationError(
                    self.env._("“%(name)s” is kept in no table of the database: it cannot be audited.", name=rule.name)
                )
            columns = tools.sql.table_columns(self.env.cr, table)
            names = [*rule._left_out_names(), *([rule.id_column] if rule.relation else [])]
            unknown = [name for name in names if name not in columns]
            if unknown or (rule.relation and not rule.id_column):
                raise ValidationError(
                    self.env._(
                        "Not Written Down, Column of the Document: “%(names)s” is no column of %(table)s.",
                        names=", ".join(unknown),
                        table=table,
                    )
                )

    def _left_out_names(self):
        return [name.strip() for name in (self.left_out or "").split(",") if name.strip()]

    def _table_of(self):
        """Table of a rule; None for models that have none."""
        if self.relation:
            return self.relation
        model = self.env.get(self.model)
        return model._table if model is not None and model._auto and not model._abstract else None

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._sync()
        return rules

    def write(self, vals):
        self._drop()
        result = super().write(vals)
        self._sync()
        return result

    def unlink(self):
        self._drop()
        return super().unlink()

    # === TRIGGERS === #

    def _drop(self):
        for rule in self:
            table = rule._table_of()
            if table and table_exists(self.env.cr, table):
                self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS crm_audit ON %s", SQL.identifier(table)))

    def _sync(self):
        """Give each table of an active rule its trigger."""
        self.flush_recordset()
        self._drop()
        for rule in self.filtered("active"):
            left_out = [*ALWAYS_LEFT_OUT, *rule._left_out_names()]
            self.env.cr.execute(
                SQL(
                    "CREATE TRIGGER crm_audit AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW "
                    "EXECUTE FUNCTION crm_audit_capture(%s, %s, %s)",
                    SQL.identifier(rule._table_of()),
                    rule.model,
                    rule.id_column if rule.relation else "id",
                    f"{{{','.join(left_out)}}}",
                )
            )

    @api.model
    def _set_actor(self):
        """Tell the database who acts, where a row does not say so (deletions, links)."""
        self.env.cr.execute("SELECT set_config('crm.audit_uid', %s, true)", [str(self.env.uid)])
