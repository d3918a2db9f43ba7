from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from .. import const
from ..tools import timeline, timeline_sources


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
    _depends = {
        "crm.interaction": [
            "active",
            "channel",
            "commercial_partner_id",
            "company_id",
            "date",
            "direction",
            "name",
            "person_id",
            "state",
            "user_id",
        ],
        "calendar.attendee": ["crm_commercial_partner_id", "crm_date", "event_id", "partner_id", "state"],
        "calendar.event": ["active", "name", "privacy", "stop", "user_id"],
        "mail.message": [
            "author_id",
            "body",
            "date",
            "is_internal",
            "message_type",
            "model",
            "res_id",
            "subject",
            "subtype_id",
        ],
        "mail.activity": [
            "active",
            "activity_type_id",
            "calendar_event_id",
            "crm_commercial_partner_id",
            "crm_date",
            "crm_partner_id",
            "res_id",
            "res_model",
            "summary",
            "user_id",
        ],
        "crm.lead": [
            "active",
            "company_id",
            "crm_commercial_partner_id",
            "expected_revenue",
            "name",
            "partner_id",
            "type",
            "user_id",
            "won_status",
        ],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id", "company_id", "partner_share"],
    }

    partner_id = fields.Many2one("res.partner", string="Person", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    date = fields.Datetime(readonly=True)
    kind = fields.Selection(
        selection=[
            ("interaction", "Interaction"),
            ("message", "Message"),
            ("meeting", "Meeting"),
            ("activity", "Activity"),
            ("lead", "Opportunity"),
        ],
        readonly=True,
    )
    summary = fields.Char(readonly=True)
    state = fields.Selection(selection=const.STATES, readonly=True)
    direction = fields.Selection(selection=const.DIRECTIONS, string="Initiated by", readonly=True)
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
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note", raise_if_not_found=False)
        lang = self.env.lang or "en_US"
        message = timeline_sources.message_source
        return {
            "interaction": self._source_interaction(),
            "meeting": self._source_meeting(),
            "message_partner": message(const.SLOT_MESSAGE_PARTNER, "res.partner", "res_partner", note),
            "message_lead": message(
                const.SLOT_MESSAGE_LEAD, "crm.lead", "crm_lead", note, commercial_column="crm_commercial_partner_id"
            ),
            "activity": timeline_sources.activity_source(const.SLOT_ACTIVITY, self._activity_models(), lang),
            "lead": self._source_lead(),
        }

    @api.model
    def _activity_models(self):
        """Models whose activities are on the timeline of their customer."""
        return tuple(self.env["mail.activity"]._crm_partner_fields())

    @api.model
    def _selection_channel(self):
        """Channels of all sources; an addon whose documents know others adds them."""
        return list(const.CHANNELS)

    @api.model
    def _source_interaction(self):
        names = ("commercial_partner_id", "date", "state", "direction", "channel", "user_id", "company_id", "active")
        return timeline.TimelineSource(
            slot=const.SLOT_INTERACTION,
            model="crm.interaction",
            columns={name: SQL.identifier("s", name) for name in names}
            | {
                "partner_id": SQL("s.person_id"),
                "kind": SQL("'interaction'"),
                "summary": SQL("s.name"),
            },
        )

    @api.model
    def _source_meeting(self):
        privacy = self.env["res.users"]._default_user_calendar_default_privacy()
        return timeline_sources.meeting_source(
            const.SLOT_MEETING,
            user_id=self.env.uid or 0,
            partner_id=self.env.user.partner_id.id or 0,
            default_privacy=privacy or "public",
            busy=self.env._("Busy"),
        )

    @api.model
    def _source_lead(self):
        """Leads and opportunities on the day they came in; lost ones stay part of the history."""
        return timeline.TimelineSource(
            slot=const.SLOT_LEAD,
            model="crm.lead",
            columns={
                "partner_id": SQL("s.partner_id"),
                "commercial_partner_id": SQL("s.crm_commercial_partner_id"),
                "date": SQL("s.create_date"),
                "kind": SQL("'lead'"),
                "summary": SQL("s.name"),
                "user_id": SQL("s.user_id"),
                "company_id": SQL("s.company_id"),
                "amount": SQL("s.expected_revenue"),
                "currency_id": SQL(
                    "(SELECT c.currency_id FROM res_company c WHERE c.id = COALESCE(s.company_id, %s))",
                    self.env.company.id,
                ),
                "active": SQL("s.active OR s.won_status = 'lost'"),
            },
        )

    @property
    def _table_query(self):
        return timeline.render_union(
            timeline.render_branch(source, table, conditions) for source, table, conditions in self._readable_sources()
        )

    @api.model
    def _readable_sources(self, kinds=None):
        """The sources that the current user may read, with what restricts them.

        :param kinds: only the sources of these kinds of entries
        :return: iterable of (TimelineSource, table as SQL, list of conditions)
        """
        sources = self._sources()
        timeline.check_slots(sources)
        for source in sources.values():
            conditions = self._source_conditions(source) if source.may_yield(kinds) else None
            if conditions is not None:
                yield source, SQL.identifier(self.env[source.model]._table), conditions

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
        for model_name, where in source.rules:
            condition = self._read_condition(model_name, where)
            if condition is None:
                return None
            if condition.code != "TRUE":
                conditions.append(condition)
        alternatives = []
        for model_name, hangs_on, document_id in source.any_of:
            condition = self._read_condition(model_name, document_id)
            if condition is not None:
                alternatives.append(hangs_on if condition.code == "TRUE" else SQL("(%s AND %s)", hangs_on, condition))
        if source.any_of and not alternatives:
            return None
        if alternatives:
            conditions.append(SQL(" OR ").join(alternatives))
        return conditions

    @api.model
    def _read_condition(self, model_name, where):
        """What a row has to satisfy so that the user may read it; ``None`` when there is no such row.

        :param where: alias of the model's table, or SQL giving the id of a document
        """
        model = self.env[model_name]
        if not model.has_access("read"):
            return None
        # rules are written as by the ORM itself: sudo, inactive records included
        model_sudo = model.sudo().with_context(active_test=False)
        rule = Domain(self.env["ir.rule"]._compute_domain(model_name, "read")).optimize_full(model_sudo)
        if rule.is_false():
            return None
        if rule.is_true():
            return SQL("TRUE")
        return self._rule_to_sql(rule, model_sudo, where)

    @api.model
    def _rule_to_sql(self, rule, model, where):
        """A record rule as a condition.

        :param where: alias of the model's table, or SQL giving the id of a document
        """
        if isinstance(where, str):
            query = Query(self.env, where, model._table_sql)
            from_clause = query.from_clause
            condition = rule._to_sql(model, where, query)
            if query.from_clause == from_clause:
                return condition
            # the rule joins other tables: keep them out of the branch
            where = SQL.identifier(where, "id")
        # asked row by row: for IN and EXISTS, PostgreSQL may collect the ids of the whole table first
        allowed = Query(self.env, model._table, model._table_sql)
        allowed.add_where(SQL("%s = %s", SQL.identifier(model._table, "id"), where))
        allowed.add_where(rule._to_sql(model, model._table, allowed))
        return SQL("(%s)", allowed.select(SQL("TRUE")))

    # === ACTIONS === #

    def action_open_source(self):
        """Open the document behind an entry.

        :raises AccessError: when the reader may not see it (any more)
        """
        self.ensure_one()
        source = self.env[self.res_model].browse(self.res_id)
        source.check_access("read")
        return source.get_formview_action()
