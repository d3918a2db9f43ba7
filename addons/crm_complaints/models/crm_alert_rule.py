from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.alert import AlertCondition
from odoo.tools import SQL


class CrmAlertRule(models.Model):
    _inherit = "crm.alert.rule"

    @api.model
    def _conditions(self):
        return super()._conditions() | {
            "complaint_again": AlertCondition(
                self.env._("Another complaint within so many days"), "_cases_complaint_again"
            )
        }

    def _cases_complaint_again(self):
        """A customer complained again within so many days of an earlier complaint; told to who handles the later one.

        Each complaint that follows another one is a case, until it is as many days old itself. Complaints in companies
        out of the owner's reach do not count.
        """
        # sudo: the companies of the owner
        companies = self.company_id or self.owner_id.sudo().company_ids
        self.env["crm.complaint"].flush_model(
            ["accused_user_ids", "active", "code", "commercial_partner_id", "company_id", "date_received", "user_id"]
        )
        return SQL(
            """
            SELECT c.commercial_partner_id AS partner_id, 'crm.complaint,' || c.id AS case_key,
                   concat_ws(' ', c.code, c.date_received::date) AS detail, c.user_id,
                   c.company_id AS company
              FROM crm_complaint c
             WHERE c.active AND c.commercial_partner_id IS NOT NULL AND c.date_received >= %(since)s
                   -- alerts are for all who see the customer, also for the employee complained about
               AND NOT EXISTS (SELECT FROM crm_complaint_accused_rel r WHERE r.complaint_id = c.id)
               AND c.company_id IN %(companies)s
               AND EXISTS (
                    SELECT FROM crm_complaint earlier
                     WHERE earlier.commercial_partner_id = c.commercial_partner_id AND earlier.active
                       AND earlier.company_id IN %(companies)s
                       AND (earlier.date_received, earlier.id) < (c.date_received, c.id)
                       AND earlier.date_received >= c.date_received - %(span)s)
            """,
            since=fields.Datetime.now() - timedelta(days=self.days),
            span=timedelta(days=self.days),
            companies=tuple(companies.ids) or (None,),
        )
