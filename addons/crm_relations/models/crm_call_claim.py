from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import call_distribution as distribution

BATCH = 500
"""How many of the waiting calls are looked at when calls are offered: the first in the order."""


class CrmCall(models.Model):
    """Who gets which call: taken by an operator ("Next") or offered. The rules are ``tools/call_distribution.py``.

    Rows are locked with SKIP LOCKED: a call that another transaction is giving away is passed over, so nobody waits
    and no call is given twice.
    """

    _inherit = "crm.call"

    @api.model
    def _claim(self, operator):
        """Give an operator the next call.

        :param operator: ``crm.call.operator`` in superuser mode
        :return: ``crm.call`` in superuser mode, empty when nothing waits for this operator
        :raises UserError: when the operator cannot take a call now
        """
        operator._lock()
        if operator.state not in ("available", "on_call"):
            raise UserError(self.env._("Make yourself available first."))
        if operator._load().get(operator.id, 0) >= operator.capacity:
            raise UserError(self.env._("There is a call with you already: end it first."))
        now = fields.Datetime.now()
        self.sudo().flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT c.id FROM crm_call c JOIN crm_call_queue q ON q.id = c.queue_id WHERE %s "
                "ORDER BY c.place_step, c.value DESC, c.date_place, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED",
                self._may_take(operator, now),
            )
        )
        call = self.sudo().browse(row[0] for row in rows)  # sudo: a call that waits is nobody's yet
        if call:
            call.invalidate_recordset()
            call._record("ringing", operator)
        return call

    @api.model
    def _is_due(self, now):
        """Condition: waits, and may be taken now."""
        return SQL(
            "c.state = 'queued' AND (c.date_due IS NULL OR c.date_due <= %(now)s) "
            "AND (c.date_until IS NULL OR c.date_until >= %(now)s)",
            now=now,
        )

    @api.model
    def _may_take(self, operator, now):
        """Condition on call ``c`` of queue ``q``: the operator may have it (``call_distribution.may_take``)."""
        wait = SQL("extract(epoch FROM %s - GREATEST(c.date_queued, c.date_due))::int", now)
        queues = operator.queue_ids.ids
        return SQL(
            """
            %(due)s AND c.company_id = %(company)s
            AND (c.lang_id IS NULL OR c.lang_id = ANY(%(langs)s)
                 OR q.relax_language_after > 0 AND %(wait)s >= q.relax_language_after)
            AND (
                q.fallback_queue_id = ANY(%(queues)s) AND q.fallback_after > 0 AND %(wait)s >= q.fallback_after
                OR c.queue_id = ANY(%(queues)s) AND NOT EXISTS (
                    SELECT FROM crm_call_queue_skill need
                    LEFT JOIN crm_call_operator_skill have
                           ON have.skill_id = need.skill_id AND have.operator_id = %(operator)s
                     WHERE need.queue_id = c.queue_id
                       AND need.level::int - CASE WHEN q.relax_after > 0 THEN %(wait)s / q.relax_after ELSE 0 END
                           > COALESCE(have.level, '0')::int
                )
            )
            """,
            due=self._is_due(now),
            company=operator.company_id.id,
            langs=operator.lang_ids.ids,
            queues=queues,
            operator=operator.id,
            wait=wait,
        )

    # === OFFERED === #

    @api.model
    def _offer_calls(self):
        """Offer what waits to operators who are free. Called when a call comes, an operator gets free, and each minute.

        :return: the calls offered, in superuser mode
        """
        now = fields.Datetime.now()
        calls = self.sudo()._waiting(now)  # sudo: distribution sees all calls and operators, whoever sets it off
        operators = self.env["crm.call.operator"].sudo()._free_operators() if calls else ()
        if not operators:
            return self.sudo().browse()
        queues = calls.queue_id._demands()
        pairs = distribution.plan_offers([call._as_waiting() for call in calls], operators, queues, now)
        for call_id, operator_id in pairs:
            self.sudo().browse(call_id)._record("ringing", self.env["crm.call.operator"].sudo().browse(operator_id))
        return self.sudo().browse([call_id for call_id, _operator in pairs])

    @api.model
    def _waiting(self, now):
        """The first calls in the order that are to be offered, locked."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT c.id FROM crm_call c JOIN crm_call_queue q ON q.id = c.queue_id AND q.distribution = 'auto' "
                "WHERE %s ORDER BY c.place_step, c.value DESC, c.date_place, c.id LIMIT %s "
                "FOR UPDATE OF c SKIP LOCKED",
                self._is_due(now),
                BATCH,
            )
        )
        calls = self.browse([row[0] for row in rows])
        calls.invalidate_recordset()
        return calls

    def _as_waiting(self):
        self.ensure_one()
        return distribution.Call(
            id=self.id,
            queue=self.queue_id.id,
            queued=self.date_queued,
            place=self.date_place,
            value=self.value,
            lang=self.lang_id.id or None,
            not_before=self.date_due or None,
            not_after=self.date_until or None,
        )

    def _return_unanswered(self):
        """Calls that rang too long go on to the next operator; who did not answer gets a break."""
        now = fields.Datetime.now()
        # sudo: the job looks after the calls of all operators
        ringing = self.sudo().search([("state", "=", "ringing"), ("direction", "=", "in")])
        late = ringing.filtered(
            lambda call: call.date_ringing + timedelta(seconds=call.queue_id.ring_seconds) <= now and not call.system_id
        )
        operators = late.operator_id
        for call in late:
            call._record("returned", call.operator_id)
        if late:
            operators._set_state("break", self.env.ref("crm_relations.call_reason_no_answer", False))
        return late

    @api.model
    def _cron_distribute(self):
        """Each minute: what rang too long goes on, callbacks whose window is over are closed, the rest is offered."""
        self._return_unanswered()
        self.env["crm.callback"]._expire()
        self._offer_calls()
