from odoo import api, fields, models
from odoo.exceptions import UserError

MANAGER = "crm_relations.group_manager"
FROM_FILE = ("crm_exchange", "import_file")
"""Keys of the context that the imports of this addon and of Odoo set."""


class CrmPartnerAttitude(models.Model):
    """What a colleague noticed about a customer's attitude, signed and dated.

    Notes are added, never changed: a later impression stands beside the earlier one. Who writes signs; only an
    administrator of customers brings in, by a file, what others noted elsewhere, and is named on it.
    """

    _name = "crm.partner.attitude"
    _inherit = ["crm.privacy.table"]
    _description = "Attitude of a Customer"
    _order = "date desc, id desc"
    _rec_name = "note"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users", string="Noted by", required=True, readonly=True, default=lambda self: self.env.user
    )
    mood = fields.Selection(
        selection=[("positive", "Positive"), ("neutral", "Neutral"), ("negative", "Negative")],
        string="Impression",
        required=True,
        default="neutral",
    )
    note = fields.Text(required=True)
    imported_by_id = fields.Many2one(
        "res.users", string="Imported by", readonly=True, copy=False, index="btree_not_null", ondelete="set null",
        help="Who brought it in by a file: author and date are as the file says.",
    )  # fmt: skip

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            sign = self._import_signature if self._is_from_file() else self._own_signature
            vals_list = [vals | sign(vals) for vals in vals_list]
        return super().create(vals_list)

    @api.model
    def _is_from_file(self):
        return any(self.env.context.get(key) for key in FROM_FILE)

    @api.model
    def _own_signature(self, _vals):
        """Who writes signs, whatever a client sends along."""
        return {"user_id": self.env.uid, "date": fields.Datetime.now(), "imported_by_id": False}

    @api.model
    def _import_signature(self, vals):
        """Author and date as the file says, with the name of who vouches for the file.

        Whether the user may is asked here, not at the import: anybody can say that this is one.

        :raises UserError: when the row is signed or dated and the user is no administrator of customers
        """
        if not vals.get("user_id") and not vals.get("date"):
            return self._own_signature(vals)
        if not self.env.user.has_group(MANAGER):
            raise UserError(
                self.env._(
                    "Only an administrator of customers imports author and date of an attitude. "
                    "Leave these columns out, and the notes are yours, of today."
                )
            )
        date = fields.Datetime.to_datetime(vals.get("date")) or fields.Datetime.now()
        if date > fields.Datetime.now():
            raise UserError(self.env._("An attitude cannot have been noted in the future."))
        return {"user_id": vals.get("user_id") or self.env.uid, "date": date, "imported_by_id": self.env.uid}

    def write(self, vals):
        """A file that was exported may be imported again: what would change nothing is no change.

        :raises UserError: when a file says something else than what was noted
        """
        if not self._is_from_file():
            return super().write(vals)
        if all(self._is_same(attitude, name, value) for attitude in self for name, value in vals.items()):
            return True
        raise UserError(self.env._("Attitudes are only added to: what was noted once is not changed by a file."))

    @api.model
    def _is_same(self, attitude, name, value):
        field = self._fields[name]
        return field.convert_to_record(field.convert_to_cache(value, attitude), attitude) == attitude[name]
