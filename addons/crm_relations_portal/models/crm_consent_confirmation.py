import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, LockError
from odoo.tools import consteq
from odoo.tools.urls import urljoin

VALID_DAYS = 7
MAX_OPEN = 5
"""Mails that ask one customer for confirmation at a time: nobody's mailbox is filled by a form."""


class CrmConsentConfirmation(models.Model):
    """A "yes" by e-mail that counts once it is confirmed from the mailbox itself (double opt-in)."""

    _name = "crm.consent.confirmation"
    _description = "Consent to Confirm"
    _order = "id desc"
    _log_access = False

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, readonly=True, ondelete="cascade"
    )
    purpose_id = fields.Many2one("crm.consent.purpose", required=True, index=True, readonly=True, ondelete="cascade")
    wording_id = fields.Many2one(
        "crm.consent.wording",
        string="Asked in the Words of",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    email = fields.Char(string="Address", required=True, readonly=True)
    source = fields.Char(readonly=True)
    asked_by = fields.Char(readonly=True, help="How the wish reached us.")
    token_digest = fields.Char(readonly=True, groups="base.group_system")
    date_asked = fields.Datetime(string="Asked On", required=True, readonly=True, default=fields.Datetime.now)
    date_end = fields.Datetime(
        string="Valid Until",
        required=True,
        readonly=True,
        default=lambda self: fields.Datetime.now() + timedelta(days=VALID_DAYS),
    )
    date_confirmed = fields.Datetime(string="Confirmed On", readonly=True)
    consent_id = fields.Many2one("crm.consent", readonly=True, index="btree_not_null", ondelete="set null")
    state = fields.Selection(
        selection=[("pending", "Waiting"), ("confirmed", "Confirmed"), ("expired", "Expired")], compute="_compute_state"
    )

    _pending_idx = models.Index("(partner_id, purpose_id) WHERE date_confirmed IS NULL")

    @api.depends("date_confirmed", "date_end")
    def _compute_state(self):
        now = fields.Datetime.now()
        for asked in self:
            asked.state = "confirmed" if asked.date_confirmed else "expired" if asked.date_end <= now else "pending"

    # === ASKING === #

    @api.model
    def _ask(self, partner, purpose, source, asked_by):
        """Send the mail with the secret link; a link that waits already is replaced by the new one.

        :return: the confirmation, or none when there is no address or too many wait
        """
        # sudo: customers and visitors write nothing themselves
        confirmations = self.sudo()
        now = fields.Datetime.now()
        waiting = confirmations.search(
            [("partner_id", "=", partner.id), ("date_confirmed", "=", False), ("date_end", ">", now)]
        )
        same = waiting.filtered(lambda one: one.purpose_id == purpose)
        if not partner.email_normalized or len(waiting - same) >= MAX_OPEN:
            return confirmations.browse()
        same.date_end = now
        token = secrets.token_urlsafe(24)
        asked = confirmations.create(
            {
                "partner_id": partner.id,
                "purpose_id": purpose.id,
                "wording_id": purpose.wording_id.id,
                "email": partner.email_normalized,
                "source": source,
                "asked_by": asked_by,
                "token_digest": self._digest(token),
            }
        )
        asked._send(token)
        return asked

    @api.model
    def _digest(self, token):
        """Only a hash is kept: who reads the database cannot confirm."""
        return hashlib.sha256(token.encode()).hexdigest()

    def _send(self, token):
        """Asking is not advertising: the mail says nothing else, and no rule of contact keeps it back."""
        self.ensure_one()
        link = urljoin(self.partner_id.get_base_url(), f"/preferences/confirm/{self.id}/{token}")
        asked = self.with_context(lang=self.partner_id.lang or self.env.lang)
        body = self.env["ir.qweb"]._render(
            "crm_relations_portal.confirmation_mail", {"asked": asked, "link": link, "days": VALID_DAYS}
        )
        self.env["mail.mail"].create(
            {
                "subject": asked.env._("Please confirm: %(purpose)s", purpose=asked.purpose_id.name),
                "body_html": body,
                "email_to": self.email,
                "auto_delete": True,
            }
        )

    # === CONFIRMING === #

    def _by_link(self, token):
        """This confirmation when the link is right and the address is still the customer's, else none."""
        asked = self.sudo().exists()  # sudo: whoever has the link
        if not asked or not token or not consteq(asked.token_digest or "", self._digest(token)):
            return self.browse()
        return asked if asked.partner_id.email_normalized == asked.email else self.browse()

    def _confirm(self, address):
        """Write the consent into the ledger, once however often the link is used.

        :param address: network address that confirms, part of the evidence
        :return: whether it counts now
        """
        self.ensure_one()
        try:
            self.lock_for_update()
        except LockError as error:  # clicked twice at once: Odoo repeats the call, and finds it confirmed
            raise ConcurrencyError("this is being confirmed at this moment") from error
        if self.consent_id:
            return True
        if self.state != "pending" or not self.purpose_id.active:
            return False
        self.date_confirmed = fields.Datetime.now()
        self.consent_id = self.env["crm.consent"].create(
            {
                "partner_id": self.partner_id.id,
                "purpose_id": self.purpose_id.id,
                "wording_id": self.wording_id.id,
                "channel": "email",
                "state": "given",
                "source": "link",
                "actor": self.partner_id.name or self.email,
                "evidence": self.env._(
                    "Asked on %(asked)s (%(how)s), confirmed by the link sent to %(email)s from %(address)s.",
                    asked=self.date_asked,
                    how=self.asked_by,
                    email=self.email,
                    address=address or "?",
                ),
            }
        )
        return True

    @api.autovacuum
    def _gc_expired(self):
        """What was never confirmed is forgotten a month after its end."""
        self.search(
            [("date_confirmed", "=", False), ("date_end", "<", fields.Datetime.now() - timedelta(days=30))]
        ).unlink()
