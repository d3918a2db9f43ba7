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
        # sudo: nobody counts by hand
        self.sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "channel": channel,
                    "purpose": kind,
                    "user_id": self.env.uid,
                    "res_model": partner.id in origins and origins[partner.id]._name,
                    "res_id": partner.id in origins and origins[partner.id].id,
                }
                for partner in partners
            ]
        )
