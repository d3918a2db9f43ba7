import random
from datetime import timedelta, timezone

from odoo import api, fields, models

from ..tools import call_distribution as distribution
from ..tools import call_simulation as simulation

INSERT_EVENTS = (
    "INSERT INTO crm_call_event (call_id, company_id, key, kind, moment, date, date_received, operator_id, "
    "queue_id) VALUES %s"
)
INSERT_CALLS = (
    "INSERT INTO crm_call (external_id, direction, queue_id, value, operator_id, user_id, state, date_started, "
    "date_queued, date_place, place_step, date_answered, date_ended, date_wrapped, wait_seconds, talk_seconds, "
    "wrap_seconds, offers, transfers, outside_hours, create_date, write_date, create_uid, write_uid, outcome_id, "
    "number, number_key, partner_id, commercial_partner_id, company_id) VALUES %s RETURNING id"
)


class CrmCall(models.Model):
    """Simulated days of calls, written in a few statements: for demo databases and for trying out settings."""

    _inherit = "crm.call"

    @api.model
    def _simulate(self, queues, days=14, per_hour=10.0, seed=7):
        """Fill these queues with the calls of the last days, Monday to Friday, answered by their operators.

        The same seed gives the same calls. Nothing is offered, called back or logged: it is history.

        :param queues: ``crm.call.queue`` of one company, with operators
        :param days: how many days back, up to yesterday
        :param per_hour: average number of calls an hour
        :return: number of calls
        """
        operators = queues.member_ids
        if not operators:
            return 0
        chance, company_id = random.Random(seed), queues.company_id.id
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        strangers = [(f"+386 40 555 {number:03}", None, None) for number in range(1000)]
        known = self._simulated_customers()
        outcomes = self.env["crm.call.reason"].search([("kind", "=", "outcome")]).ids
        normal = {number: number.replace(" ", "") for number, *_ids in strangers}
        country = queues.company_id.country_id
        for number, *_ids in known:
            normal[number] = self.env["res.partner"]._crm_phone_normal(number, country) or number
        users = {one.id: one.user_id.id for one in operators}
        demands, rows, log, events = queues._demands(), [], [], []
        for back in range(days, 0, -1):
            day = today - timedelta(days=back)
            if day.weekday() >= 5:
                continue
            people = [
                distribution.Operator(one.id, frozenset(one.queue_ids.ids), one._as_operator(1).skills,
                                      frozenset(one.lang_ids.ids), 1, day + timedelta(hours=8))
                for one in operators
            ]
            callers = simulation.callers(chance, day, per_hour, queues.ids, len(rows) + 1)
            played = simulation.play(callers, people, demands)
            for one in played:
                who = chance.choice(known if known and chance.random() < 0.25 else strangers)
                outcome = chance.choice(outcomes) if outcomes and one.answered else None
                rows.append((*self._simulated_row(one, users), outcome, who[0], normal[who[0]], *who[1:], company_id))
                events.append(_events(one))
            log += _states(day, people, played)
        self._write_simulated(rows, events, log, queues.company_id)
        return len(rows)

    @api.model
    def _simulated_customers(self):
        """Customers who call: (number, id, id of the commercial entity)."""
        partners = self.env["res.partner"].search([("phone", "!=", False)], limit=150, order="id")
        return [(one.phone, one.id, one.commercial_partner_id.id) for one in partners]

    @api.model
    def _simulated_row(self, played, users):
        """Columns of a call as in ``INSERT_CALLS``, up to the outcome."""
        call, operator = played.caller.call, played.operator
        answered, ended, wrapped = played.answered, played.ended, played.wrapped
        return (
            f"simulated-{call.queued:%Y%m%d}-{call.id}",
            "in",
            call.queue,
            0.0,
            operator,
            users.get(operator),
            "ended" if answered else "lost",
            call.queued,
            call.queued,
            call.place,
            distribution.place_step(call.place),
            answered,
            ended,
            wrapped,
            int(((answered or ended) - call.queued).total_seconds()),
            int((ended - answered).total_seconds()) if answered else 0,
            int((wrapped - ended).total_seconds()) if answered else 0,
            1 if answered else 0,
            0,
            False,
            ended,
            ended,
            self.env.uid,
            self.env.uid,
        )

    @api.model
    def _write_simulated(self, rows, events, log, company):
        """Calls, their events and the operators' log, each in one statement."""
        if not rows:
            return
        self.env.flush_all()
        calls = self.env.cr.execute_values(INSERT_CALLS, rows, page_size=len(rows), fetch=True)
        self.env.cr.execute_values(
            INSERT_EVENTS,
            [
                (call_id, company.id, f"{row[0]}:{number}", kind, moment, at, at, operator, queue)
                for (call_id,), row, course in zip(calls, rows, events, strict=True)
                for number, (kind, moment, at, operator, queue) in enumerate(course)
            ],
            page_size=20_000,
        )
        self.env.cr.execute_values(
            "INSERT INTO crm_call_operator_state (operator_id, state, date) VALUES %s", log, page_size=20_000
        )
        self.env.invalidate_all()

    @api.model
    def _simulate_demo(self):
        """Calls of the last weeks for the demo queues, and somebody who waits; once."""
        queues = self.env["crm.call.queue"].search([("member_ids", "!=", False)])
        if self.search_count([("queue_id", "in", queues.ids)], limit=1):
            return
        queues = queues.filtered(lambda queue: queue.company_id == self.env.company)
        self._simulate(queues)
        for queue in queues:
            partners = self.env["res.partner"].search([("phone", "!=", False), ("is_company", "=", False)], limit=2)
            for partner in partners:
                self.env["crm.callback"]._ask(
                    {"queue_id": queue.id, "partner_id": partner.id, "source": "website", "note": "Asks about delivery"}
                )


def _events(played):
    """The events of a simulated call: kind, moment in seconds since 1970, the same as a date, operator, queue."""
    call = played.caller.call
    course = [("queued", call.queued, None, call.queue)]
    if played.answered:
        course += [
            ("ringing", played.answered, played.operator, None),
            ("answered", played.answered, played.operator, None),
            ("ended", played.ended, played.operator, None),
        ]
    else:
        course.append(("lost", played.ended, None, None))
    return [
        (kind, at.replace(tzinfo=timezone.utc).timestamp(), at, operator, queue)
        for kind, at, operator, queue in course
    ]


def _states(day, people, played):
    """The log of the operators on a simulated day: at work from 8:00, offline when the last call is done."""
    log = []
    for person in people:
        mine = sorted((one for one in played if one.operator == person.id), key=lambda one: one.answered)
        log.append((person.id, "available", day + timedelta(hours=8)))
        for one in mine:
            log += [
                (person.id, "on_call", one.answered),
                (person.id, "wrap_up", one.ended),
                (person.id, "available", one.wrapped),
            ]
        evening = day + timedelta(hours=17)
        log.append((person.id, "offline", max([evening, *(one.wrapped for one in mine)])))
    return log
