import logging

from odoo import SUPERUSER_ID, api, models

from ..tools import intake as reader

_logger = logging.getLogger(__name__)


class FetchmailServer(models.Model):
    _inherit = "fetchmail.server"

    def _connect__(self, allow_archived=False):  # the name is Odoo's
        """A mail for complaints is marked as handled only once it is in the ledger, see :class:`KeptFirst`."""
        connection = super()._connect__(allow_archived=allow_archived)
        return KeptFirst(connection, self._complaint_is_kept)

    def _complaint_is_kept(self, raw):
        """True when a mail is in the ledger of complaints, or none of its business.

        With a cursor of its own: the one that processed the mail may be broken, and sees no later commits.
        """
        with self.env.registry.cursor() as cr:
            intakes = api.Environment(cr, SUPERUSER_ID, {})["crm.complaint.intake"]
            if not intakes._concerns(raw, self.object_id.model):
                return True
            return bool(intakes.search_count([("fingerprint", "=", reader.fingerprint(raw))], limit=1))


class KeptFirst:
    """A connection to a mail server that does not mark as read, nor delete, what was not written down.

    Odoo marks every mail it fetched, whatever became of it. When the database is full or away while the ledger
    is written, that mail would be lost; so it stays unread and is fetched again.
    """

    def __init__(self, connection, is_kept):
        self._connection = connection
        self._is_kept = is_kept
        self._raw = {}

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def retrieve_unread_messages(self):
        for number, raw in self._connection.retrieve_unread_messages():
            self._raw = {number: raw}
            yield number, raw

    def handled_message(self, number):
        try:
            kept = self._is_kept(self._raw[number])
        except Exception:
            _logger.exception("Mail %s: not known whether it was kept, so it stays on the mail server", number)
            return
        if kept:
            self._connection.handled_message(number)
        else:
            _logger.error("Mail %s could not be kept: it stays on the mail server", number)
