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
        "calendar.attendee": ["event_id", "partner_id", "state"],
        "calendar.event": ["active", "name", "privacy", "start", "stop", "user_id"],
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
            "date_deadline",
            "date_done",
            "res_id",
            "res_model",
            "summary",
            "user_id",
        ],
        "crm.lead": [
            "active",
            "company_id",
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
    channel = fields.Selection(selection=const.CHANNELS, readonly=True)
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
        message, activity = timeline_sources.message_source, timeline_sources.activity_source
        return {
            "interaction": self._source_interaction(),
            "meeting": self._source_meeting(),
            "message_partner": message(const.SLOT_MESSAGE_PARTNER, "res.partner", "res_partner", note),
            "message_lead": message(const.SLOT_MESSAGE_LEAD, "crm.lead", "crm_lead", note),
            "activity_partner": activity(const.SLOT_ACTIVITY_PARTNER, "res.partner", "res_partner", lang),
            "activity_lead": activity(const.SLOT_ACTIVITY_LEAD, "crm.lead", "crm_lead", lang),
            "activity_interaction": activity(
                const.SLOT_ACTIVITY_INTERACTION, "crm.interaction", "crm_interaction", lang
            ),
            "lead": self._source_lead(),
        }

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
            from_clause=SQL(
                "crm_lead s LEFT JOIN res_partner p ON p.id = s.partner_id "
                "LEFT JOIN res_company c ON c.id = COALESCE(s.company_id, %s)",
                self.env.company.id,
            ),
            columns={
                "partner_id": SQL("s.partner_id"),
                "commercial_partner_id": SQL("p.commercial_partner_id"),
                "date": SQL("s.create_date"),
                "kind": SQL("'lead'"),
                "summary": SQL("s.name"),
                "user_id": SQL("s.user_id"),
                "company_id": SQL("s.company_id"),
                "amount": SQL("s.expected_revenue"),
                "currency_id": SQL("c.currency_id"),
                "active": SQL("s.active OR s.won_status = 'lost'"),
            },
        )

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

    # === ACTIONS === #

    def action_open_source(self):
        """Open the document behind an entry.

        :raises AccessError: when the reader may not see it (any more)
        """
        self.ensure_one()
        source = self.env[self.res_model].browse(self.res_id)
        source.check_access("read")
        return source.get_formview_action()
