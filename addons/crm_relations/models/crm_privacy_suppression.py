import secrets

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

PARAMETER = "crm_relations.suppression_key"


class CrmPrivacySuppression(models.Model):
    """Addresses and numbers that are never advertised to again, known by a keyed hash only.

    What is left of a customer who was erased: enough to know the address when it comes back with the next
    import, not enough to tell whose it was.
    """

    _name = "crm.privacy.suppression"
    _description = "Suppressed Address"
    _order = "id desc"
    _log_access = False
    _rec_name = "digest"

    kind = fields.Selection(selection=[("email", "E-mail"), ("phone", "Telephone")], required=True, readonly=True)
    digest = fields.Char(string="Keyed Hash", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True, default=fields.Date.context_today)

    _digest_uniq = models.Constraint("UNIQUE(digest)", "This address is suppressed already.")

    @api.model
    def _key(self):
        """The secret of the hash; made once, kept apart from the table."""
        parameters = self.env["ir.config_parameter"].sudo()  # sudo: the secret is nobody's to read
        key = parameters.get_param(PARAMETER)
        if not key:
            key = secrets.token_hex(32)
            parameters.set_param(PARAMETER, key)
        return key

    @api.model
    @ormcache()
    def _any(self):
        """Whether there is any: while there is none, nobody has to look."""
        return bool(self.env.execute_query(SQL("SELECT FROM crm_privacy_suppression LIMIT 1")))

    @api.model
    def _digest_sql(self, kind, value):
        """SQL of the hash of a normalized address or number."""
        return SQL("encode(sha256(convert_to(%s || %s, 'UTF8')), 'hex')", f"{self._key()}:{kind}:", value)

    @api.model
    def _suppress(self, emails=(), phones=()):
        """Never advertise to these again; once each, however many do it at once.

        :param emails: normalized addresses
        :param phones: numbers in international form
        """
        rows = [("email", email) for email in emails if email] + [("phone", phone) for phone in phones if phone]
        for kind, value in rows:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO crm_privacy_suppression (kind, digest, date) VALUES (%s, %s, %s) "
                    "ON CONFLICT (digest) DO NOTHING",
                    kind,
                    self._digest_sql(kind, SQL("%s", value)),
                    fields.Date.context_today(self),
                )
            )
        if rows:
            self.invalidate_model()
            self.env.registry.clear_cache()

    @api.model
    def _suppressed(self, values, kind="email"):
        """Those of these normalized addresses that are suppressed.

        :param kind: "email", or "phone" for numbers in international form
        """
        values = [value for value in values if value]
        if not values:
            return set()
        rows = self.env.execute_query(
            SQL(
                "SELECT e.value FROM unnest(%s) AS e(value) JOIN crm_privacy_suppression s ON s.digest = %s",
                values,
                self._digest_sql(kind, SQL("e.value")),
            )
        )
        return {value for (value,) in rows}
