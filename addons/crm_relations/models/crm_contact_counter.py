from odoo import api, fields, models
from odoo.tools import SQL


class CrmContactCounter(models.Model):
    """One row per customer that every counted contact writes.

    Two transactions that contact a customer at once would both see the limit
    not reached yet. As both write this row, the database lets only the first
    through; the second begins again (Odoo repeats it) and sees the contact.
    """

    _name = "crm.contact.counter"
    _description = "Contacts Counted"
    _log_access = False

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade", readonly=True)
    number = fields.Integer(string="Contacts", required=True, default=0, readonly=True)

    _partner_uniq = models.Constraint("UNIQUE(partner_id)", "One counter per customer.")

    @api.model
    def _bump(self, partner_ids):
        """Write the rows of these customers, in order of their ids so that two batches never wait for each other.

        :raises psycopg2.errors.SerializationFailure: when another transaction did so meanwhile
        """
        if partner_ids:
            self.env.execute_query(
                SQL(
                    "INSERT INTO crm_contact_counter AS c (partner_id, number) "
                    "SELECT id, 1 FROM unnest(%s) AS id ORDER BY id "
                    "ON CONFLICT (partner_id) DO UPDATE SET number = c.number + 1 RETURNING 1",
                    sorted(set(partner_ids)),
                )
            )
