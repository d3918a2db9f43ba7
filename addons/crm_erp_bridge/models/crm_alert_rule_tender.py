from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.alert import AlertCondition
from odoo.tools import SQL


class CrmAlertRule(models.Model):
    """Deadlines of tenders and bid bonds as conditions of alert rules."""

    _inherit = "crm.alert.rule"

    @api.model
    def _conditions(self):
        return super()._conditions() | {
            "tender_deadline": AlertCondition(self.env._("Tender due within so many days"), "_cases_tender_deadline"),
            "tender_bond": AlertCondition(
                self.env._("Bid bond ending, or not returned for so many days"), "_cases_tender_bond"
            ),
        }

    def _cases_tender_deadline(self):
        """A tender in preparation has to be handed in within so many days; told to its salesperson.

        The case is named after the deadline: one that was put off is a case of its own.
        """
        return SQL(
            """
            SELECT t.partner_id, 'crm.tender,' || t.id || ' ' || t.deadline AS case_key,
                   concat_ws(' ', left(t.name, 100), t.deadline::date) AS detail, t.user_id,
                   t.company_id AS company
              FROM crm_tender t
             WHERE t.state = 'preparing' AND t.partner_id IS NOT NULL
               AND t.deadline BETWEEN %(now)s AND %(limit)s
            """,
            now=fields.Datetime.now(),
            limit=fields.Datetime.now() + timedelta(days=self.days),
        )

    def _cases_tender_bond(self):
        """A bond given ends within so many days while the tender is undecided, or has not come back so many days
        after its end; told to the salesperson."""
        return SQL(
            """
            SELECT t.partner_id, 'crm.tender,' || t.id || ' bond ' || t.bond_valid_until AS case_key,
                   concat_ws(' ', left(t.name, 100), t.bond_valid_until) AS detail, t.user_id,
                   t.company_id AS company
              FROM crm_tender t
             WHERE t.partner_id IS NOT NULL AND t.bond_date IS NOT NULL AND t.bond_date_returned IS NULL
               AND CASE WHEN t.state IN ('preparing', 'submitted') THEN t.bond_valid_until <= %(ahead)s
                        ELSE t.bond_valid_until <= %(past)s END
            """,
            ahead=fields.Date.today() + timedelta(days=self.days),
            past=fields.Date.today() - timedelta(days=self.days),
        )
