import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError


class CrmCallSystem(models.Model):
    """A telephone system that reports its calls, with the secret by which it signs."""

    _name = "crm.call.system"
    _description = "Telephone System"
    _order = "name, id"

    name = fields.Char(required=True)
    code = fields.Char(required=True, help="In the address to which it reports: small letters, digits and dashes.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    queue_id = fields.Many2one(
        "crm.call.queue",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Where calls go whose dialled number belongs to no queue.",
    )
    # kept as it is, because both sides sign with it; shown to nobody but once, by whoever replaces it
    secret = fields.Char(
        required=True, copy=False, default=lambda self: secrets.token_urlsafe(32), groups=fields.NO_ACCESS
    )
    secret_date = fields.Datetime(
        string="Secret Shown On", readonly=True, copy=False, help="When the secret in use was made and shown, once."
    )
    secret_user_id = fields.Many2one("res.users", string="To", readonly=True, copy=False, ondelete="set null")
    url = fields.Char(string="Address", compute="_compute_url")

    _check_company_auto = True
    _code_uniq = models.Constraint("UNIQUE(code)", "There is a telephone system of this code already.")
    _check_code = models.Constraint(
        "CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,40}$')",
        "The code of a telephone system has small letters, digits and dashes only.",
    )

    @api.depends("code")
    def _compute_url(self):
        for system in self:
            system.url = f"{system.get_base_url()}/crm/telephony/{system.code}" if system.code else False

    def action_new_secret(self):
        """Make a new secret and show it, once; what is signed by the old one is refused from now on.

        :raises AccessError: for anybody but an administrator of the server
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator of the server makes a new secret."))
        system = self.sudo()  # sudo: nobody reads or writes the secret but here
        system.write(
            {
                "secret": secrets.token_urlsafe(32),
                "secret_date": fields.Datetime.now(),
                "secret_user_id": self.env.uid,
            }
        )
        return {
            "type": "ir.actions.client",
            "tag": "crm_call_secret",
            "params": {"name": self.name, "url": self.url, "secret": system.secret},
        }
