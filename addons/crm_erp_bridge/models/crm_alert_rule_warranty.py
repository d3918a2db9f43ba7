from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.alert import AlertCondition
from odoo.tools import SQL


class CrmAlertRule(models.Model):
    """The end of warranties as a condition of alert rules: the last moment for a check, an extension, a new offer."""

    _inherit = "crm.alert.rule"

    @api.model
    def _conditions(self):
        return super()._conditions() | {
            "warranty_ending": AlertCondition(
                self.env._("Warranty of a product ends within so many days"), "_cases_warranty_ending"
            ),
        }

    def _cases_warranty_ending(self):
        """The warranty of what an invoice sold ends within so many days; what was taken back whole has none.

        It runs from the date of the invoice: its last day is the day before the same day so many months later.
        """
        # sudo: the companies of the owner
        companies = self.company_id or self.owner_id.sudo().company_ids
        self.env["account.move"].flush_model()
        self.env["account.move.line"].flush_model(["move_id", "product_id", "quantity", "display_type"])
        self.env["product.template"].flush_model(["crm_warranty_months", "name"])
        self.env["product.product"].flush_model(["product_tmpl_id"])
        return SQL(
            """
            SELECT sold.partner_id, 'account.move.line,' || sold.line_id || ' warranty ' || sold.until AS case_key,
                   concat_ws(' ', left(sold.product, 100), sold.until) AS detail, sold.user_id, sold.company
              FROM (
                    SELECT m.commercial_partner_id AS partner_id, l.id AS line_id, t.name ->> 'en_US' AS product,
                           m.invoice_user_id AS user_id, m.company_id AS company,
                           (m.invoice_date + make_interval(months => t.crm_warranty_months))::date - 1 AS until
                      FROM product_template t
                      JOIN product_product p ON p.product_tmpl_id = t.id
                      JOIN account_move_line l ON l.product_id = p.id AND l.display_type = 'product'
                      JOIN account_move m ON m.id = l.move_id
                     WHERE t.crm_warranty_months > 0 AND l.quantity > 0
                       AND m.move_type = 'out_invoice' AND m.state = 'posted' AND m.payment_state <> 'reversed'
                       AND m.company_id IN %(companies)s AND m.commercial_partner_id IS NOT NULL
                   ) AS sold
             WHERE sold.until BETWEEN %(today)s AND %(limit)s
            """,
            companies=tuple(companies.ids) or (None,),
            today=fields.Date.today(),
            limit=fields.Date.today() + timedelta(days=self.days),
        )
