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


def _document(model: str, table: str, partner_column: str, key: str) -> SQL:
    """JOINs from ``s`` to its document ``d`` and to the customer ``p``."""
    if model == "res.partner":
        return SQL("JOIN res_partner p ON p.id = s.res_id AND s.%s = 'res.partner'", SQL.identifier(key))
    return SQL(
        "JOIN %s d ON d.id = s.res_id AND s.%s = %s JOIN res_partner p ON p.id = d.%s",
        SQL.identifier(table),
        SQL.identifier(key),
        model,
        SQL.identifier(partner_column),
    )


def _document_rule(model: str) -> tuple[str, str]:
    return (model, "p" if model == "res.partner" else "d")


def message_source(
    slot: int,
    model: str,
    table: str,
    note_subtype_id: int,
    partner_column: str = "partner_id",
) -> TimelineSource:
    """What was written to or by the customer on documents of ``model``.

    Internal notes, field changes and notifications stay out: they are no
    contact with the customer. Who may read the document may read its messages,
    as in mail.message itself.

    :param note_subtype_id: id of mail.mt_note, the subtype of internal notes
    :param partner_column: column of ``table`` naming the customer
    """
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
        from_clause=SQL("mail_message s %s", _document(model, table, partner_column, "model")),
        where=SQL("s.message_type IN %s OR %s", SENT_TYPES, written),
        rules=(("mail.message", "s"), _document_rule(model)),
        columns={
            "partner_id": SQL("p.id"),
            "commercial_partner_id": SQL("p.commercial_partner_id"),
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
            "company_id": SQL("p.company_id") if model == "res.partner" else SQL("d.company_id"),
        },
    )


def activity_source(
    slot: int,
    model: str,
    table: str,
    lang: str,
    partner_column: str = "partner_id",
) -> TimelineSource:
    """Activities on documents of ``model``: done ones when they were done, open ones when they are due.

    An activity has a day, not a time: noon keeps that day in all time zones
    but the outermost. One that belongs to a meeting is left out, the meeting
    itself is on the timeline.

    :param lang: language of the reader, for the name of the activity type
    """
    document = SQL("s.id") if model == "res.partner" else SQL("s.res_id")
    return TimelineSource(
        slot=slot,
        model="mail.activity",
        from_clause=SQL(
            "mail_activity s %s LEFT JOIN mail_activity_type t ON t.id = s.activity_type_id",
            _document(model, table, partner_column, "res_model"),
        ),
        where=SQL("s.calendar_event_id IS NULL"),
        rules=(("mail.activity", "s"), _document_rule(model)),
        columns={
            "partner_id": SQL("p.id"),
            "commercial_partner_id": SQL("p.commercial_partner_id"),
            "date": SQL("COALESCE(s.date_done, s.date_deadline)::timestamp + interval '12 hours'"),
            "kind": SQL("'activity'"),
            "summary": SQL("COALESCE(NULLIF(s.summary, ''), t.name->>%s, t.name->>'en_US')", lang),
            "state": SQL("CASE WHEN s.active THEN 'planned' ELSE 'done' END"),
            "direction": SQL("CASE WHEN t.category = 'phonecall' THEN 'out' END"),
            "channel": SQL("CASE t.category WHEN 'phonecall' THEN 'phone' WHEN 'meeting' THEN 'meeting' END"),
            "user_id": SQL("s.user_id"),
            "company_id": SQL("p.company_id") if model == "res.partner" else SQL("d.company_id"),
            "res_model": SQL("'mail.activity'") if model == "res.partner" else SQL("%s", model),
            "res_id": document,
        },
    )


def meeting_source(slot: int, user_id: int, partner_id: int, default_privacy: str, busy: str) -> TimelineSource:
    """Meetings by the customers who attend them: one entry per attendee.

    The attendee's id identifies the entry: two customers in one meeting would
    share the event's. A private meeting of others shows as busy, as in the
    calendar.

    :param user_id: the reader
    :param partner_id: the reader's partner
    :param default_privacy: privacy of those who set none ('public', 'private', 'confidential')
    :param busy: what stands for the subject of a private meeting
    """
    private = SQL(
        "COALESCE(e.privacy, u.calendar_default_privacy, %s) = 'private' AND e.user_id IS DISTINCT FROM %s "
        "AND NOT EXISTS (SELECT FROM calendar_attendee me WHERE me.event_id = e.id AND me.partner_id = %s)",
        default_privacy,
        user_id,
        partner_id,
    )
    return TimelineSource(
        slot=slot,
        model="calendar.attendee",
        from_clause=SQL(
            "calendar_attendee s JOIN calendar_event e ON e.id = s.event_id "
            "JOIN res_partner p ON p.id = s.partner_id AND p.partner_share "
            "LEFT JOIN res_users_settings u ON u.user_id = e.user_id"
        ),
        rules=(("calendar.attendee", "s"), ("calendar.event", "e")),
        columns={
            "partner_id": SQL("s.partner_id"),
            "commercial_partner_id": SQL("p.commercial_partner_id"),
            "date": SQL("e.start"),
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
