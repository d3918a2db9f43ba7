import time
import uuid
from datetime import datetime, timezone

from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.exceptions import ConcurrencyError

from ..tools import call_events


class CrmCall(models.Model):
    """From events to what a call is: one writer, which reads all events of the call."""

    _inherit = "crm.call"

    @api.model
    def _start(self, queue, direction="in", number="", **values):
        """A call that did not come from a telephone system: entered by hand, or an attempt of a callback.

        :return: ``crm.call`` in superuser mode
        """
        # sudo: calls are made by this model only; who may start one is checked by the callers
        call = self.sudo().create({"queue_id": queue.id, "direction": direction, "number": number, **values})
        call._record("queued", queue=queue, moment=_epoch(call.date_started))
        return call

    def _record(self, kind, operator=None, queue=None, moment=None):
        """Something happened to these calls here (not in a telephone system).

        :param kind: type of event
        :param moment: seconds since 1970, now
        """
        moment = time.time() if moment is None else moment
        self.env["crm.call.event"].sudo().create(  # sudo: events are made by this model only
            [
                {
                    "call_id": call.id,
                    "system_id": call.system_id.id,
                    "company_id": call.company_id.id,
                    "key": f"here:{uuid.uuid4()}",
                    "kind": kind,
                    "moment": moment,
                    "date": _naive(moment),
                    "operator_id": operator.id if operator else False,
                    "queue_id": queue.id if queue else False,
                }
                for call in self
            ]
        )
        self._fold()

    def _fold(self):
        """Make state, moments and operator of these calls from their events, then bring in line what hangs on them."""
        self._lock()
        # sudo: events are read by this model whoever set it off
        events = self.env["crm.call.event"].sudo()
        by_call = {call.id: [] for call in self}
        for event in events.search([("call_id", "in", self.ids)]):
            by_call[event.call_id.id].append(
                call_events.Event(
                    event.key,
                    event.kind,
                    event.moment,
                    event.operator_id.id or None,
                    event.queue_id.id or None,
                    event.number or "",
                    event.direction or "",
                )
            )
        before = {call: call.operator_id for call in self}
        changed = self.browse()
        for call in self:
            values = call._course_values(call_events.fold(by_call[call.id], call.direction))
            values = {name: value for name, value in values.items() if call._differs(name, value)}
            if values:
                call.write(values)
                changed += call
            if "number" in values:
                call._identify()
        self.env.flush_all()
        operators = changed.operator_id
        for operator in before.values():
            operators |= operator
        operators._follow_calls()
        changed._follow_callbacks()
        changed._notify_operators()

    def _differs(self, name, value):
        current = self[name]
        return value != (current.id if isinstance(current, models.BaseModel) else current)

    def _course_values(self, course):
        """Fields of a call whose course is known."""
        self.ensure_one()
        queue_id = course.queue or self.queue_id.id
        values = {
            "state": course.state,
            "operator_id": course.operator or False,
            "date_ringing": _naive(course.ringing),
            "date_answered": _naive(course.answered),
            "date_ended": _naive(course.ended),
            "transfers": course.transfers,
            "offers": course.offers,
            "queue_id": queue_id,
            "direction": course.direction,
            "number": course.number or self.number,
        }
        queued = self.date_queued
        if course.started is not None and not self.callback_id:
            queued = values["date_started"] = values["date_queued"] = _naive(course.started)
        # an attempt keeps the place of the call before it
        return values | self.env["crm.call.queue"].browse(queue_id)._place(queued)

    def _lock(self):
        self.flush_model()
        self.env.cr.execute("SELECT id FROM crm_call WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(self.ids)])
        self.invalidate_recordset()

    def _notify_operators(self):
        """Tell the operators of these calls at once: their screens open it."""
        for call in self.filtered("operator_id"):
            call.operator_id.user_id._bus_send(
                "crm_call",
                {
                    "id": call.id,
                    "state": call.state,
                    "direction": call.direction,
                    "name": call.name,
                    "number": call.number or "",
                    "queue": call.queue_id.name,
                },
            )

    # === FROM TELEPHONE SYSTEMS === #

    @api.model
    def _take_event(self, system, event):
        """Take one event of a telephone system; one that is known changes nothing.

        :param system: ``crm.call.system`` in superuser mode
        :param event: checked values: key, call, kind, moment, direction, number, queue (record), operator (record),
            payload
        :return: (``crm.call``, whether the event is new)
        :raises ConcurrencyError: when the same is being taken by another transaction; Odoo then repeats the call
        """
        events = self.env["crm.call.event"]
        known = events.search([("system_id", "=", system.id), ("key", "=", event["key"])])
        if known:
            return known.call_id, False
        calls = self.env["crm.call"]
        call = calls.search([("system_id", "=", system.id), ("external_id", "=", event["call"])])
        try:
            with self.env.cr.savepoint():
                call = call or calls.create(
                    {
                        "system_id": system.id,
                        "external_id": event["call"],
                        "direction": event["direction"] or "in",
                        "number": event["number"],
                        "queue_id": (event["queue"] or system.queue_id).id,
                        "date_started": _naive(event["moment"]),
                    }
                )
                events.create(
                    {
                        "call_id": call.id,
                        "system_id": system.id,
                        "company_id": system.company_id.id,
                        "key": event["key"],
                        "kind": event["kind"],
                        "moment": event["moment"],
                        "date": _naive(event["moment"]),
                        "operator_id": event["operator"].id,
                        "queue_id": event["queue"].id,
                        "number": event["number"],
                        "direction": event["direction"] or False,
                        "payload": event["payload"],
                    }
                )
        except UniqueViolation as error:
            raise ConcurrencyError("this call is being reported at this moment") from error
        call._fold()
        return call, True


def _epoch(moment):
    return moment.replace(tzinfo=timezone.utc).timestamp()


def _naive(moment):
    """Naive UTC of a moment in seconds since 1970, to the second as Odoo keeps it."""
    if moment is None:
        return False
    return datetime.fromtimestamp(int(moment), timezone.utc).replace(tzinfo=None)
