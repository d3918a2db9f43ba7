from datetime import timedelta

import pytz
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import ConcurrencyError, UserError, ValidationError
from odoo.tools import format_datetime

from .. import const_call


class CrmCallback(models.Model):
    """A customer waits to be called: asked for, or lost while waiting. It keeps the place it had.

    Each attempt is an outgoing call (``crm.call``) that waits in the queue with the place of the callback, so operators
    get it by the same rules as the calls that come in.
    """

    _name = "crm.callback"
    _description = "Callback"
    _inherit = ["mail.thread"]
    _order = "date_place, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    queue_id = fields.Many2one(
        "crm.call.queue", required=True, index=True, ondelete="restrict", check_company=True,
        default=lambda self: self._default_queue(),
    )  # fmt: skip
    company_id = fields.Many2one(related="queue_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", string="Customer", index="btree_not_null", ondelete="restrict")
    number = fields.Char(
        string="Telephone Number", compute="_compute_number", store=True, readonly=False, precompute=True, required=True
    )
    number_key = fields.Char(compute="_compute_number_key", store=True, precompute=True)
    source = fields.Selection(const_call.CALLBACK_SOURCES, required=True, default="agent", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Taken Down by", default=lambda self: self.env.user, readonly=True, index=True
    )
    note = fields.Char(string="About", help="What the customer wants to talk about.")
    state = fields.Selection(
        const_call.CALLBACK_STATES, required=True, default="waiting", readonly=True, copy=False, tracking=True
    )
    date_place = fields.Datetime(
        string="Place", required=True, default=fields.Datetime.now, readonly=True, copy=False,
        help="Since when the customer waits: the place in the queue.",
    )  # fmt: skip
    date_from = fields.Datetime(string="From", copy=False, tracking=True, help="Empty: as soon as possible.")
    date_until = fields.Datetime(string="Until", copy=False, tracking=True, help="Empty: without limit.")
    tz = fields.Selection(
        _tz_get, string="Customer's Time Zone", compute="_compute_tz", store=True, readonly=False, precompute=True
    )
    window = fields.Char(string="When", compute="_compute_window", help="On the customer's clock.")
    progress = fields.Char(string="Next Attempt", compute="_compute_progress", help="Who is calling now, or when.")
    attempts = fields.Integer(readonly=True, copy=False)
    lost_call_id = fields.Many2one("crm.call", readonly=True, copy=False, ondelete="cascade")
    call_ids = fields.One2many("crm.call", "callback_id", string="Attempts Made")
    date_closed = fields.Datetime(readonly=True, copy=False)

    _lost_call_uniq = models.UniqueIndex("(lost_call_id) WHERE lost_call_id IS NOT NULL", "It is called back already.")
    _open_uniq = models.UniqueIndex(
        "(queue_id, number_key) WHERE state = 'waiting'",
        "This number waits for a call back in this queue already; it keeps its place.",
    )
    _check_window = models.Constraint(
        "CHECK (date_until IS NULL OR date_from IS NULL OR date_until > date_from)",
        "“Until” has to be later than “From”.",
    )

    @api.model
    def _default_queue(self):
        # sudo: which queue is the first; its settings are for team leads
        return self.env["crm.call.queue"].sudo().search([("company_id", "=", self.env.company.id)], limit=1)

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "number")
    def _compute_name(self):
        for callback in self:
            callback.name = callback.partner_id.display_name or callback.number

    @api.depends("partner_id")
    def _compute_number(self):
        for callback in self:
            callback.number = callback.number or callback.partner_id.phone

    @api.depends("number", "queue_id")
    def _compute_number_key(self):
        for callback in self:
            country = callback.queue_id.company_id.country_id
            callback.number_key = callback.partner_id._crm_phone_normal(callback.number, country) or callback.number

    @api.depends("partner_id")
    def _compute_tz(self):
        for callback in self:
            callback.tz = callback.tz or callback.partner_id.tz or self.env.user.tz or "UTC"

    @api.depends("date_from", "date_until", "tz")
    def _compute_window(self):
        for callback in self:
            zone = pytz.timezone(callback.tz or "UTC")
            local = [
                moment and pytz.utc.localize(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M")
                for moment in (callback.date_from, callback.date_until)
            ]
            if not any(local):
                callback.window = self.env._("As soon as possible")
            else:
                callback.window = f"{local[0] or ''} – {local[1] or ''} ({callback.tz})"

    @api.depends("state", "call_ids.state", "call_ids.date_due", "call_ids.operator_id")
    def _compute_progress(self):
        now = fields.Datetime.now()
        for callback in self:
            # sudo: attempts that are nobody's yet are hidden from operators; who calls is no secret in the queue
            attempt = callback.sudo().call_ids.filtered(lambda call: call.state in const_call.OPEN_STATES)[:1]
            if callback.state != "waiting" or not attempt:
                callback.progress = False
            elif attempt.state != "queued":
                callback.progress = self.env._("%(operator)s is calling", operator=attempt.operator_id.name)
            elif attempt.date_due and attempt.date_due > now:
                callback.progress = format_datetime(self.env, attempt.date_due, dt_format="short")
            else:
                callback.progress = self.env._("Due")

    # === CONSTRAINTS === #

    @api.constrains("number")
    def _check_number(self):
        for callback in self:
            if sum(char.isdigit() for char in callback.number or "") < 3:
                raise ValidationError(self.env._("“%(number)s” is not a telephone number.", number=callback.number))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """A callback waits in the queue from now on.

        :raises ValidationError: when its window is over already
        """
        now = fields.Datetime.now()
        callbacks = super().create(vals_list)
        for callback in callbacks:
            if callback.date_until and callback.date_until <= now:
                raise ValidationError(self.env._("“Until” has passed already: please name a later time."))
            callback._plan_attempt(callback.date_from)
        return callbacks

    def write(self, vals):
        """What is corrected holds for the attempt that waits: window, customer and number."""
        result = super().write(vals)
        if not {"date_from", "date_until", "number", "partner_id"}.isdisjoint(vals):
            for callback in self:
                # sudo: attempts are calls, which nobody may write
                waiting = callback.sudo().call_ids.filtered(lambda call: call.state == "queued")
                if not {"date_from", "date_until"}.isdisjoint(vals):
                    waiting.write({"date_due": callback.date_from, "date_until": callback.date_until})
                if waiting and not {"number", "partner_id"}.isdisjoint(vals):
                    waiting.write(
                        {
                            "number": callback.number,
                            "number_key": callback.number_key,
                            "partner_id": callback.partner_id.id,
                            "candidate_ids": [(5,)],
                        }
                    )
                    waiting._identify()
        return result

    # === ASKED FOR === #

    @api.model
    def _ask(self, values):
        """Take down a wish to be called back; a second one of the same number keeps the first one's place.

        :param values: of a callback; as far as given, note and window of the newer wish count
        :return: (``crm.callback``, whether it is new)
        :raises ConcurrencyError: when the same is being taken down by another transaction; Odoo repeats the call
        """
        probe = self.new(values)
        known = self.search(
            [
                ("queue_id", "=", probe.queue_id.id),
                ("number_key", "=", probe.number_key),
                ("state", "=", "waiting"),
            ]
        )
        if known:
            newer = {"note": values["note"]} if values.get("note") else {}
            if values.get("date_from") or values.get("date_until"):
                # the whole window: an end of now does not go with a beginning of before
                newer |= {name: values.get(name) or False for name in ("date_from", "date_until")}
            known.write(newer)
            return known, False
        try:
            with self.env.cr.savepoint():
                return self.create(values), True
        except UniqueViolation as error:
            raise ConcurrencyError("this callback is being taken down at this moment") from error

    def _plan_attempt(self, not_before):
        """Put the next attempt in the queue, on the place of the callback."""
        self.ensure_one()
        self.env["crm.call"]._start(
            self.queue_id,
            "out",
            self.number,
            partner_id=self.partner_id.id or False,
            callback_id=self.id,
            date_queued=self.date_place,
            date_due=not_before or False,
            date_until=self.date_until or False,
        )

    # === WHAT BECAME OF IT === #

    def _close(self, state):
        self.write({"state": state, "date_closed": fields.Datetime.now()})

    def _attempt_over(self, call):
        """An attempt is over: reached, or to be tried again."""
        self.ensure_one()
        if self.state != "waiting":
            return
        if call.state in ("answered", "ended"):
            self._close("done")
        elif call.state == "cancelled":
            self._close("cancelled")
        elif call.state == "missed":
            self.attempts += 1
            again = fields.Datetime.now() + timedelta(minutes=self.queue_id.retry_minutes)
            if self.attempts >= self.queue_id.max_attempts or (self.date_until and again > self.date_until):
                self._close("failed")
            else:
                self._plan_attempt(again)

    @api.model
    def _expire(self):
        """Callbacks whose window is over were not made: closed, so that a team lead sees them."""
        # sudo: the job looks after all callbacks
        late = self.sudo().search([("state", "=", "waiting"), ("date_until", "<", fields.Datetime.now())])
        waiting = late.call_ids.filtered(lambda call: call.state == "queued")
        late = late.filtered(lambda one: not one.call_ids.filtered(lambda call: call.state in ("ringing", "answered")))
        late._close("expired")
        (waiting & late.call_ids)._record("cancelled")

    def action_cancel(self):
        """The customer does not want to be called any more.

        :raises UserError: when somebody is calling right now
        """
        for callback in self:
            callback.check_access("write")
            if callback.state != "waiting":
                continue
            # sudo: attempts are calls, which nobody may write; the callback was checked
            open_calls = callback.sudo().call_ids.filtered(lambda call: call.state in const_call.OPEN_STATES)
            if open_calls.filtered(lambda call: call.state != "queued"):
                raise UserError(self.env._("%(name)s is being called at this moment.", name=callback.name))
            callback._close("cancelled")
            open_calls._record("cancelled")
