from hashlib import sha256

from odoo import api, fields, models
from odoo.tools import SQL

CLAIMS = 4096
"""Rows at most: two different numbers that share one cost each other a repetition, nothing else."""


class CrmPartnerClaim(models.Model):
    """A row that everybody writes who is about to make a customer of one number or address.

    Two users who find nobody with a number would each make a customer. As both write the same row first, the
    database lets only one through; the other begins again (Odoo repeats the call) and finds the customer. The row
    holds a hash's remainder only: no number is kept, and there are never more than a few thousand rows.
    """

    _name = "crm.partner.claim"
    _description = "Customer Being Made"
    _log_access = False

    slot = fields.Integer(required=True, readonly=True)
    number = fields.Integer(string="Times", required=True, default=0, readonly=True)

    _slot_uniq = models.Constraint("UNIQUE(slot)", "One row per slot.")

    @api.model
    def _slot(self, key):
        """The row of a number or an address in normal form.

        :param str key: with its kind, as "phone:040123456"
        :return: from 0 to 4095
        """
        return int.from_bytes(sha256(key.encode()).digest()[:8]) % CLAIMS

    @api.model
    def _claim(self, key):
        """Be the only one who looks for, and maybe makes, the customer of ``key`` until the transaction ends.

        Look for the customer afterwards. Waits for another transaction that did so first.

        :param str key: with its kind, as "phone:040123456"
        :raises psycopg2.errors.SerializationFailure: when another one did so since this transaction began; Odoo
            repeats the call, which then sees what the other one made
        """
        self.env.execute_query(
            SQL(
                "INSERT INTO crm_partner_claim AS c (slot, number) VALUES (%s, 1) "
                "ON CONFLICT (slot) DO UPDATE SET number = (c.number + 1) %% 1000000 RETURNING 1",
                self._slot(key),
            )
        )
