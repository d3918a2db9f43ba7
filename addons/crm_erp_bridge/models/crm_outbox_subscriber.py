import random
import time

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..tools import webhook

BATCH = 50


class CrmOutboxSubscriber(models.Model):
    """Another system that is told what happens: each event at least once, in order, from a cursor on."""

    _name = "crm.outbox.subscriber"
    _description = "Event Subscriber"
    _inherit = ["mail.thread", "crm.erp.secret"]
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    url = fields.Char(string="Address", required=True, tracking=True)
    allow_private = fields.Boolean(
        string="Inside Our Network", tracking=True, help="Lets the address lead into a private network."
    )
    cursor_txid = fields.Char(readonly=True, copy=False, default=lambda self: self._default_cursor())
    cursor_event = fields.Integer(string="Delivered up to", readonly=True, copy=False)
    replay_id = fields.Many2one("crm.outbox", string="Replay from", copy=False, ondelete="set null")
    attempts = fields.Integer(string="Failed Tries", readonly=True, copy=False)
    date_next = fields.Datetime(string="Next Try", readonly=True, copy=False)
    error = fields.Text(string="Last Error", readonly=True, copy=False)
    dead_count = fields.Integer(string="Undeliverable", compute="_compute_dead_count")

    @api.model
    def _default_cursor(self):
        """New subscribers are told what happens from now on."""
        [(txid,)] = self.env.execute_query(SQL("SELECT %s::text", self.env["crm.outbox"]._horizon()))
        return txid

    def _compute_dead_count(self):
        counts = dict(
            self.env["crm.outbox.dead"]._read_group(
                [("subscriber_id", "in", self.ids), ("state", "=", "dead")], ["subscriber_id"], ["__count"]
            )
        )
        for subscriber in self:
            subscriber.dead_count = counts.get(subscriber, 0)

    @api.constrains("url")
    def _check_url(self):
        texts = {
            "scheme": self.env._("The address has to begin with https:// or http://."),
            "credentials": self.env._("The address must not contain a user or a password: messages are signed."),
            "address": self.env._("The address cannot be understood."),
        }
        for subscriber in self:
            if problem := webhook.url_problem(subscriber.url.strip()):
                raise ValidationError(texts[problem])

    # === RELAY === #

    def _next_events(self, limit=BATCH):
        """The events behind the cursor, in order, up to the oldest transaction that is still open."""
        self.ensure_one()
        self.env["crm.outbox"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, txid::text
                  FROM crm_outbox
                 WHERE company_id = %s
                   AND (txid, id) > (%s::xid8, %s)
                   AND txid < %s
                 ORDER BY txid, id
                 LIMIT %s
                """,
                self.company_id.id,
                self.cursor_txid or "0",
                self.cursor_event,
                self.env["crm.outbox"]._horizon(),
                limit,
            )
        )
        return [(self.env["crm.outbox"].browse(event_id), txid) for event_id, txid in rows]

    def _deliver(self, event):
        """Send one event.

        :return: why it did not arrive, or none
        """
        self.ensure_one()
        sender = self.sudo()  # sudo: the secret signs, nobody sees it
        body = webhook.envelope(
            event.event_id, event.type, event.subject or "", f"{event.create_date.isoformat()}Z", event.data
        )
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": event.event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": webhook.signature(sender.secret or "", event.event_id, timestamp, body),
        }
        try:
            webhook.post(self.url.strip(), body, headers, self.allow_private)
        except webhook.DeliveryError as error:
            return str(error)
        return None

    def _note_result(self, event, txid, error):
        """Move the cursor, wait for the next try, or give the event up and go on behind it.

        :return: whether the next event may be sent
        """
        self.ensure_one()
        attempts = self.attempts + 1
        if error and attempts < webhook.MAX_TRIES:
            wait = webhook.wait_seconds(attempts, random.random())
            self.write(
                {
                    "attempts": attempts,
                    "error": error,
                    "date_next": fields.Datetime.add(fields.Datetime.now(), seconds=wait),
                }
            )
            return False
        if error:
            # sudo: the list is written by the relay only
            dead = self.env["crm.outbox.dead"].sudo()
            dead.create({"subscriber_id": self.id, "event_id": event.id, "error": error})
        self.write(
            {"cursor_txid": txid, "cursor_event": event.id, "attempts": 0, "date_next": False, "error": error or False}
        )
        return True

    @api.model
    def _cron_relay(self):
        """Send what is due, a commit after each message: a crash repeats one message at most."""
        due = ["|", ("date_next", "=", False), ("date_next", "<=", fields.Datetime.now())]
        for subscriber in self.search(due).try_lock_for_update():
            while events := subscriber._next_events():
                for event, txid in events:
                    goes_on = subscriber._note_result(event, txid, subscriber._deliver(event))
                    if not self.env["ir.cron"]._commit_progress(1):
                        return
                    # the commit gave the row back: another job may have gone on with it
                    if not goes_on or not subscriber.try_lock_for_update():
                        events = None
                        break
                if events is None:
                    break

    # === ACTIONS === #

    def action_replay(self):
        """Move the cursor back: the event chosen and all behind it are sent again."""
        self.ensure_one()
        event = self.replay_id
        if not event:
            raise UserError(self.env._("Choose the event from which on they are sent again."))
        txid, number = event._position()
        self.write(
            {"cursor_txid": txid, "cursor_event": number - 1, "attempts": 0, "date_next": False, "error": False}
            | {"replay_id": False}
        )
        self.message_post(body=self.env._("Sent again from %(event)s on.", event=event.event_id))
        # sudo: scheduled jobs belong to the administrator
        self.env.ref("crm_erp_bridge.ir_cron_outbox").sudo()._trigger()
        return True

    def action_try_now(self):
        """Do not wait for the next try."""
        self.date_next = False
        # sudo: scheduled jobs belong to the administrator
        self.env.ref("crm_erp_bridge.ir_cron_outbox").sudo()._trigger()
        return True
