import logging
import time

from odoo import api, models

from ..tools import call_intake

_logger = logging.getLogger(__name__)

AHEAD = 3600
"""Seconds by which the clock of a telephone system may be ahead of ours."""


class CrmCallEvent(models.Model):
    """Taking what telephone systems send: each event by itself, the good ones whatever is wrong with others."""

    _inherit = "crm.call.event"

    @api.model
    def _take_all(self, system, events):
        """Take events that were signed by ``system``.

        :param system: ``crm.call.system`` in superuser mode
        :param events: as they came, not checked yet
        :return: for each, in order: ``{"event_id", "status": "taken" | "known" | "refused", "message"}``
        """
        taker = self.sudo().with_company(system.company_id)  # sudo: the sender has no user; see the controller
        results, calls = [], self.env["crm.call"].sudo().browse()
        for event in events:
            try:
                call, new = taker._take(system, event)
            except call_intake.Invalid as error:
                results.append(taker._keep_refused(system, event, str(error)))
            else:
                calls |= call
                results.append({"event_id": str(event["event_id"]), "status": "taken" if new else "known"})
        if calls.filtered(lambda call: call.state == "queued"):
            taker.env["crm.call"]._offer_calls()
        return results

    @api.model
    def _take(self, system, event):
        report = call_intake.read_event(event)
        if report.moment > time.time() + AHEAD:
            raise call_intake.Invalid("“time” lies in the future.")
        known = self.search([("system_id", "=", system.id), ("key", "=", report.key)])
        # emptied by an erasure: what it said is not to come back
        if known and known.payload and known.payload != report.payload:
            raise call_intake.Invalid("Another event was sent with this “event_id” before.")
        return self.env["crm.call"]._take_event(
            system,
            {
                "key": report.key,
                "call": report.call,
                "kind": report.kind,
                "moment": report.moment,
                "direction": report.direction,
                "number": report.number,
                "queue": self._queue_of(system, report),
                "operator": self._operator_of(system, report),
                "payload": report.payload,
            },
        )

    @api.model
    def _queue_of(self, system, report):
        queues = self.env["crm.call.queue"]
        if report.line:
            queues = queues.search([("line", "=", report.line), ("company_id", "=", system.company_id.id)])
            if not queues and not system.queue_id:
                raise call_intake.Invalid("“line” belongs to no queue.")
        elif not system.queue_id:
            known = self.env["crm.call"].search(
                [("system_id", "=", system.id), ("external_id", "=", report.call)], limit=1
            )
            if not known:
                raise call_intake.Invalid("“line” is missing: this telephone system has no queue of its own.")
        return queues

    @api.model
    def _operator_of(self, system, report):
        operators = self.env["crm.call.operator"]
        if not report.extension:
            return operators
        operators = operators.search(
            [("extension", "=", report.extension), ("company_id", "=", system.company_id.id)], limit=1
        )
        if not operators:
            raise call_intake.Invalid("“extension” belongs to no operator.")
        return operators

    @api.model
    def _keep_refused(self, system, event, message):
        """Keep an event that could not be understood, once, with what was wrong."""
        message = call_intake.storable(message)
        _logger.warning("Telephone system %s: event refused: %s", system.code, message)
        key = call_intake.refused_key(event)
        if not self.search_count([("system_id", "=", system.id), ("key", "=", key)]):
            self.create(
                {
                    "system_id": system.id,
                    "company_id": system.company_id.id,
                    "key": key,
                    "payload": call_intake.canonical(event),
                    "error": message,
                }
            )
        named = event.get("event_id") if isinstance(event, dict) else None
        return {"event_id": str(named)[:100] if named else None, "status": "refused", "message": message}
