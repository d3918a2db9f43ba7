from odoo import api, fields, models
from odoo.tools import SQL

from .. import const


class CrmContactTouch(models.Model):
    """A message of ours that counts for how often a customer is contacted.

    Interactions count by themselves (:meth:`_sources`); mails and text
    messages do not say what they are for, so their senders leave a row here.
    """

    _name = "crm.contact.touch"
    _description = "Counted Contact"
    _order = "date desc, id desc"
    _log_access = False

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade", readonly=True)
    channel = fields.Selection(selection=const.CHANNELS, required=True, readonly=True)
    purpose = fields.Selection(selection=const.PURPOSES, required=True, readonly=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)

    _partner_date_idx = models.Index("(partner_id, date)")

    @api.model
    def _sources(self):
        """What counts as a contact: SELECTs of partner_id, channel, purpose, date.

        Each needs an index that begins with the customer. Other addons add theirs.

        :rtype: list[SQL]
        """
        return [
            SQL("SELECT partner_id, channel, purpose, date FROM crm_contact_touch"),
            SQL(
                "SELECT person_id, channel, purpose, date FROM crm_interaction "
                "WHERE direction = 'out' AND state IN ('planned', 'done') AND active"
            ),
        ]

    @api.model
    def _record(self, partners, channel, purpose, origins=None):
        """Count one contact with each of these customers, now.

        :param origins: ``{partner id: record}``, what was sent about
        """
        origins, kind = origins or {}, self.env["res.partner"]._crm_contact_kind(purpose)
        if not partners:
            return
        now, uid = fields.Datetime.now(), self.env.uid
        # one statement, not one row at a time: a mailing counts thousands
        self.env.execute_query(
            SQL(
                "INSERT INTO crm_contact_touch (partner_id, channel, purpose, date, user_id, res_model, res_id) "
                "SELECT t.partner, %s, %s, %s, %s, t.model, t.res "
                "FROM unnest(%s::int[], %s::varchar[], %s::int[]) AS t(partner, model, res) "
                "RETURNING 1",
                channel,
                kind,
                now,
                uid,
                partners.ids,
                [origins[partner.id]._name if origins.get(partner.id) else None for partner in partners],
                [origins[partner.id].id if origins.get(partner.id) else None for partner in partners],
            )
        )
        self.invalidate_model()
