from odoo import api, fields, models
from odoo.exceptions import UserError

HISTORY = 8


class CrmCallOperator(models.Model):
    """What an operator sees and does on one screen."""

    _inherit = "crm.call.operator"

    @api.model
    def screen(self):
        """All of the operator's screen, in one call.

        :return: dict; ``{"operator": False}`` for a user who is not an operator here
        """
        operator = self._mine()
        if not operator:
            return {"operator": False}
        calls = self.env["crm.call"].search(
            [
                ("operator_id", "=", operator.id),
                "|",
                ("state", "in", ("ringing", "answered")),
                "&",
                "&",
                ("state", "in", ("ended", "missed")),
                ("date_wrapped", "=", False),
                ("date_ended", ">=", fields.Datetime.subtract(fields.Datetime.now(), hours=12)),
            ],
            order="date_started, id",
        )
        reasons = self.env["crm.call.reason"].search([("kind", "in", ("break", "outcome"))])
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "operator": {
                "id": operator.id,
                "name": operator.name,
                "state": operator.state,
                "label": states[operator.state],
                "reason": operator.reason_id.name or "",
                "since": fields.Datetime.to_string(operator.date_state),
            },
            "breaks": [{"id": one.id, "name": one.name} for one in reasons._for_breaks()],
            "outcomes": [{"id": one.id, "name": one.name} for one in reasons if one.kind == "outcome"],
            "calls": [operator._screen_call(call) for call in calls],
            "queues": operator._screen_queues(),
            "callbacks": operator._screen_callbacks(),
            "recent": operator._screen_recent(),
        }

    def _screen_call(self, call):
        partner = call.partner_id if call.partner_id._filtered_access("read") else call.partner_id.browse()
        states = dict(call._fields["state"]._description_selection(self.env))
        card = partner.crm_360() if partner else []
        return {
            "id": call.id,
            "state": call.state,
            "label": states[call.state],
            "direction": call.direction,
            "number": call.number or "",
            "tel": partner._crm_tel(call.number),
            "queue": call.queue_id.sudo().name,  # sudo: a name
            "waited": call.wait_seconds or int((fields.Datetime.now() - call.date_started).total_seconds()),
            "answered": call.date_answered and fields.Datetime.to_string(call.date_answered),
            "about": call.callback_id.sudo().note or "",  # sudo: the wish behind the operator's own call
            "partner": [partner.id, partner.display_name] if partner else False,
            "candidates": [[one.id, one.display_name] for one in call.candidate_ids._filtered_access("read")],
            "card": card[0] if card else False,
        }

    def _screen_queues(self):
        """The operator's queues: how many callers wait, for how long the first of them, and how many callbacks."""
        # sudo: numbers only; agents do not see calls that are nobody's yet
        queues, calls = self.sudo().queue_ids, self.env["crm.call"].sudo()
        found = calls._count_waiting(queues, fields.Datetime.now())
        return [
            {"id": queue.id, "name": queue.name, "target": queue.target_seconds, **found[queue.id]} for queue in queues
        ]

    def _screen_callbacks(self):
        """Callbacks of the operator's queues that are due, in their order."""
        # sudo: which queues are one's own, and which attempts wait: one that rings or is to be made later is not due
        due = self.env["crm.call"].sudo()._due_attempts(self.sudo().queue_ids)
        callbacks = self.env["crm.callback"].search(
            [("id", "in", due.callback_id.ids), ("state", "=", "waiting")], limit=HISTORY
        )
        return [
            {
                "id": one.id,
                "name": one.name,
                "number": one.number,
                "tel": one.partner_id._crm_tel(one.number),
                "about": one.note or "",
                "attempts": one.attempts,
                "window": one.window,
                "since": fields.Datetime.to_string(one.date_place),
            }
            for one in callbacks
        ]

    def _screen_recent(self):
        """The operator's last calls."""
        calls = self.env["crm.call"].search(
            [("operator_id", "=", self.id), ("date_wrapped", "!=", False)], limit=HISTORY
        )
        return [
            {
                "id": call.id,
                "name": call.name,
                "outcome": call.outcome_id.name or "",
                "talk": call.talk_seconds,
                "date": fields.Datetime.to_string(call.date_started),
            }
            for call in calls
        ]

    @api.model
    def action_next(self):
        """Take the next call.

        :return: id of the call, False when nothing waits
        :raises UserError: when the user is no operator, or cannot take a call now
        """
        operator = self._mine()
        if not operator:
            raise UserError(self.env._("You are not an operator: ask your team lead."))
        operator = operator.sudo()  # sudo: it is the user's own; what may be taken is decided by _claim
        return self.env["crm.call"]._claim(operator).id

    @api.model
    def action_dial(self, number, partner_id=False):
        """An outgoing call of the operator, entered before it is dialled.

        :return: id of the call
        :raises UserError: without a number, a queue, or while another call is going on
        """
        operator = self._mine()
        if not operator or not operator.sudo().queue_ids:
            raise UserError(self.env._("You are not an operator of any queue: ask your team lead."))
        operator = operator.sudo()  # sudo: it is the user's own; operators have no right to write their settings
        operator._lock()
        if operator._load().get(operator.id, 0) >= operator.capacity:
            raise UserError(self.env._("There is a call with you already: end it first."))
        if not any(char.isdigit() for char in number or ""):
            raise UserError(self.env._("“%(number)s” is not a telephone number.", number=number or ""))
        partner = self.env["res.partner"].browse(partner_id or ()).exists()
        partner.check_access("read")
        call = self.env["crm.call"]._start(
            operator.queue_ids[0], "out", str(number)[:100], partner_id=partner.id or False
        )
        call._record("ringing", operator)
        return call.id
