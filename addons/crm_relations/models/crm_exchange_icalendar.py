import datetime

from odoo import api, fields, models
from odoo.tools import html2plaintext, plaintext2html

from ..tools.icalendar import Item

ICALENDAR_MODULE = "__icalendar__"
QUIET = {
    "dont_notify": True,
    "no_mail_to_attendees": True,
    "mail_create_nosubscribe": True,
    "mail_activity_quick_update": True,
}


class CrmExchange(models.AbstractModel):
    _inherit = "crm.exchange"

    # === OUT === #

    @api.model
    def _to_items(self, partners):
        """Meetings with these customers and the open next steps about them, as far as the user may read them."""
        people = self.env["res.partner"].search([("commercial_partner_id", "in", partners.commercial_partner_id.ids)])
        people |= partners
        events = self.env["calendar.event"].search([("partner_ids", "in", people.ids)], order="start, id")
        # private meetings of others show as "busy" elsewhere: they do not leave the house
        events = events.filtered(
            lambda event: event.privacy != "private" or self.env.user.partner_id in event.partner_ids
        )
        interactions = self.env["crm.interaction"].search([("partner_id", "in", people.ids)])
        activities = self.env["mail.activity"].search(
            [
                "|",
                "&",
                ("res_model", "=", "res.partner"),
                ("res_id", "in", people.ids),
                "&",
                ("res_model", "=", "crm.interaction"),
                ("res_id", "in", interactions.ids),
            ],
            order="date_deadline, id",
        )
        return [*self._event_items(events), *self._activity_items(activities)]

    @api.model
    def _event_items(self, events):
        uids = self._uids_of(ICALENDAR_MODULE, events)
        for event in events:
            whole = event.allday
            yield Item(
                uid=uids[event.id],
                summary=event.name or "",
                description=html2plaintext(event.description or "").strip(),
                location=event.location or "",
                start=event.start_date if whole else event.start,
                end=event.stop_date if whole else event.stop,
                attendees=sorted({mail for mail in event.partner_ids.mapped("email_normalized") if mail}),
                organizer=event.user_id.partner_id.email_normalized or "",
            )

    @api.model
    def _activity_items(self, activities):
        uids = self._uids_of(ICALENDAR_MODULE, activities)
        for activity in activities:
            document = self.env[activity.res_model].browse(activity.res_id)
            partner = document if activity.res_model == "res.partner" else document.partner_id
            yield Item(
                kind="VTODO",
                uid=uids[activity.id],
                summary=activity.summary or activity.activity_type_id.name or "",
                description=html2plaintext(activity.note or "").strip(),
                due=activity.date_deadline,
                attendees=[partner.email_normalized] if partner.email_normalized else [],
                organizer=activity.user_id.partner_id.email_normalized or "",
            )

    # === IN === #

    @api.model
    def _find_people(self, mails):
        """Customers by e-mail, whom the user may read: ``{mail: partner}``; the oldest of several."""
        self.env.cr.execute(
            "SELECT email, min(partner_id) FROM crm_partner_key WHERE email IN %s GROUP BY email",
            [tuple(mails) or ("",)],
        )
        found = dict(self.env.cr.fetchall())
        readable = self.env["res.partner"].browse(found.values())._filtered_access("read")
        return {mail: readable.browse(partner_id) for mail, partner_id in found.items() if partner_id in readable._ids}

    @api.model
    def _import_item(self, item, record, people):
        """Create, update or cancel a meeting or a next step with the rights of the user.

        Nobody is invited: no mail goes out.

        :param record: what came with this UID before, or an empty recordset of its model
        :return: ``(record, [reasons in words])``
        :raises ValueError: without a time
        """
        notes = [self._reason(code, str(detail)) for code, detail in item.warnings]
        if item.cancelled:
            if record and item.kind == "VEVENT":
                record.with_context(**QUIET).write({"active": False})
            elif record:
                record.unlink()
            return record, notes
        unknown = [mail for mail in item.attendees if mail not in people]
        if unknown:
            notes.append(self.env._("Not among the customers: %(mails)s", mails=", ".join(unknown)))
        found = self.env["res.partner"].union(*(people[mail] for mail in item.attendees if mail in people))
        if item.kind == "VTODO":
            return self._import_todo(item, record, found), notes
        if item.rrule:
            notes.append(
                self.env._("The series was imported as its first meeting; it repeats by %(rule)s.", rule=item.rrule)
            )
        return self._import_event(item, record, found), notes

    @api.model
    def _import_event(self, item, event, partners):
        if not item.start:
            raise ValueError(self.env._("The meeting has no time."))
        whole = not isinstance(item.start, datetime.datetime)
        values = {
            "name": item.summary or self.env._("Meeting"),
            "description": plaintext2html(item.description) if item.description else False,
            "location": item.location,
            "allday": whole,
            "partner_ids": [(6, 0, (partners | self.env.user.partner_id).ids)],
            **(
                {"start_date": item.start, "stop_date": item.end, "start": item.start, "stop": item.end}
                if whole
                else {"start": item.start, "stop": item.end}
            ),
        }
        event = event.with_context(**QUIET)
        if event:
            # a file names people by their address: who has none, or is out of the user's sight, is not missing in it
            # sudo: all who take part
            everybody = event.sudo().with_context(active_test=False).partner_ids
            seen = everybody.with_env(self.env)._filtered_access("read").filtered("email_normalized")
            values["partner_ids"][0][2].extend((everybody - seen).ids)
            event.write(values)
            return event
        return event.create(values)

    @api.model
    def _import_todo(self, item, activity, partners):
        partner = (partners - self.env.user.partner_id)[:1]
        values = {
            "summary": item.summary or self.env._("Next step"),
            "note": plaintext2html(item.description) if item.description else False,
            "date_deadline": item.due or fields.Date.context_today(self),
        }
        if activity:
            activity.write(values)
            return activity
        values |= {"activity_type_id": self.env.ref("mail.mail_activity_data_todo").id, "user_id": self.env.uid}
        if partner:
            values |= {"res_model_id": self.env["ir.model"]._get_id("res.partner"), "res_id": partner.id}
        return activity.with_context(**QUIET).create(values)
