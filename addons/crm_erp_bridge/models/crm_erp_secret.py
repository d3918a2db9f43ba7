import secrets

from odoo import api, fields, models


class CrmErpSecret(models.AbstractModel):
    """Another system with which messages are signed: the secret is entered or made, shown once, and read by nobody.

    A field that a form masks is still sent to the browser, and to every program that reads the record.
    """

    _name = "crm.erp.secret"
    _description = "Secret Shared with Another System"

    # kept as it is, because both sides sign with it
    secret = fields.Char(copy=False, default=lambda self: secrets.token_urlsafe(32), groups=fields.NO_ACCESS)
    secret_entered = fields.Char(
        string="Enter the Secret",
        compute="_compute_secret_entered",
        inverse="_inverse_secret_entered",
        groups="crm_erp_bridge.group_manager",
        help="One that the other system has made. It takes the place of the one before and is not shown again.",
    )
    secret_date = fields.Datetime(
        string="Secret Since", readonly=True, copy=False, help="When the secret in use was entered, or made and shown."
    )

    def _compute_secret_entered(self):
        """Never what is kept: the field only takes in."""
        self.secret_entered = False

    def _inverse_secret_entered(self):
        for record in self:
            if entered := (record.secret_entered or "").strip():
                record._set_secret(entered)
        self.invalidate_recordset(["secret_entered"])

    def _set_secret(self, secret):
        self.ensure_one()
        # sudo: nobody reads or writes the secret but here; who may change the record was checked
        self.sudo().write({"secret": secret, "secret_date": fields.Datetime.now()})

    @api.model
    def _secret_words(self):
        """What the dialog says that shows a new secret."""
        return self.env._("Enter it in the other system now: it is shown this once. If it is lost, make a new one.")

    def action_new_secret(self):
        """Make a new secret and show it, once; what is signed with the one before is refused from now on."""
        self.ensure_one()
        self.check_access("write")
        secret = secrets.token_urlsafe(32)
        self._set_secret(secret)
        self.message_post(body=self.env._("The secret was replaced."))
        return {
            "type": "ir.actions.client",
            "tag": "crm_call_secret",
            "params": {"name": self.name, "url": self.url, "secret": secret, "hint": self._secret_words()},
        }
