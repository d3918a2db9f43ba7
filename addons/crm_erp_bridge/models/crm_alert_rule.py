from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.alert import AlertCondition
from odoo.tools import SQL


class CrmAlertRule(models.Model):
    """Conditions about money that a customer owes; only in the companies of the rule's owner."""

    _inherit = "crm.alert.rule"

    @api.model
    def _conditions(self):
        return super()._conditions() | {
            "overdue": AlertCondition(self.env._("Invoice overdue for so many days"), "_cases_overdue"),
            "overdue_contact": AlertCondition(
                self.env._("Invoice overdue and a contact within so many days"), "_cases_overdue_contact"
            ),
        }

    def _overdue_query(self, days):
        """The oldest unpaid invoice of each customer that was due more than so many days ago.

        No amount in the words: a salesperson who sees the alert need not see invoices.
        """
        # sudo: the companies of the owner
        companies = self.company_id or self.owner_id.sudo().company_ids
        self.env["account.move"].flush_model(
            [
                "commercial_partner_id",
                "move_type",
                "state",
                "payment_state",
                "invoice_date_due",
                "amount_residual",
                "company_id",
            ]
        )
        return SQL(
            """
            SELECT DISTINCT ON (m.commercial_partner_id) m.commercial_partner_id AS partner_id, m.id AS move_id, m.name,
                   m.invoice_date_due AS due, m.invoice_user_id AS user_id, m.company_id AS company
              FROM account_move m
             WHERE m.move_type = 'out_invoice' AND m.state = 'posted' AND m.payment_state IN ('not_paid', 'partial')
               AND m.amount_residual > 0 AND m.invoice_date_due < %(limit)s AND m.company_id IN %(companies)s
               AND m.commercial_partner_id IS NOT NULL
          ORDER BY m.commercial_partner_id, m.invoice_date_due, m.id
            """,
            limit=fields.Date.today() - timedelta(days=days),
            companies=tuple(companies.ids) or (None,),
        )

    def _cases_overdue(self):
        """The oldest unpaid invoice of a customer is so many days overdue; once paid, the next one is another case."""
        return SQL(
            """
            SELECT o.partner_id, 'account.move,' || o.move_id AS case_key, concat_ws(' ', o.name, o.due) AS detail,
                   NULL::int AS user_id, o.company
              FROM (%s) AS o
            """,
            self._overdue_query(self.days),
        )

    def _cases_overdue_contact(self):
        """A contact with a customer who owes is planned within so many days; told to who has the contact.

        A contact is a planned interaction, a meeting, or an open activity that is not an alert's own. Each invoice and
        day of contact is a case.
        """
        return SQL(
            """
            WITH owed AS (%(owed)s),
            contact AS (
                SELECT i.commercial_partner_id AS partner_id, i.date::date AS day, i.user_id
                  FROM crm_interaction i
                 WHERE i.active AND i.state = 'planned'
             UNION ALL
                SELECT a.crm_commercial_partner_id, a.crm_date::date, e.user_id
                  FROM calendar_attendee a
                  JOIN calendar_event e ON e.id = a.event_id AND e.active
                 WHERE a.state IS DISTINCT FROM 'declined'
             UNION ALL
                SELECT t.crm_commercial_partner_id, t.date_deadline, t.user_id
                  FROM mail_activity t
                 WHERE t.active AND NOT EXISTS (SELECT FROM crm_alert own WHERE own.activity_id = t.id)
            ),
            next_contact AS (
                SELECT DISTINCT ON (c.partner_id) c.partner_id, c.day, c.user_id
                  FROM contact c
                 WHERE c.day BETWEEN %(today)s AND %(today)s::date + %(ahead)s
                   AND c.partner_id IN (SELECT partner_id FROM owed)
              ORDER BY c.partner_id, c.day, c.user_id
            )
            SELECT o.partner_id, 'account.move,' || o.move_id || ' ' || n.day AS case_key,
                   concat_ws(' ', o.name, o.due) AS detail, n.user_id, o.company
              FROM owed o
              JOIN next_contact n ON n.partner_id = o.partner_id
            """,
            owed=self._overdue_query(0),
            today=fields.Date.today(),
            ahead=self.days,
        )
