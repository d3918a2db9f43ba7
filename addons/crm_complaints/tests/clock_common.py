from datetime import datetime

from odoo import Command
from odoo.tests import freeze_time

from .common import ComplaintsCommon


def at(text):
    return datetime.fromisoformat(text)


class ClockCommon(ComplaintsCommon):
    """One calendar, Monday to Friday 9-12 and 13-17 UTC, and no rules but those a test makes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "UTC",
                "company_id": False,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create({"name": "x", "dayofweek": str(day), "hour_from": a, "hour_to": b, "day_period": p})
                    for day in range(5)
                    for a, b, p in ((9, 12, "morning"), (12, 13, "lunch"), (13, 17, "afternoon"))
                ],
            }
        )
        cls.company.resource_calendar_id = cls.calendar
        cls.rules = cls.env["crm.complaint.clock.rule"]
        cls.rules.search([]).active = False
        cls.team.user_id = cls.lead
        cls.company.complaint_manager_id = cls.admin

    @classmethod
    def _rule(cls, **values):
        values = {"name": "Answer", "kind": "resolution", "stop_event": "responded", "amount": 8, "unit": "hours",
                  **values}  # fmt: skip
        return cls.rules.create(values)

    def _at(self, moment, **values):
        """A complaint logged and received at a moment."""
        with freeze_time(moment):
            complaint = self._complaint(
                date_received=moment, **{"severity": "2_moderate", "team_id": self.team.id, **values}
            )
            complaint.message_unsubscribe(complaint.message_partner_ids.ids)
        return complaint

    def _sweep(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("crm_complaints.ir_cron_clock").method_direct_trigger()
        self.env.invalidate_all()

    def _levels(self, clock):
        return clock.sudo().event_ids.sorted("id").mapped("level")

    def _answer(self, complaint):
        complaint.write({"decision": "upheld", "decision_reason": "r", "response": "<p>a</p>"})
        complaint.action_investigate()
        complaint.action_propose()
