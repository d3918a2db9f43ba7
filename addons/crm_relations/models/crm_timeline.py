from odoo import api, fields, models
from odoo.tools import SQL

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

        Statements made of it are kept: it may depend on :meth:`_reader`, on
        :meth:`_sources_key` and on nothing else that can change.

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
        user, partner = self._reader()
        return timeline_sources.meeting_source(
            const.SLOT_MEETING,
            user_id=user,
            partner_id=partner,
            default_privacy=self.env["res.users"]._default_user_calendar_default_privacy() or "public",
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

    # === ACTIONS === #

    def action_open_source(self):
        """Open the document behind an entry.

        :raises AccessError: when the reader may not see it (any more)
        """
        self.ensure_one()
        source = self.env[self.res_model].browse(self.res_id)
        source.check_access("read")
        return source.get_formview_action()
