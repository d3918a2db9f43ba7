from odoo import api, models
from odoo.tools import SQL


class CrmOrderFlow(models.Model):
    """Goods that are made for an order are expected when they are made, if that is later."""

    _inherit = "crm.order.flow"

    _depends = {
        "mrp.production": ["date_finished", "state"],
        "stock.move": ["move_orig_ids", "production_id"],
    }

    @api.model
    def _joins(self):
        return SQL(
            """
            %s
            LEFT JOIN LATERAL (
                %s
                SELECT MAX(made.date_finished) AS expected
                  FROM supply
                  JOIN stock_move move ON move.id = supply.id
                  JOIN mrp_production made ON made.id = move.production_id AND made.state NOT IN ('done', 'cancel')
            ) production ON TRUE
            """,
            super()._joins(),
            self._supply_sql(),
        )

    @api.model
    def _expected_sql(self):
        return SQL("GREATEST(%s, production.expected)", super()._expected_sql())
