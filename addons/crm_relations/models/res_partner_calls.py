from odoo import api, fields, models
from odoo.tools import SQL

from ..const import OF_CUSTOMER


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_call_ids = fields.One2many(
        "crm.call", "partner_id", string="Calls", domain=OF_CUSTOMER, groups="crm_relations.group_call_agent"
    )

    def _crm_call_values(self):
        """What customers are worth to us, to decide between callers who wait equally long.

        Here: expected revenue of the opportunities won in the last twelve months or still open, of the whole company.
        An addon that knows better (invoices, scores) overrides it.

        :return: ``{partner id: amount}`` in company currency
        """
        if not self:
            return {}
        self.env["crm.lead"].flush_model(["crm_commercial_partner_id", "expected_revenue", "active", "won_status"])
        year_ago = fields.Datetime.subtract(fields.Datetime.now(), years=1)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT crm_commercial_partner_id, SUM(expected_revenue)
                  FROM crm_lead
                 WHERE crm_commercial_partner_id = ANY(%s) AND active AND type = 'opportunity'
                   AND (won_status = 'pending' OR (won_status = 'won' AND date_closed >= %s))
                 GROUP BY 1
                """,
                self.commercial_partner_id.ids,
                year_ago,
            )
        )
        amounts = {partner_id: float(amount or 0.0) for partner_id, amount in rows}
        return {partner.id: amounts.get(partner.commercial_partner_id.id, 0.0) for partner in self}

    @api.model
    def _crm_tel(self, number):
        """A number as the address of a link that dials it."""
        cleaned = "".join(char for char in number or "" if char.isdigit() or char == "+")
        return f"tel:{cleaned}" if cleaned else ""
