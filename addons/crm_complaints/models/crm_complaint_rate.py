import hashlib
import hmac
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL, mute_logger

WINDOW = timedelta(hours=1)
TRIES = 20


class CrmComplaintRate(models.Model):
    """How often something happened in an hour, by an address that is not stored, only its keyed digest."""

    _name = "crm.complaint.rate"
    _description = "Complaint Rate Limit"
    _order = "date desc, id desc"

    key = fields.Char(required=True, readonly=True)
    date = fields.Datetime(string="Hour", required=True, readonly=True)
    count = fields.Integer(readonly=True)

    _key_date_uniq = models.UniqueIndex("(key, date)")

    @api.model
    def _allow(self, limits):
        """Count one event under several keys, and say whether all of them are within their limits.

        In a transaction of its own: what is refused counts too, and two workers count together.

        :param dict limits: {(kind, value): most per hour}
        """
        now = fields.Datetime.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        # sudo: the secret of the database keeps addresses from being guessed
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret", "").encode()
        # in one order everywhere, so that two workers never wait for each other
        wanted = sorted(
            (hmac.new(secret, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest(), limit)
            for (kind, value), limit in limits.items()
        )
        counts = self._count([key for key, _limit in wanted], hour)
        return all(counts[key] <= limit for key, limit in wanted)

    @api.model
    def _count(self, keys, hour):
        """Count each key once, by one statement.

        :return: {key: how often it was counted in this hour, this time included}
        """
        query = SQL(
            """INSERT INTO crm_complaint_rate (key, date, count) VALUES %s
               ON CONFLICT (key, date) DO UPDATE SET count = crm_complaint_rate.count + 1
               RETURNING key, count""",
            SQL(", ").join(SQL("(%s, %s, 1)", key, hour) for key in keys),
        )
        for _attempt in range(TRIES):
            try:
                with mute_logger("odoo.sql_db"), self.env.registry.cursor() as cr:
                    # what a crash of the server forgets is some counts of one second
                    cr.execute("SET LOCAL synchronous_commit = off")
                    cr.execute(query)
                    return dict(cr.fetchall())
            except psycopg2.errors.SerializationFailure:
                continue  # another worker has just counted the same key
        return dict.fromkeys(keys, 2**31)  # so much at once that it cannot even be counted

    @api.autovacuum
    def _gc_rates(self):
        self.search([("date", "<", fields.Datetime.now() - 2 * WINDOW)], limit=10_000).unlink()
