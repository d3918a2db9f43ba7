import base64
import logging
import zlib
from contextlib import contextmanager

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, mute_logger

from ..tools import intake as reader

_logger = logging.getLogger(__name__)

STALE_MINUTES = 10
"""After this a message still 'received' belongs to a worker that died."""


class CrmComplaintIntake(models.Model):
    """Everything that came in for complaints, as it came in, before anything is done with it.

    A row is committed by a transaction of its own before the message is processed; the complaint and the state
    'done' are committed together. Whatever happens between, the message is here and can be replayed, and no
    message becomes two complaints: the fingerprint is unique.
    """

    _name = "crm.complaint.intake"
    _description = "Complaint Intake"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    # nobody writes the ledger, but who reads it may answer for a row of it
    _mail_post_access = "read"
    _order = "id desc"
    _rec_name = "subject"

    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    channel = fields.Selection(
        [("email", "E-mail"), ("portal", "Customer Portal"), ("web", "Web Form"), ("api", "Other System")],
        required=True,
        readonly=True,
        default="email",
    )
    fingerprint = fields.Char(required=True, readonly=True)
    raw = fields.Binary(string="As Received", readonly=True, attachment=False)
    size = fields.Integer(readonly=True)
    message_id = fields.Char(string="Message-ID", readonly=True, index="btree_not_null")
    email_from = fields.Char(string="From", readonly=True)
    email_normalized = fields.Char(readonly=True, index="btree_not_null")
    email_to = fields.Char(string="To", readonly=True)
    subject = fields.Char(readonly=True)
    verdict = fields.Selection(
        [("human", "Human"), ("automatic", "Automatic Reply"), ("bounce", "Bounce"), ("list", "Mailing List")],
        readonly=True,
        help="Only humans get an acknowledgement.",
    )
    state = fields.Selection(
        [
            ("received", "Being Processed"),
            ("done", "Done"),
            ("ignored", "No Complaint"),
            ("quarantine", "Quarantine"),
        ],
        required=True,
        default="received",
        readonly=True,
        index=True,
    )
    error = fields.Text(string="Reason", readonly=True)
    reused_id = fields.Boolean(
        string="Message-ID Used Before", readonly=True, help="Another message came under the same Message-ID."
    )
    copies = fields.Integer(string="Further Copies", readonly=True, help="How often the same message came again.")
    attempts = fields.Integer(readonly=True)
    complaint_id = fields.Many2one("crm.complaint", readonly=True, index="btree_not_null", ondelete="restrict")
    company_id = fields.Many2one(related="complaint_id.company_id", store=True, index="btree_not_null")

    _fingerprint_uniq = models.UniqueIndex("(fingerprint)", "This message is in the ledger already.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        if not self.env.su:
            raise UserError(self.env._("The ledger of what came in is never shortened."))

    # === ACTIONS === #

    def action_replay(self):
        """Process messages in quarantine again, as they are and, if that fails again, repaired.

        :raises UserError: when all of them stay in quarantine, with the last reason
        """
        self.check_access("read")
        if not self.env.user.has_group("crm_complaints.group_user_all"):
            raise UserError(self.env._("Only who handles all complaints replays messages."))
        todo = self.filtered(lambda intake: intake.state in ("quarantine", "received"))
        for intake in todo:
            # sudo: the engine writes the ledger; first as it came, only then a repaired copy
            if not intake.sudo()._process():
                intake.sudo()._process(repair=True)
        left = todo._errors_now()
        if todo and len(left) == len(todo):
            raise UserError(self.env._("Still not readable: %(reason)s", reason=left[0]))
        return True

    def _errors_now(self):
        """Reasons of those still in quarantine; read apart, this transaction sees the state of its beginning."""
        with self.env.registry.cursor() as cr:
            rows = api.Environment(cr, SUPERUSER_ID, {}).execute_query(
                SQL(
                    "SELECT error FROM crm_complaint_intake WHERE id IN %s AND state = 'quarantine'",
                    tuple(self.ids or [0]),
                )
            )
        return [error for (error,) in rows]

    def action_open_complaint(self):
        self.ensure_one()
        return self.complaint_id._get_records_action()

    # === RECEIPT === #

    @api.model
    def _concerns(self, raw, model):
        """True when a mail is for complaints: sent to one of their addresses or an answer to one of their mails.

        :param bytes raw: the mail
        :param str model: the model that the mail server falls back to
        """
        if model == "crm.complaint":
            return True
        found = reader.headers(raw)
        if "-crm.complaint@" in reader.header(found, "references") + reader.header(found, "in-reply-to"):
            return True
        wanted = reader.addresses(found)
        if not wanted:
            return False
        # sudo: the gateway knows all aliases
        aliases = self.env["mail.alias"].sudo().search([("alias_model_id.model", "=", "crm.complaint")])
        locals_ = {address.partition("@")[0] for address in wanted}
        return any(
            alias.alias_full_name in wanted or (alias.alias_incoming_local and alias.alias_name in locals_)
            for alias in aliases
            if alias.alias_name
        )

    @api.model
    def _receive(self, raw, **options):
        """Keep a mail, then process it.

        :param bytes raw: the mail
        :param dict options: arguments of ``message_process`` besides the mail
        :return: id of the complaint, False when it is a copy, no complaint or in quarantine
        """
        values = self._ledger_values(raw)
        intake_id = self._keep_row(values)
        return intake_id and self.browse(intake_id)._process(options, raw=raw, sender=values["email_normalized"])

    @api.model
    def _keep_row(self, values):
        """Write the ledger row in a transaction of its own.

        :return: id of the new row; False when the message was there, which is counted
        """
        columns = list(values)
        query = SQL(
            """INSERT INTO crm_complaint_intake (%s, create_uid, write_uid, create_date, write_date)
               VALUES %s ON CONFLICT (fingerprint) DO NOTHING RETURNING id""",
            SQL(", ").join(map(SQL.identifier, columns)),
            (*values.values(), SUPERUSER_ID, SUPERUSER_ID, values["date"], values["date"]),
        )
        try:
            with mute_logger("odoo.sql_db"), self.env.registry.cursor() as cr:
                rows = api.Environment(cr, SUPERUSER_ID, {}).execute_query(query)
        except psycopg2.errors.SerializationFailure:
            rows = []  # another worker has just written it
        if rows:
            return rows[0][0]
        with self._in_turn(values["email_normalized"]) as cr:
            cr.execute(
                SQL("UPDATE crm_complaint_intake SET copies = copies + 1 WHERE fingerprint = %s", values["fingerprint"])
            )
        return False

    @contextmanager
    def _in_turn(self, sender):
        """A cursor for work on what one sender sent: one transaction at a time, each sees those before.

        A lock of the session, taken in a transaction before: the snapshot must be younger than the lock.
        """
        keys = zlib.crc32(b"crm_complaints") >> 1, zlib.crc32((sender or self._name).encode()) >> 1
        with self.env.registry.cursor() as cr:
            cr.execute("SELECT pg_advisory_lock(%s, %s)", keys)
            cr.commit()  # pylint: disable=invalid-commit
            try:
                yield cr
                cr.commit()  # pylint: disable=invalid-commit
            finally:
                cr.rollback()
                cr.execute("SELECT pg_advisory_unlock(%s, %s)", keys)

    @api.model
    def _ledger_values(self, raw):
        found = reader.headers(raw)
        email_from = reader.header(found, "from")[:500]
        return {
            "date": fields.Datetime.now(),
            "channel": "email",
            "fingerprint": reader.fingerprint(raw, found),
            "raw": psycopg2.Binary(base64.b64encode(raw)),
            "size": len(raw),
            "message_id": _text(reader.header(found, "message-id"))[:500] or None,
            "email_from": _text(email_from) or None,
            "email_normalized": email_normalize(_text(email_from), strict=False) or None,
            "email_to": _text(", ".join(sorted(reader.addresses(found))))[:500] or None,
            "subject": _text(reader.header(found, "subject"))[:500] or None,
            "verdict": self._verdict(raw, found),
            "state": "received",
            "copies": 0,
            "attempts": 0,
            "reused_id": False,
        }

    @api.model
    def _verdict(self, raw, found):
        """Who wrote; what comes from one of our own addresses for mails comes from a machine."""
        verdict = reader.verdict(raw, found)
        senders = reader.addresses(found, ("from",))
        if verdict != "human" or not senders:
            return verdict
        # all domains are meant, a company has one or two; sudo: the gateway knows all addresses
        domains = self.env["mail.alias.domain"].sudo().search([])  # pylint: disable=no-search-all
        own = set(domains.mapped("catchall_email")) | set(domains.mapped("bounce_email"))
        # an alias is an address of one of our domains
        ours = [sender for sender in senders if sender.partition("@")[2] in domains.mapped("name")]
        # sudo: as above
        aliases = self.env["mail.alias"].sudo()
        if senders & own or (ours and aliases.search_count([("alias_full_name", "in", ours)], limit=1)):
            return "automatic"
        return verdict

    # === PROCESSING === #

    def _process(self, options=None, repair=False, sender=None, raw=None):
        """Turn one message into a complaint or a message on one, in a transaction of its own.

        :param dict options: arguments of ``message_process``
        :param str sender: address of the sender, where it is at hand
        :param bool repair: take a copy without what parsers refuse
        :param bytes raw: the message, where it is at hand
        :return: id of the complaint or False
        """
        self.ensure_one()
        # what one sender sends is acknowledged once, though two workers take two mails at once
        with self._in_turn(sender or self._sender()) as cr:
            intake = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            try:
                done = intake._process_locked(dict(options or {}), repair, raw)
                cr.commit()  # pylint: disable=invalid-commit
                return done
            except Exception as error:
                cr.rollback()
                intake.env.invalidate_all(flush=False)
                # class 54: too long for an index and the like, which no second try makes shorter
                if isinstance(error, psycopg2.OperationalError) and not (error.pgcode or "").startswith("54"):
                    # the database, not the message: it stays 'received' and is taken up again
                    _logger.info("Complaint intake %s is tried again later", self.id, exc_info=True)
                    return False
                _logger.warning("Complaint intake %s goes to quarantine", self.id, exc_info=True)
                intake._quarantine(error)
                return False

    def _sender(self):
        """From a fresh transaction: the caller may not see the row yet."""
        with self.env.registry.cursor() as cr:
            cr.execute("SELECT email_normalized FROM crm_complaint_intake WHERE id = %s", (self.id,))
            row = cr.fetchone()
        return row and row[0]

    def _process_locked(self, options, repair, raw=None):
        intake = self.try_lock_for_update()
        if not intake or intake.state not in ("received", "quarantine"):
            return False
        if not intake.size:
            raise ValueError(self.env._("The message is empty."))
        if intake.channel == "email":
            intake._process_mail(options, repair, raw)
        else:
            intake._process_payload()
        # the complaint is noted on the row by the complaint itself
        intake._write_row(
            {
                "state": "done" if intake.complaint_id else "ignored",
                "attempts": intake.attempts + 1,
                "error": False,
            }
        )
        self.env.flush_all()
        return intake.complaint_id.id

    def _write_row(self, vals):
        """What the engine writes: nothing that the chatter of the row tracks, so it is not asked."""
        return self.with_context(tracking_disable=True).write(vals)

    def _process_mail(self, options, repair, raw=None):
        intake = self
        raw = intake._raw_bytes() if raw is None else raw
        if repair:
            raw = reader.repaired(raw)
        threads = self.env["mail.thread"].with_context(
            complaint_intake_id=intake.id,
            complaint_silent=intake.verdict != "human",
            mail_post_autofollow=False,
        )
        # who writes to nobody in particular gets a complaint all the same
        model = options.pop("model", None) or "crm.complaint"
        if threads.message_process(model, raw, **options) or not intake.message_id:
            return
        # Odoo lets a mail fall, and says no more, when its Message-ID was used before: by another mail, for this
        # one stands in the ledger for the first time
        if self.env["mail.message"].search_count([("message_id", "=", intake.message_id)], limit=1):
            intake._write_row({"reused_id": True})
            raw = reader.with_message_id(raw, f"<{intake.fingerprint[:32]}-reused@complaint-intake>")
            threads.message_process(model, raw, **options)

    def _raw_bytes(self):
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).raw or b"")

    def _quarantine(self, error):
        self.write(
            {
                "state": "quarantine",
                "error": _text(f"{type(error).__name__}: {error}")[:2000],
                "attempts": self.attempts + 1,
            }
        )
        self.env.flush_all()

    @api.model
    def _cron_resume(self):
        """Take up what a worker left behind when it died."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), minutes=STALE_MINUTES)
        left = self.search([("state", "=", "received"), ("date", "<", limit)], order="id", limit=100)
        for done, intake in enumerate(left, 1):
            intake._process()
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(left) - done):
                return


def _text(value):
    """Text that the database takes: no NUL, no half of a character."""
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
