from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL
from odoo.tools.sql import table_exists

from .. import const
from ..tools.append_only import keep
from ..tools.timeline import index_expression


class CrmConsent(models.Model):
    """One word of a customer about a purpose, with its evidence. A ledger: only ever added to.

    The last word counts, at every date of the past too. The database refuses
    to change or delete an entry; merging customers moves it, and erasing one
    empties what names the customer.
    """

    _name = "crm.consent"
    _description = "Consent"
    _order = "date desc, id desc"
    _log_access = False

    name = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Commercial Entity", store=True, ondelete="restrict"
    )
    purpose_id = fields.Many2one("crm.consent.purpose", required=True, index=True, ondelete="restrict")
    channel = fields.Selection(selection=const.CHANNELS, help="Empty: by every channel.")
    state = fields.Selection(selection=const.CONSENT_STATES, string="Customer's Word", required=True, default="given")
    wording_id = fields.Many2one(
        "crm.consent.wording",
        string="Asked in the Words of",
        compute="_compute_wording_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('purpose_id', '=', purpose_id)]",
        index="btree_not_null",
        ondelete="restrict",
    )
    date = fields.Datetime(string="Said On", required=True, default=fields.Datetime.now)
    date_recorded = fields.Datetime(string="Recorded On", required=True, default=fields.Datetime.now, readonly=True)
    source = fields.Selection(selection=const.CONSENT_SOURCES, required=True, default="phone")
    user_id = fields.Many2one("res.users", string="Recorded by", readonly=True, ondelete="restrict")
    actor = fields.Char(string="Who Did It", readonly=True, help="By name, whatever becomes of the user.")
    evidence = fields.Text(help="What proves it: number of the paper form, text of the mail, number of the sale.")

    _state_idx = models.Index("(partner_id, purpose_id, date DESC, id DESC)")
    _commercial_date_idx = models.Index("(commercial_partner_id, date DESC, id DESC)")
    _partner_date_idx = models.Index("(partner_id, date DESC, id DESC)")
    _date_idx = models.Index("(date DESC, id DESC)")
    _timeline_id_idx = models.Index(index_expression(const.SLOT_CONSENT))

    def init(self):
        """The database itself keeps the ledger: no entry changes but for whom it belongs to after a merge.

        What names the customer (evidence, who did it) can be forgotten after an erasure, not changed.
        """
        super().init()
        if not table_exists(self.env.cr, self._table):
            return  # asked for by an update of another addon, before that of this one
        keep(
            self.env.cr,
            self._table,
            "The ledger of consents is only added to",
            update="""
                to_jsonb(NEW) - ARRAY['partner_id', 'commercial_partner_id', 'evidence', 'actor']
                = to_jsonb(OLD) - ARRAY['partner_id', 'commercial_partner_id', 'evidence', 'actor']
                AND (NEW.evidence IS NOT DISTINCT FROM OLD.evidence OR NEW.evidence IS NULL)
                AND (NEW.actor IS NOT DISTINCT FROM OLD.actor OR NEW.actor IS NULL)
            """,
        )

    # === COMPUTE METHODS === #

    @api.depends("purpose_id")
    def _compute_wording_id(self):
        for consent in self:
            if consent.wording_id.purpose_id != consent.purpose_id:
                consent.wording_id = consent.purpose_id.wording_id

    # === CONSTRAINTS === #

    @api.constrains("date", "purpose_id", "channel", "state", "evidence", "wording_id")
    def _check_entry(self):
        limit = fields.Datetime.now() + timedelta(minutes=1)
        for consent in self:
            purpose = consent.purpose_id
            if consent.date > limit:
                raise ValidationError(self.env._("A customer's word cannot lie in the future: correct “Said On”."))
            if not purpose._rests_on_consent(consent.channel):
                raise ValidationError(
                    self.env._("“%(purpose)s” does not rest on what the customer says.", purpose=purpose.name)
                )
            if consent.wording_id and consent.wording_id.purpose_id != purpose:
                raise ValidationError(self.env._("These words were about another purpose."))
            if consent.state == "soft" and not purpose.soft_opt_in:
                raise ValidationError(
                    self.env._("“%(purpose)s” allows no soft opt-in: its conditions are not confirmed.",
                               purpose=purpose.name)
                )
            if consent.state == "soft" and consent.channel and not purpose._soft(consent.channel):
                raise ValidationError(self.env._("A soft opt-in is for e-mail and SMS only: correct the channel."))
            if consent.state == "soft" and not (consent.evidence or "").strip():
                raise ValidationError(self.env._("Please say in which sale the customer gave the address (Evidence)."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Who recorded it and when is not for the caller to say."""
        now = fields.Datetime.now()
        for vals in vals_list:
            if not self.env.su:
                vals.update({"user_id": self.env.uid, "actor": self.env.user.name, "date_recorded": now})
            vals.setdefault("user_id", self.env.uid)
            vals.setdefault("actor", self.env.user.name)
            vals["name"] = self._entry_name(vals)
        return super().create(vals_list)

    @api.model
    def _entry_name(self, vals):
        purpose = self.env["crm.consent.purpose"].browse(vals.get("purpose_id"))
        states = dict(self._fields["state"]._description_selection(self.env))
        channels = dict(self._fields["channel"]._description_selection(self.env))
        words = f"{purpose.sudo().name}: {states.get(vals.get('state') or 'given', '')}"  # sudo: a name
        return f"{words} ({channels[vals['channel']]})" if vals.get("channel") else words

    def write(self, vals):  # pylint: disable=method-required-super; nobody writes
        """Refused.

        :raises AccessError: always
        """
        raise AccessError(self.env._("The ledger of consents is only added to: record what the customer says now."))

    def _load_records_write(self, values):
        """A file that was exported may be imported again, as long as nothing in it was changed.

        :raises AccessError: when a value is another one, or the importer may not read the entry
        """
        self.check_access("read")
        if not all(self._is_same(entry, name, value) for entry in self for name, value in values.items()):
            super()._load_records_write(values)

    @api.model
    def _is_same(self, entry, name, value):
        field = self._fields[name]
        return field.convert_to_record(field.convert_to_cache(value, entry), entry) == entry[name]

    # === THE LAST WORD === #

    @api.model
    def _states_query(self, partner_ids, purpose_id, channel, at):
        """SELECT of customers and their last word at a moment; who said nothing is missing."""
        return SQL(
            "SELECT DISTINCT ON (k.partner_id) k.partner_id, k.state FROM crm_consent k "
            "WHERE k.partner_id = ANY(%s) AND k.purpose_id = %s AND (k.channel = %s OR k.channel IS NULL) "
            "AND k.date <= %s ORDER BY k.partner_id, k.date DESC, k.id DESC",
            list(partner_ids),
            purpose_id,
            channel,
            at,
        )

    @api.model
    def _states(self, partners, purpose, channel, at=None):
        """The last word of these customers about a purpose and channel, at any date of the past too.

        :param purpose: record of ``crm.consent.purpose``
        :param at: naive UTC, now
        :return: ``{partner id: "given", "withdrawn", "soft" or None}``
        """
        self.flush_model()
        query = self._states_query(partners.ids, purpose.id, channel, at or fields.Datetime.now())
        return dict.fromkeys(partners.ids) | dict(self.env.execute_query(query))
