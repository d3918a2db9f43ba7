"""Ready-made timeline branches for what every Odoo document has: messages and activities.

Both hang on a document by its model name and id, so one function serves the
partner, the opportunity and whatever document another addon brings. Pure: the
caller looks up ids, language and user.
"""

from odoo.tools import SQL

from .timeline import TimelineSource

PEOPLE_TYPES = ("email", "email_outgoing", "comment")
"""Message types by which people talk; the others are written by the system."""

SENT_TYPES = ("sms", "snailmail")
"""Types that are always for the customer, although Odoo files an SMS as a note."""


PARTNER = SQL("res_partner p")
"""The customer and the people of it, for what hangs on the partner itself."""


def message_source(
    slot: int,
    model: str,
    table: str,
    note_subtype_id: int,
    partner_column: str = "partner_id",
    commercial_column: str = "commercial_partner_id",
) -> TimelineSource:
    """What was written to or by the customer on documents of ``model``.

    Internal notes, field changes and notifications stay out: they are no
    contact with the customer. Who may read the document may read its messages,
    as in mail.message itself.

    :param note_subtype_id: id of mail.mt_note, the subtype of internal notes
    :param partner_column: column of ``table`` naming the customer
    :param commercial_column: column of ``table`` naming the customer's commercial entity
    """
    own = model == "res.partner"
    written = SQL(
        "s.message_type IN %s AND s.subtype_id IS NOT NULL AND s.subtype_id <> %s AND s.is_internal IS NOT TRUE",
        PEOPLE_TYPES,
        note_subtype_id or 0,
    )
    # a hashed list of the few employees, not a look-up of each author
    incoming = SQL(
        "s.message_type IN ('email', 'comment') AND (s.author_id IS NULL OR s.author_id NOT IN "
        "(SELECT staff.partner_id FROM res_users staff WHERE staff.share IS NOT TRUE))"
    )
    # tags are cut out of the beginning only: a whole newsletter would cost milliseconds a row
    text = SQL(
        "left(btrim(replace(replace(replace(regexp_replace(left(s.body, 600), '(<[^>]*>|&nbsp;|\\s)+', ' ', 'g'), "
        "'&lt;', '<'), '&gt;', '>'), '&amp;', '&')), 160)"
    )
    return TimelineSource(
        slot=slot,
        model="mail.message",
        documents=PARTNER if own else SQL("%s d", SQL.identifier(table)),
        link=SQL("s.model = %s AND s.res_id = %s", model, SQL("p.id" if own else "d.id")),
        # the first condition is that of the index on the messages of a document
        where=SQL(
            "s.message_type IN %s AND (s.message_type IN %s OR %s)", PEOPLE_TYPES + SENT_TYPES, SENT_TYPES, written
        ),
        rules=(("mail.message", "s"), (model, "p" if own else "d")),
        columns={
            "partner_id": SQL("p.id") if own else SQL("d.%s", SQL.identifier(partner_column)),
            "commercial_partner_id": SQL("p.commercial_partner_id") if own
            else SQL("d.%s", SQL.identifier(commercial_column)),
            "date": SQL("s.date"),
            "kind": SQL("'message'"),
            "summary": SQL("COALESCE(NULLIF(s.subject, ''), %s)", text),
            "direction": SQL("CASE WHEN %s THEN 'in' ELSE 'out' END", incoming),
            "channel": SQL(
                "CASE WHEN s.message_type = 'sms' THEN 'sms' WHEN s.message_type = 'snailmail' THEN 'letter' "
                "WHEN s.message_type = 'comment' AND %s THEN 'web' ELSE 'email' END",
                incoming,
            ),
            "user_id": SQL("CASE WHEN %s THEN NULL ELSE s.create_uid END", incoming),
            "company_id": SQL("p.company_id") if own else SQL("d.company_id"),
        },
    )


