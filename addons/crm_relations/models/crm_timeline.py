from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ..tools import timeline


class CrmTimeline(models.Model):
    """Everything that happened with a customer, as one read-only view.

    Nothing is copied: each entry is a row of its source document, read through
    a UNION ALL whose branches come from :meth:`_sources`. What the reader may
    not see is not in the union: a branch is built only with the right to read
    its model, and the record rules of that model become its condition.
    """

    _name = "crm.timeline"
    _description = "Customer Timeline"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "summary"

    partner_id = fields.Many2one("res.partner", string="Person", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    date = fields.Datetime(readonly=True)
    kind = fields.Selection(selection=[], readonly=True)
    summary = fields.Char(readonly=True)
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        readonly=True,
    )
    direction = fields.Selection(
        selection=[
            ("in", "Customer to us"),
            ("out", "Us to customer"),
        ],
        readonly=True,
    )
    channel = fields.Selection(selection="_selection_channel", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(string="Source", model_field="res_model", readonly=True)
    active = fields.Boolean(readonly=True)

    # === THE PORT === #

    @api.model
    def _sources(self):
        """What feeds the timeline; each addon adds its own.

        :return: ``{code: TimelineSource}``
        """
        return {}

    @property
    def _table_query(self):
        sources = self._sources()
        timeline.check_slots(sources)
        branches = []
        for source in sources.values():
            conditions = self._source_conditions(source)
            if conditions is not None:
                table = SQL.identifier(self.env[source.model]._table)
                branches.append(timeline.render_branch(source, table, conditions))
        return timeline.render_union(branches)

    @api.model
    def _source_conditions(self, source):
        """Conditions under which the current user may read entries of a source.

        Only access rights and record rules are known here. Models that decide
        in Python (mail.message, mail.activity) name the documents that decide
        for them in ``source.rules``.

        :return: list of SQL, or ``None`` when nothing of the source may be read
        """
        conditions = []
        if self.env.su:
            return conditions
        for model_name, alias in source.rules:
            model = self.env[model_name]
            if not model.has_access("read"):
                return None
            # rules are written as by the ORM itself: sudo, inactive records included
            model_sudo = model.sudo().with_context(active_test=False)
            rule = self.env["ir.rule"]._compute_domain(model_name, "read")
            rule = Domain(rule).optimize_full(model_sudo)
            if rule.is_false():
                return None
            if rule.is_true():
                continue
            query = Query(self.env, alias, model._table_sql)
            from_clause = query.from_clause
            condition = rule._to_sql(model_sudo, alias, query)
            if query.from_clause != from_clause:
                # the rule joins other tables: keep them out of the branch
                allowed = Query(self.env, model._table, model._table_sql)
                allowed.add_where(rule._to_sql(model_sudo, model._table, allowed))
                condition = SQL("%s IN %s", SQL.identifier(alias, "id"), allowed.subselect())
            conditions.append(condition)
        return conditions

    # === SELECTIONS === #

    @api.model
    def _selection_channel(self):
        return []

    # === ACTIONS === #

    def action_open_source(self):
        """Open the document behind an entry.

        :raises AccessError: when the reader may not see it (any more)
        """
        self.ensure_one()
        source = self.env[self.res_model].browse(self.res_id)
        source.check_access("read")
        return source.get_formview_action()
