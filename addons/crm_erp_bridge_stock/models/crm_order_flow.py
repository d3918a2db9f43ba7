from odoo import api, fields, models
from odoo.tools import SQL

DELIVERY = "delivery"
"""Prefetch group of the columns about deliveries: read together, and only when one of them is asked for."""


class CrmOrderFlow(models.Model):
    """When the goods of an order were promised and are expected; the reasons stand on its lines."""

    _inherit = "crm.order.flow"

    promised_date = fields.Datetime(
        string="Promised", readonly=True, prefetch=DELIVERY, help="Of what is still to be delivered."
    )
    expected_date = fields.Datetime(
        string="Expected", readonly=True, prefetch=DELIVERY, help="When the last open transfer is planned."
    )
    slip_days = fields.Integer(string="Days Late", readonly=True, prefetch=DELIVERY, aggregator="max")
    slip_reason = fields.Char(string="Why Later", compute="_compute_slip_reason")

    _depends = {
        "sale.order": ["commitment_date"],
        "stock.location": ["usage"],
        "stock.move": ["date", "date_deadline", "location_dest_id", "sale_line_id", "state"],
    }

    @api.model
    def _joins(self):
        return SQL(
            """
            %s
            LEFT JOIN LATERAL (
                SELECT COALESCE(sale_order.commitment_date, MAX(move.date_deadline)) AS promised,
                       MAX(move.date) AS expected
                  FROM sale_order_line line
                  JOIN stock_move move ON move.sale_line_id = line.id
                  JOIN stock_location destination ON destination.id = move.location_dest_id
                 WHERE line.order_id = sale_order.id AND move.state NOT IN ('done', 'cancel')
                   AND destination.usage = 'customer'
                HAVING COUNT(*) > 0
            ) transfer ON TRUE
            """,
            super()._joins(),
        )

    @api.model
    def _supply_sql(self):
        """WITH clause ``supply``: the open transfers of an order and all that must come before them."""
        return SQL(
            """
            WITH RECURSIVE supply AS (
                SELECT move.id
                  FROM sale_order_line line
                  JOIN stock_move move ON move.sale_line_id = line.id
                 WHERE line.order_id = sale_order.id AND move.state NOT IN ('done', 'cancel')
                 UNION
                SELECT origin.id
                  FROM supply
                  JOIN stock_move_move_rel chain ON chain.move_dest_id = supply.id
                  JOIN stock_move origin ON origin.id = chain.move_orig_id AND origin.state NOT IN ('done', 'cancel')
            )
            """
        )

    @api.model
    def _columns(self):
        return super()._columns() | {
            "promised_date": SQL("transfer.promised"),
            "expected_date": self._expected_sql(),
            "slip_days": SQL(
                "GREATEST(COALESCE((%s)::date - transfer.promised::date, 0), 0)", self._expected_sql()
            ),
        }

    @api.model
    def _expected_sql(self):
        """When the last goods are expected; what supplies them may come later than the transfer is planned."""
        return SQL("transfer.expected")

    @api.depends("order_id")
    def _compute_slip_reason(self):
        for flow in self:
            lines = flow.order_id.order_line
            flow.slip_reason = " ".join(dict.fromkeys(filter(None, lines.mapped("crm_slip_reason")))) or False
