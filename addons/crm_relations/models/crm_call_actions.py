from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CrmCall(models.Model):
    """What operators do with a call that is theirs."""

    _inherit = "crm.call"

    def _check_my_call(self):
        """:return: the call in superuser mode: operators have no right to write calls, only these steps
        :raises AccessError: when the call is somebody else's
        """
        self.ensure_one()
        self.check_access("read")
        self.env["crm.call.operator"]._check_works_here()
        # sudo: whose call it is, to say no to everybody else
        call = self.sudo()
        call._lock()
        if call.user_id != self.env.user:
            raise AccessError(self.env._("This call is not with you (any more)."))
        return call

    def action_answer(self):
        """The call is answered: by us, or by the customer whom we call.

        :raises UserError: when it does not ring any more
        """
        call = self._check_my_call()
        if call.state == "answered":
            return
        if call.state != "ringing":
            raise UserError(self.env._("This call does not ring any more."))
        call._record("answered", call.operator_id)

    def action_end(self):
        """The conversation is over; a customer whom we called and who did not answer was not reached."""
        call = self._check_my_call()
        if call.state == "ringing" and call.direction == "in":
            raise UserError(self.env._("Answer the call, or leave it to somebody else."))
        if call.state in ("ringing", "answered"):
            call._record("ended", call.operator_id)

    def action_return(self):
        """Give a call that rings back to the queue, where it keeps its place; the operator has a break."""
        call = self._check_my_call()
        if call.state != "ringing":
            raise UserError(self.env._("This call does not ring any more."))
        operator = call.operator_id
        call._record("returned", operator)
        operator._set_state("break")
        call._offer_calls()

    def action_choose_partner(self, partner_id):
        """Say who it is, when several customers share the number or nobody has it."""
        call = self._check_my_call()
        partner = self.env["res.partner"].browse(partner_id).exists()
        partner.check_access("read")
        if not partner:
            raise UserError(self.env._("This customer does not exist any more."))
        if call.interaction_id:
            raise UserError(self.env._("The call has been logged already: correct the contact instead."))
        call.write({"partner_id": partner.id, "candidate_ids": [(5,)]})

    def action_wrap_up(self, outcome_id=False, note="", log=True, available=True):
        """Finish the call: note what came of it, log it as a contact, and be free for the next one.

        A second click changes nothing.

        :param outcome_id: id of ``crm.call.reason``
        :param note: in a few words
        :param log: log a contact with the customer
        :param available: take the next call; else a break
        :return: id of the contact, False when none was logged
        :raises UserError: when the conversation goes on, or it is not known with whom it was
        """
        call = self._check_my_call()
        if call.state in ("queued", "ringing", "answered"):
            raise UserError(self.env._("The call is not over yet: end it first."))
        if call.date_wrapped:
            return call.interaction_id.id
        outcome = self.env["crm.call.reason"].browse(outcome_id or ()).exists()
        if outcome and outcome.kind != "outcome":
            raise UserError(self.env._("“%(reason)s” is not the outcome of a call.", reason=outcome.name))
        note = (note or "").strip()[:10_000]
        interaction = self.env["crm.interaction"]
        if log:
            if not call.partner_id:
                raise UserError(self.env._("Please choose the customer first, or finish without logging."))
            interaction = self._log_contact(call, outcome, note)
        call.write(
            {"outcome_id": outcome.id, "interaction_id": interaction.id, "date_wrapped": fields.Datetime.now()}
        )
        operator = call.operator_id
        operator._lock()
        if operator.state in ("wrap_up", "available", "break"):
            operator._set_state("available" if available else "break")
        if available:
            call._offer_calls()
        return interaction.id

    @api.model
    def _log_contact(self, call, outcome, note):
        """The contact made of a call, once; with the rights of the operator.

        :return: ``crm.interaction``
        """
        words = note or outcome.name or self.env._("Telephone call")
        values = self.env["crm.interaction"]._party_values(call.partner_id) | {
            "origin_key": f"crm.call,{call.id}",
            "direction": call.direction,
            "channel": "phone",
            "date": (call.date_answered or call.date_started).replace(second=0),
            "duration": -(-call.talk_seconds // 60),
            "outcome": words,
            "user_id": self.env.uid,
            "state": "done",
        }
        if call.direction == "out":
            values |= {
                "objective": call.callback_id.note or self.env._("Call back"),
                "purpose": "service",
                "result": "reached" if call.date_answered else "no_answer",
            }
        created, known = self.env["crm.interaction"]._create_once([values])
        # sudo: nobody has the right to write a call; checked by the callers
        return created or known.sudo(False)
