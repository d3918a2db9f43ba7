from odoo import api, fields, models


class CrmCall(models.Model):
    _inherit = "crm.call"

    @api.model
    def _count_waiting(self, queues, now):
        """Who waits in each of these queues: callers on the line, and callbacks that could be made now.

        :return: ``{queue id: {"waiting": callers, "longest": seconds of the first of them, "callbacks": number}}``
        """
        groups = self._read_group(
            [
                ("queue_id", "in", queues.ids),
                ("state", "=", "queued"),
                "|", ("date_due", "=", False), ("date_due", "<=", now),
            ],
            ["queue_id", "direction"],
            ["__count", "date_queued:min"],
        )  # fmt: skip
        found = {queue.id: {"waiting": 0, "longest": 0, "callbacks": 0} for queue in queues}
        for queue, direction, count, first in groups:
            if direction == "in":
                found[queue.id] |= {"waiting": count, "longest": max(0, int((now - first).total_seconds()))}
            else:
                found[queue.id]["callbacks"] = count
        return found

    @api.model
    def _due_attempts(self, queues):
        """Attempts of callbacks of these queues that somebody could make now; what rings already is not among them."""
        now = fields.Datetime.now()
        return self.search(
            [
                ("queue_id", "in", queues.ids),
                ("callback_id", "!=", False),
                ("state", "=", "queued"),
                "|", ("date_due", "=", False), ("date_due", "<=", now),
                "|", ("date_until", "=", False), ("date_until", ">=", now),
            ]
        )  # fmt: skip

    def _follow_callbacks(self):
        """Callbacks that follow from these calls: lost ones are called back, attempts that are over are counted.

        What is reported late is taken into account: a call that turns out to have been answered is not called back.
        """
        for call in self.filtered("callback_id"):
            call.callback_id.sudo()._attempt_over(call)  # sudo: follows from the call
        callbacks = self.env["crm.callback"].sudo()
        for call in self.filtered(lambda one: one.direction == "in"):
            own = callbacks.search([("lost_call_id", "=", call.id)])
            if call._wants_callback():
                if not own:
                    callbacks._ask(call._callback_values())
            elif own and own.state == "waiting" and not own.attempts:
                own.call_ids.unlink()
                own.unlink()

    def _wants_callback(self):
        """Lost calls are called back by themselves; whether a restricted customer is called, a person decides."""
        self.ensure_one()
        partner = self.partner_id.sudo()  # sudo: counts whoever may read the customer
        return bool(
            self.state == "lost"
            and not (partner.crm_restricted or partner.commercial_partner_id.crm_restricted)
            and self.queue_id.callback_lost
            and self.number
            and sum(char.isdigit() for char in self.number) >= 3
            and self.wait_seconds >= self.queue_id.short_seconds
        )

    def _callback_values(self):
        self.ensure_one()
        return {
            "queue_id": self.queue_id.id,
            "partner_id": self.partner_id.id,
            "number": self.number,
            "source": "lost",
            "date_place": self.date_queued,
            "lost_call_id": self.id,
        }
