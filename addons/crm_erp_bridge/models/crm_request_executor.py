import logging
import time

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, LockError, UserError
from odoo.tools import SQL

from ..tools import request_plan

_logger = logging.getLogger(__name__)

CHUNK = 25
"""Requests carried out in one transaction; halved while chunks take longer than ``CHUNK_SECONDS``."""
CHUNK_SECONDS = 5
RETRY_LATER = (OperationalError, ConcurrencyError, LockError)
"""Errors that say "at the same time as somebody else": the transaction is repeated, the step has not failed."""


class StepError(Exception):
    """A step could not be carried out.

    :ivar step_ids: the steps of the batch in which it happened
    """

    def __init__(self, step_ids, cause):
        super().__init__(str(cause))
        self.step_ids = step_ids
        self.cause = cause


class CrmRequest(models.Model):
    """Carries out the steps of requests: once, in batches, safe under concurrency and crashes.

    Odoo runs in REPEATABLE READ: after waiting for a lock one still sees the
    old state. So whoever works on a request first changes its row
    (:meth:`_touch`): a second transaction fails with a serialization error, is
    repeated by Odoo, and then sees the step done. Document, done mark and event
    are written in one transaction, so a killed process leaves all or nothing.
    """

    _inherit = "crm.request"

    # === PLANNING === #

    def _plan_steps(self):
        """Write down the steps that apply, for requests that have none yet.

        :raises UserError: for a type without any step for the request
        """
        vals_list = []
        for request_type, requests in self.grouped("type_id").items():
            # sudo: plans are the administrator's, everybody's requests follow them
            for plan in request_type.sudo().plan_ids:
                vals_list += [plan_step_values(request, plan) for request in plan._applies_to(requests)]
        planned = {vals["request_id"] for vals in vals_list}
        for request in self:
            if request.id not in planned:
                raise UserError(
                    self.env._(
                        "The type “%(type)s” plans nothing for %(request)s: add a step to its plan.",
                        type=request.type_id.name,
                        request=request.display_name,
                    )
                )
        # sudo: the ledger is written by the executor only
        self.env["crm.request.step"].sudo().create(vals_list)

    def _ready_keys(self):
        """Keys of the steps of one request that may be carried out now."""
        self.ensure_one()
        if self.phase in ("new", "cancelled"):
            return []
        steps = self.step_ids
        return request_plan.ready_keys(
            {step.key: step.state for step in steps}, {step.key: step._after_keys() for step in steps}
        )

    def _ready_steps(self, lanes=None, forced=()):
        """The steps that may be carried out now without anybody's decision.

        :param lanes: only these; all when left out
        :param forced: ids of steps that somebody starts by hand
        """
        now = fields.Datetime.now()
        ready = self.env["crm.request.step"]
        for request in self:
            keys = set(request._ready_keys())
            ready += request.step_ids.filtered(
                lambda step, keys=keys: step.key in keys
                and (
                    step.id in forced
                    or (
                        step.automatic
                        and (not lanes or step.lane in lanes)
                        and (not step.date_next or step.date_next <= now)
                    )
                )
            )
        return ready

    # === EXECUTION === #

    def _touch(self):
        """Make these requests ours until the end of the transaction; see the class."""
        if self:
            self.env.cr.execute(
                SQL("UPDATE crm_request SET lock_seq = lock_seq + 1 WHERE id IN %s", tuple(self.ids))
            )
            self.invalidate_recordset(["lock_seq"])

    def _run(self, lanes=None, forced=()):
        """Carry out what is ready, in this transaction; what cannot be done is marked failed and spoils nothing else.

        :raises OperationalError: and the like, when somebody else works on the same at this moment
        """
        # sudo: the plan, which only an administrator changes, decides what is done; the ledger keeps who started it
        requests = self.sudo()
        if not requests:
            return
        requests.env.flush_all()
        try:
            # without flushing: precommit hooks (tracking) run once for all steps, at the end
            with requests.env.cr.savepoint(flush=False):
                requests._touch()
                requests._run_ready(lanes, forced)
        except RETRY_LATER:
            raise
        except Exception as error:  # noqa: BLE001  whatever a document refuses is told on its step
            requests.env.cr.clear()
            _logger.info("Batch of %s requests: %s", len(requests), error)
        else:
            return
        if len(requests) > 1:
            middle = len(requests) // 2
            requests[:middle]._run(lanes, forced)
            requests[middle:]._run(lanes, forced)
        else:
            requests._run_one_by_one(lanes, forced)

    def _run_ready(self, lanes, forced):
        """Rounds of the ready steps, each kind as one batch, until nothing is ready."""
        while steps := self._ready_steps(lanes, forced):
            for (kind, _company), batch in steps.grouped(lambda step: (step.kind, step.company_id)).items():
                batch._carry_out(kind)
            forced = ()
        self._update_phase()
        self.env.flush_all()

    def _run_one_by_one(self, lanes, forced):
        """The slow way for a request with a step that fails: what can be done is done, the failing step says why."""
        self._touch()
        while steps := self._ready_steps(lanes, forced):
            forced = ()
            for step in steps:
                step._carry_out_alone()
        self._update_phase()
        self.env.flush_all()

    def _update_phase(self):
        """Write the phase that follows from the steps; tell who is responsible when something failed."""
        now = fields.Datetime.now()
        started = self.filtered(lambda request: request.phase not in ("new", "cancelled"))
        for phase, requests in started.grouped(
            lambda request: request_plan.phase(request.step_ids.mapped("state"))
        ).items():
            changed = requests.filtered(lambda request, phase=phase: request.phase != phase)
            if not changed:
                continue
            changed.write({"phase": phase, "date_done": now if phase == "done" else False})
            if phase == "stuck":
                for request in changed:
                    request._notify_stuck()

    def _notify_stuck(self):
        """One to-do for whoever is responsible, with the reason."""
        self.ensure_one()
        failed = self.step_ids.filtered(lambda step: step.state == "failed")[:1]
        if self.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Stuck at: %(step)s", step=failed.name),
                note=failed.error,
                user_id=self.user_id.id,
            )

    # === SCHEDULED LANES === #

    @api.model
    def _claim(self, lane, limit):
        """Requests with something to do in a lane, locked for us; those that others work on are passed over.

        Those of customers whose data may not be processed wait for a person, who carries out each step by hand.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.id
                  FROM crm_request r
                 WHERE r.phase IN ('in_progress', 'stuck')
                   AND NOT EXISTS (
                        SELECT 1
                          FROM res_partner c
                          JOIN res_partner whole ON whole.id = COALESCE(c.commercial_partner_id, c.id)
                         WHERE c.id = r.partner_id AND (c.crm_restricted OR whole.crm_restricted)
                   )
                   AND EXISTS (
                        SELECT 1
                          FROM crm_request_step s
                         WHERE s.request_id = r.id
                           AND s.state = 'planned'
                           AND s.automatic
                           AND s.lane = %(lane)s
                           AND COALESCE(s.date_next, '-infinity') <= %(now)s
                           AND NOT EXISTS (
                                SELECT 1
                                  FROM crm_request_step p
                                 WHERE p.request_id = r.id
                                   AND p.key = ANY (string_to_array(s.after, ' '))
                                   AND p.state NOT IN ('done', 'skipped')
                           )
                   )
                 ORDER BY r.priority DESC, r.id
                 LIMIT %(limit)s
                   FOR NO KEY UPDATE OF r SKIP LOCKED
                """,
                lane=lane,
                now=fields.Datetime.now(),
                limit=limit,
            )
        )
        return self.browse([request_id for [request_id] in rows])

    @api.model
    def _cron_run(self, lane):
        """Carry out a lane, a chunk in each transaction, until nothing is left or the time is up."""
        size = CHUNK
        conflicts = 0
        before = self.browse()
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=1)
        while True:
            started = time.monotonic()
            try:
                requests = self._claim(lane, size)
                if not requests or requests == before:  # the same again: they wait for something
                    cron._commit_progress(remaining=0)
                    return
                before = requests
                requests._run((lane,))
                requests._wake_lanes(except_lane=lane)
                self.env.cr.flush()
            except RETRY_LATER as error:
                self.env.cr.rollback()
                self.env.transaction.reset()
                conflicts += 1
                _logger.info("Lane %s: %s; trying again", lane, error)
                if conflicts > 5:
                    raise
                continue
            if time.monotonic() - started > CHUNK_SECONDS:
                size = max(1, size // 2)
            if not cron._commit_progress(len(requests), remaining=1):
                return

    def _wake_lanes(self, except_lane=None):
        """Wake the jobs of the lanes in which steps of these requests are ready now."""
        for lane in set(self._ready_steps().mapped("lane")) - {except_lane}:
            for job in self._lane_jobs(lane):
                job._trigger()

    @api.model
    def _lane_jobs(self, lane):
        """The scheduled job of a lane and its copies: each copy is one process more that works in the lane."""
        # sudo: scheduled jobs belong to the administrator
        request = self.sudo()
        job = request.env.ref(f"crm_erp_bridge.ir_cron_request_{lane}", raise_if_not_found=False)
        if not job:
            return request.env["ir.cron"]
        return request.env["ir.cron"].search([("model_id", "=", job.model_id.id), ("code", "=", job.code)])


def plan_step_values(request, plan):
    """Values of the ledger row of one planned step."""
    return {
        "request_id": request.id,
        "plan_id": plan.id,
        "key": plan.code,
        "name": plan.name,
        "sequence": plan.sequence,
        "kind": plan.kind,
        "lane": plan.lane,
        "automatic": plan.automatic,
        "after": " ".join(request_plan.split_keys(plan.after)) or False,
    }


def error_text(env, error):
    """An error in words for whoever has to mend it."""
    cause = getattr(error, "cause", error)
    if isinstance(cause, (UserError, AccessError)):
        return str(cause)
    return env._("Unexpected error (%(kind)s): %(error)s", kind=type(cause).__name__, error=cause)
