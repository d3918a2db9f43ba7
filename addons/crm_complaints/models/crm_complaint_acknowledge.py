import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

ONE_ACKNOWLEDGEMENT_IN = timedelta(hours=1)
ACKNOWLEDGEMENTS_PER_DOMAIN = 100
ACKNOWLEDGEMENTS_IN_ALL = 1000
"""In an hour: two machines that answer each other under ever new addresses stop there."""
BATCH = 100


class CrmComplaint(models.Model):
    """Acknowledgements of what came in by itself: a job writes them, many at a time, and is woken by the first.

    So a mailbox with a thousand mails is not held up by a thousand letters, and a template that somebody spoiled
    keeps no complaint from being registered.
    """

    _inherit = "crm.complaint"

    acknowledge_pending = fields.Boolean(readonly=True, copy=False, groups="base.group_user")

    _acknowledge_pending_idx = models.Index("(id) WHERE acknowledge_pending IS TRUE")

    def _acknowledge_at_registration(self):
        """What people register is acknowledged on the spot, what came in by itself by the job."""
        if not self.env.context.get("complaint_intake_id"):
            may = self.filtered(lambda complaint: complaint._wants_acknowledgement() and complaint._within_limits())
            may = may._leave_restricted()
            return super(CrmComplaint, may)._acknowledge_at_registration()
        # sudo: whoever files a complaint wakes the job
        due = self.sudo().filtered(lambda complaint: complaint._wants_acknowledgement())._leave_restricted()
        # who else waits has woken it; were that missed in the very second in which it ends, it runs every minute
        if due and not due.search_count([("acknowledge_pending", "=", True)], limit=1):
            self.env.ref("crm_complaints.ir_cron_complaint_acknowledge").sudo()._trigger()
        due.acknowledge_pending = True
        return None

    def _wants_acknowledgement(self):
        """No automatic answer to robots."""
        return not self.env.context.get("complaint_silent") and super()._wants_acknowledgement()

    def _leave_restricted(self):
        """Nothing is sent by itself to a customer whose data are restricted: somebody is told to acknowledge by hand.

        :return: the complaints of all others
        """
        complaints = self.sudo()  # sudo: the restriction counts, and somebody is told, whoever files the complaint
        restricted = complaints.filtered(
            lambda complaint: complaint.partner_id.crm_restricted or complaint.commercial_partner_id.crm_restricted
        )
        for complaint in restricted:
            complaint._to_do(lambda env: env._("Processing is restricted: acknowledge it by hand"))
        return self.filtered(lambda complaint: complaint.id not in restricted.ids)

    def _within_limits(self):
        """One acknowledgement per sender and hour, so that nobody is flooded in our name."""
        self.ensure_one()
        if self.channel not in ("email", "web"):
            return True
        # sudo: the sender's other complaints count, whoever may read them
        recent = self.sudo().search_count(
            [
                ("email_normalized", "=", self.email_normalized),
                ("acknowledge_channel", "=", "email"),
                ("date_acknowledged", ">", fields.Datetime.now() - ONE_ACKNOWLEDGEMENT_IN),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if recent:
            return False
        domain = self.email_normalized.rpartition("@")[2]
        return self.env["crm.complaint.rate"]._allow(
            {("ack_domain", domain): ACKNOWLEDGEMENTS_PER_DOMAIN, ("ack", ""): ACKNOWLEDGEMENTS_IN_ALL}
        )

    # === THE JOB === #

    @api.model
    def _cron_acknowledge(self):
        """Acknowledge what waits for it, the first that came first."""
        while True:
            found = self.search([("acknowledge_pending", "=", True)], order="id", limit=BATCH)
            todo = found.try_lock_for_update()
            todo._acknowledge_pending()
            left = self.search_count([("acknowledge_pending", "=", True)], limit=10 * BATCH) if todo else 0
            if not self.env["ir.cron"]._commit_progress(len(todo), remaining=left) or not left:
                return

    def _acknowledge_pending(self):
        """One mail per sender; what cannot be written does not hold up the others, and a person is told."""
        self.acknowledge_pending = False
        senders, due = set(), self.browse()
        for complaint in self:
            # of several of one batch the first is answered
            several = complaint.channel in ("email", "web") and complaint.email_normalized in senders
            if not several and complaint._wants_acknowledgement() and complaint._within_limits():
                senders.add(complaint.email_normalized)
                due += complaint
        due = due._leave_restricted()
        try:
            with self.env.cr.savepoint():
                due._send_acknowledgement()
        except psycopg2.OperationalError:
            raise  # the database, not the mail: the job is tried again
        except Exception:
            _logger.warning("Acknowledgements are written one by one", exc_info=True)
            for complaint in due:
                complaint._acknowledge_alone()

    def _acknowledge_alone(self):
        try:
            with self.env.cr.savepoint():
                self._send_acknowledgement()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("No acknowledgement of %s", self.code, exc_info=True)
            self.invalidate_recordset()
            reason = str(error)
            self._to_do(
                lambda env: env._("The acknowledgement could not be written: do it by hand"), lambda _env: reason
            )