def activity_source(slot: int, models: tuple[str, ...], lang: str) -> TimelineSource:
    """Activities on documents of ``models``: done ones when they were done, open ones when they are due.

    The activity carries its customer and its moment (``crm_partner_id``,
    ``crm_date``), so that the branch is one table read in order. One that
    belongs to a meeting is left out, the meeting itself is on the timeline.
    An activity opens its document; on the customer itself, the activity.

    :param lang: language of the reader, for the name of the activity type
    """
    of_type = SQL("FROM mail_activity_type t WHERE t.id = s.activity_type_id")
    category = SQL("(SELECT t.category %s)", of_type)
    own = SQL("s.res_model = 'res.partner'")
    return TimelineSource(
        slot=slot,
        model="mail.activity",
        where=SQL("s.calendar_event_id IS NULL"),
        any_of=tuple((model, SQL("s.res_model = %s", model), SQL("s.res_id")) for model in models),
        columns={
            "partner_id": SQL("s.crm_partner_id"),
            "commercial_partner_id": SQL("s.crm_commercial_partner_id"),
            "date": SQL("s.crm_date"),
            "kind": SQL("'activity'"),
            "summary": SQL(
                "COALESCE(NULLIF(s.summary, ''), (SELECT COALESCE(t.name->>%s, t.name->>'en_US') %s))", lang, of_type
            ),
            "state": SQL("CASE WHEN s.active THEN 'planned' ELSE 'done' END"),
            "direction": SQL("CASE WHEN %s = 'phonecall' THEN 'out' END", category),
            "channel": SQL("CASE %s WHEN 'phonecall' THEN 'phone' WHEN 'meeting' THEN 'meeting' END", category),
            "user_id": SQL("s.user_id"),
            # no company of its own: the company rules of the document decide
            "res_model": SQL("CASE WHEN %s THEN 'mail.activity' ELSE s.res_model END", own),
            "res_id": SQL("CASE WHEN %s THEN s.id ELSE s.res_id END", own),
        },
    )


def meeting_source(slot: int, user_id: SQL, partner_id: SQL, default_privacy: str, busy: str) -> TimelineSource:
    """Meetings by the customers who attend them: one entry per attendee.

    The attendee's id identifies the entry: two customers in one meeting would
    share the event's. A private meeting of others shows as busy, as in the
    calendar.

    :param user_id: the reader, as SQL
    :param partner_id: the partner of the reader, as SQL
    :param default_privacy: privacy of those who set none ('public', 'private', 'confidential')
    :param busy: what stands for the subject of a private meeting
    """
    private = SQL(
        "COALESCE(e.privacy, "
        "(SELECT u.calendar_default_privacy FROM res_users_settings u WHERE u.user_id = e.user_id), %s) = 'private' "
        "AND e.user_id IS DISTINCT FROM %s "
        "AND NOT EXISTS (SELECT FROM calendar_attendee me WHERE me.event_id = e.id AND me.partner_id = %s)",
        default_privacy,
        user_id,
        partner_id,
    )
    return TimelineSource(
        slot=slot,
        model="calendar.attendee",
        from_clause=SQL("calendar_attendee s JOIN calendar_event e ON e.id = s.event_id"),
        # our own people have none: what they attend is not on their timeline
        where=SQL("s.crm_commercial_partner_id IS NOT NULL"),
        rules=(("calendar.attendee", "s"), ("calendar.event", "e")),
        columns={
            "partner_id": SQL("s.partner_id"),
            "commercial_partner_id": SQL("s.crm_commercial_partner_id"),
            "date": SQL("s.crm_date"),
            "kind": SQL("'meeting'"),
            "summary": SQL("CASE WHEN %s THEN %s ELSE e.name END", private, busy),
            "state": SQL(
                "CASE WHEN s.state = 'declined' THEN 'cancelled' WHEN e.stop > (now() AT TIME ZONE 'UTC') "
                "THEN 'planned' ELSE 'done' END"
            ),
            "channel": SQL("'meeting'"),
            "user_id": SQL("e.user_id"),
            "res_model": SQL("'calendar.event'"),
            "res_id": SQL("e.id"),
            "active": SQL("e.active"),
        },
    )
