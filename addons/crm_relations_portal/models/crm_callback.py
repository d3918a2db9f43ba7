import hashlib
import hmac
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

PER_ADDRESS = 5
"""Callbacks in an hour from one address of the Internet."""
PER_NUMBER = 3
"""Callbacks in an hour to one number, whoever asks."""
PER_QUEUE = 100
"""Callbacks in an hour asked for online in one queue, wherever from."""


class CrmCallback(models.Model):
    _inherit = "crm.callback"

    asked_key = fields.Char(
        readonly=True, copy=False, groups="base.group_system",
        help="Keyed digest of the address that asked, for an hour: to count, not to know.",
    )  # fmt: skip

    _asked_idx = models.Index("(asked_key) WHERE asked_key IS NOT NULL")

    @api.model
    def _ask_online(self, values, address):
        """Take down what a customer asked for on a page.

        Who has not signed in changes nothing of a callback that waits already: anybody can type any number.

        :param values: of the callback: queue_id, number, source, tz, note, perhaps partner_id, date_from, date_until
        :param address: network address of the visitor
        :return: the callback in superuser mode; none when too many were asked for
        """
        callbacks = self.sudo()  # sudo: customers and visitors write nothing themselves
        values = values | {"user_id": False, "asked_key": self._asked_digest(address)}
        known = callbacks.search(
            [("queue_id", "=", values["queue_id"]), ("number_key", "=", values["number"]), ("state", "=", "waiting")]
        )
        if known and (not values.get("partner_id") or known.partner_id.id != values["partner_id"]):
            return known
        if not known and not self._asked_allowed(values):
            return callbacks.browse()
        return callbacks._ask(values)[0]

    @api.model
    def _asked_digest(self, address):
        # sudo: the secret of the database keeps addresses from being guessed
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret", "").encode()
        return hmac.new(secret, f"callback:{address}".encode(), hashlib.sha256).hexdigest()

    @api.model
    def _asked_allowed(self, values):
        """Whether one more is within the limits of the hour; requests of the same instant may not see each other."""
        self.flush_model()
        query = SQL(
            """
            SELECT count(*) FILTER (WHERE asked_key = %(key)s) < %(per_address)s
                   AND count(*) FILTER (WHERE number_key = %(number)s) < %(per_number)s
                   AND count(*) FILTER (WHERE queue_id = %(queue)s) < %(per_queue)s
              FROM crm_callback WHERE asked_key IS NOT NULL AND create_date > %(since)s
            """,
            key=values["asked_key"],
            number=values["number"],
            queue=values["queue_id"],
            per_address=PER_ADDRESS,
            per_number=PER_NUMBER,
            per_queue=PER_QUEUE,
            since=fields.Datetime.now() - timedelta(hours=1),
        )
        return self.env.execute_query(query)[0][0]

    @api.autovacuum
    def _gc_asked(self):
        """The digests are forgotten after the hour for which they count."""
        hour = fields.Datetime.now() - timedelta(hours=1)
        self.search([("asked_key", "!=", False), ("create_date", "<", hour)], limit=10_000).asked_key = False
