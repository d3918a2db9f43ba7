from odoo import api, models
from odoo.tools import SQL


class CrmOrderFlow(models.Model):
    """Goods that are bought for an order are expected when the vendor brings them, if that is later."""

    _inherit = "crm.order.flow"

    _depends = {
        "purchase.order.line": ["date_planned", "order_id", "product_qty", "qty_received"],
        "purchase.order": ["state"],
        "stock.move": ["created_purchase_line_ids", "move_orig_ids", "purchase_line_id"],
    }

    @api.model
    def _joins(self):
        return SQL(
            """
            %s
            LEFT JOIN LATERAL (
                %s
                SELECT MAX(bought.date_planned) AS expected
                  FROM supply
                  JOIN stock_move move ON move.id = supply.id
                  LEFT JOIN stock_move_created_purchase_line_rel made ON made.move_id = move.id
                  JOIN purchase_order_line bought ON bought.id IN (move.purchase_line_id, made.created_purchase_line_id)
                  JOIN purchase_order ON purchase_order.id = bought.order_id AND purchase_order.state <> 'cancel'
                 WHERE bought.qty_received < bought.product_qty
            ) purchase ON TRUE
            """,
            super()._joins(),
            self._supply_sql(),
        )

    @api.model
    def _expected_sql(self):
        return SQL("GREATEST(%s, purchase.expected)", super()._expected_sql())
