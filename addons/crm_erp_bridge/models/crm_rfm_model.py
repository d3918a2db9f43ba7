from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

#: days for which a complaint is remembered as a factor of the chance to buy
COMPLAINT_DAYS = 180


class CrmRfmModel(models.Model):
    """What complaints and work say about a customer: a factor of the chance, and parts of the cost to serve."""

    _inherit = "crm.rfm.model"

    @api.model
    def _get_factors(self):
        return super()._get_factors() | {
            "complaint": self.env._("complained within %(days)s days", days=COMPLAINT_DAYS)
        }

    def _factor_query_complaint(self, as_of):
        """Customers whose complaint was received in the half year before a day."""
        return SQL(
            """
            SELECT c.commercial_partner_id AS partner_id
              FROM crm_complaint c
             WHERE c.commercial_partner_id IS NOT NULL
               AND (c.company_id IS NULL OR c.company_id IN %(companies)s)
               AND c.date_received >= %(first)s AND c.date_received < %(end)s
            """,
            companies=self._get_source_company_ids(),
            first=as_of - timedelta(days=COMPLAINT_DAYS - 1),
            end=as_of + timedelta(days=1),
        )

    @api.model
    def _get_service_kinds(self):
        return super()._get_service_kinds() | {
            "work": self.env._("work that was not sold"),
            "remedy": self.env._("remedies for complaints"),
        }

    def _service_query_work(self, as_of):
        """Hours on timesheets that no order line pays for.

        Hours, not the cost on the timesheet: from that the wage of a colleague could be told.
        """
        return SQL(
            """
            SELECT l.partner_id, l.unit_amount::numeric AS hours, 0::numeric AS amount
              FROM account_analytic_line l
             WHERE l.project_id IS NOT NULL AND l.so_line IS NULL AND l.partner_id IS NOT NULL
               AND l.company_id IN %(companies)s AND l.date >= %(first)s AND l.date < %(end)s
            """,
            companies=self._get_source_company_ids(),
            **self._service_days(as_of),
        )

    def _service_query_remedy(self, as_of):
        """What remedies that were carried out cost us, without taxes.

        Those that a credit note made lower the net value already.
        """
        return SQL(
            """
            SELECT r.commercial_partner_id AS partner_id, 0::numeric AS hours, r.own_cost::numeric AS amount
              FROM crm_complaint_remedy r
             WHERE r.state = 'done' AND r.own_cost > 0 AND r.commercial_partner_id IS NOT NULL
               AND r.res_model IS DISTINCT FROM 'account.move'
               AND r.company_id IN %(companies)s AND r.date_done >= %(first)s AND r.date_done < %(end)s
            """,
            companies=self._get_source_company_ids(),
            **self._service_days(as_of),
        )
