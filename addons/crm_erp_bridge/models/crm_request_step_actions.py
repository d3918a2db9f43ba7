from odoo import models
from odoo.exceptions import UserError

from ..tools import request_plan


class CrmRequestStep(models.Model):
    """What people do about a step by hand; each is written into the history of the request."""

    _inherit = "crm.request.step"

    def _by_hand(self, states, what):
        """Check that the user may act on the step, and make its request ours.

        :param states: the states in which it may be done
        :return: the step in superuser mode: the ledger is written by the executor only
        :raises UserError: when the step is in another state
        """
        self.ensure_one()
        self.request_id.check_access("write")
        self.request_id._touch()
        if self.state not in states or self.request_id.phase in ("new", "cancelled"):
            raise UserError(
                self.env._(
                    "“%(step)s” is %(state)s: it cannot be %(what)s.",
                    step=self.name,
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state].lower(),
                    what=what,
                )
            )
        return self.sudo()

    def _note(self, body):
        """Record on the request what a person did."""
        self.request_id.message_post(
            body=body, subtype_xmlid="mail.mt_note", author_id=self.env.user.partner_id.id
        )

    def _go_on(self):
        """Carry on with the request after a step has changed."""
        requests = self.request_id.sudo()  # sudo: the following steps are the engine's
        requests._update_phase()
        requests._run()
        requests._wake_lanes()
        return True

    def action_do(self):
        """Start a step that waits for somebody's decision.

        :raises UserError: when its predecessors are not finished
        """
        step = self._by_hand({"planned"}, self.env._("started"))
        if step.key not in step.request_id._ready_keys():
            raise UserError(self.env._("“%(step)s” comes later: other steps must be finished first.", step=self.name))
        step.date_next = False
        step.request_id._run(forced=step.ids)
        if step.state == "done":
            self._note(self.env._("Step started by hand: %(step)s", step=self.name))
        step.request_id._wake_lanes()
        return True

    def action_done(self):
        """Note that a person has done what the step asks for."""
        step = self._by_hand({"started"}, self.env._("done"))
        if step.kind != "manual":
            raise UserError(self.env._("“%(step)s” is done when its task is closed.", step=self.name))
        activity = step._get_documents().get(step.id)
        step._finish_work()
        if activity and activity.active:
            activity.with_context(crm_request_running=True).action_feedback()
        return True

    def action_retry(self):
        """Try a failed step once more."""
        step = self._by_hand({"failed"}, self.env._("tried again"))
        step.write({"state": "planned", "error": False, "date_next": False})
        self._note(self.env._("Step tried again: %(step)s", step=self.name))
        return step._go_on()

    def action_retry_all(self):
        """Try the failed ones among the selected steps once more."""
        for step in self.filtered(lambda step: step.state == "failed"):
            step.action_retry()
        return True

    def action_skip(self):
        """Go on without the step; what it has made stays as it is."""
        step = self._by_hand({"planned", "started", "failed"}, self.env._("skipped"))
        step.write({"state": "skipped", "date_next": False, "user_id": self.env.uid})
        activity = step._get_documents().get(step.id) if step.res_model == "mail.activity" else None
        if activity:
            activity.unlink()
        self._note(self.env._("Step skipped: %(step)s", step=self.name))
        return step._go_on()

    def action_recreate(self):
        """Make again what was deleted or cancelled, and all that came of it.

        The steps get successors with keys of their own; the old rows stay in the ledger as replaced.

        :raises UserError: when a document of the step or of a later one is still alive: it would exist twice
        """
        step = self._by_hand({"done", "started", "failed"}, self.env._("made again"))
        request = step.request_id
        current = request.step_ids.filtered(lambda other: other.state not in ("replaced", "cancelled"))
        later = request_plan.followers(step.key, {other.key: other._after_keys() for other in current})
        again = current.filtered(lambda other: other == step or (other.key in later and other.state != "planned"))
        documents = again._get_documents()
        alive = again.filtered(lambda other: other.res_id and not self._is_void(documents.get(other.id)))
        if alive:
            raise UserError(
                self.env._(
                    "%(document)s still exists: cancel it first, so that nothing is there twice.",
                    document=alive[0].document_name,
                )
            )
        again._replace(current)
        self._note(self.env._("Step made again: %(step)s", step=self.name))
        return step._go_on()

    def _replace(self, current):
        """New planned rows in place of these; whoever waited for the old key waits for the new one."""
        taken = self.request_id.step_ids.mapped("key")
        renamed = {step.key: request_plan.next_generation(step.key, taken) for step in self}
        vals_list = [
            values | {"key": renamed[values["key"]], "after": rename_keys(values["after"], renamed)}
            for values in self.read(["key", "name", "sequence", "kind", "lane", "automatic", "after"], load=None)
        ]
        for values, step in zip(vals_list, self, strict=True):
            values |= {"request_id": step.request_id.id, "plan_id": step.plan_id.id}
            values.pop("id")
        for step in current - self:
            if step.after:
                step.after = rename_keys(step.after, renamed)
        self.write({"state": "replaced", "date_next": False})
        return self.create(vals_list)

    def _finish_work(self):
        """People have finished their steps: mark them done and wake what comes next."""
        requests = self.request_id
        requests._touch()
        self._mark_done({})
        requests._update_phase()
        requests._wake_lanes()

    def _task_ended(self, state):
        """The task of these steps was closed by whoever did it, or dropped."""
        if state == "1_done":
            self._finish_work()
            return
        requests = self.request_id
        requests._touch()
        self.write({"state": "failed", "error": self.env._("The task was cancelled: make it again, or skip the step.")})
        requests._update_phase()


def rename_keys(after, renamed):
    """
    >>> rename_keys("a b", {"a": "a#2"})
    'a#2 b'
    """
    return " ".join(renamed.get(key, key) for key in request_plan.split_keys(after)) or False
