from datetime import datetime, time

import pytz

from odoo import api, fields, models

from .. import const_call
from .crm_call_report import RATIOS

COUNTS = ("offered", "answered", "answered_in", "lost", "lost_short", "judged_7", "judged_30")
MEASURES = (*RATIOS, *COUNTS)


class CrmCallQueue(models.Model):
    """The board on the wall: how it stands now, and how the day went so far."""

    _inherit = "crm.call.queue"

    @api.model
    def _watched(self):
        """Queues that the user may watch: those led; for managers and auditors all."""
        self.env["crm.call.report"].check_access("read")
        user = self.env.user
        if user.has_groups("crm_relations.group_manager,crm_relations.group_auditor"):
            return self.search([("company_id", "in", self.env.companies.ids)])
        return self.search([("lead_ids", "in", user.ids)])

    @api.model
    def wallboard(self):
        """All of the board, in a few queries whatever the number of queues.

        :return: dict: ``queues`` (waiting, longest, callbacks, operators, figures of today), ``total``, ``definitions``
        :raises AccessError: for whoever may not see reports of calls
        """
        queues = self._watched()
        now = fields.Datetime.now()
        today = self._since_midnight()
        figures = self._figures(queues, today)
        # solved at first contact is known only after some days: those before them
        month = fields.Datetime.subtract(now, days=60)
        solved = self._figures(queues, month)
        # sudo: numbers of the queues watched
        waiting = self.env["crm.call"].sudo()._count_waiting(queues, now)
        talking, people = queues._board_talking(), queues._board_operators()
        rows = []
        for queue in queues:
            numbers = figures.get(queue.id, dict.fromkeys(MEASURES))
            later = solved.get(queue.id, {})
            rows.append(
                {
                    "id": queue.id,
                    "name": queue.name,
                    "target_seconds": queue.target_seconds,
                    "target_percent": queue.target_percent,
                    **waiting[queue.id],
                    "talking": talking.get(queue.id, 0),
                    "operators": people.get(queue.id, {}),
                    "figures": numbers | {name: later.get(name) for name in ("fcr_7", "fcr_30")},
                }
            )
        return {
            "now": fields.Datetime.to_string(now),
            "since": fields.Datetime.to_string(today),
            "queues": rows,
            "occupancy": self._board_occupancy(queues, today),
            "states": dict(self.env["crm.call.operator"]._fields["state"]._description_selection(self.env)),
        }

    @api.model
    def _since_midnight(self):
        zone = pytz.timezone(self.env.user.tz or "UTC")
        today = datetime.now(zone).date()
        return zone.localize(datetime.combine(today, time())).astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _figures(self, queues, since):
        """Figures of the calls that came since a moment, by queue."""
        report = self.env["crm.call.report"]
        groups = report._read_group(
            [("queue_id", "in", queues.ids), ("date", ">=", since)],
            ["queue_id"],
            [*(f"{name}:avg" for name in RATIOS), *(f"{name}:sum" for name in COUNTS)],
        )
        found = {}
        for queue, *values in groups:
            numbers = {name: float(value or 0.0) for name, value in zip(MEASURES, values, strict=True)}
            # a ratio of nothing is no figure: neither 0 nor 100 %
            found[queue.id] = numbers | {
                name: None
                for name, (_top, bottom, _factor) in RATIOS.items()
                if not any(numbers[count] for count in bottom.split() if count in COUNTS)
            }
        return found

    def _board_talking(self):
        # sudo: numbers of the queues watched
        groups = self.env["crm.call"].sudo()._read_group(
            [("queue_id", "in", self.ids), ("state", "in", const_call.WITH_OPERATOR)], ["queue_id"], ["__count"]
        )
        return {queue.id: count for queue, count in groups}

    def _board_operators(self):
        """How many operators of each queue are in each state."""
        # sudo: numbers of the queues watched
        groups = self.env["crm.call.operator"].sudo()._read_group(
            [("queue_ids", "in", self.ids)], ["queue_ids", "state"], ["__count"]
        )
        found = {}
        for queue, state, count in groups:
            found.setdefault(queue.id, {})[state] = count
        return found

    @api.model
    def _board_occupancy(self, queues, since):
        """Occupancy of the operators of these queues since a moment, in percent; None before anybody worked."""
        ((occupancy,),) = self.env["crm.call.load"]._read_group(
            [("operator_id.queue_ids", "in", queues.ids), ("date", ">=", since)], [], ["occupancy:avg"]
        )
        return None if occupancy is None else float(occupancy)
