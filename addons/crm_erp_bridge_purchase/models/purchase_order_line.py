from odoo import models
from odoo.tools import float_compare, format_date


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    def _crm_still_to_come(self):
        """Lines of which something is still to come."""
        return self.filtered(
            lambda line: line.state != "cancel"
            and float_compare(line.qty_received, line.product_qty, precision_rounding=line.product_uom_id.rounding) < 0
        )

    def _crm_wait(self):
        """What a customer's line waits for, when these are bought for it: (date, reason) of the latest.

        A request for quotation says so: nobody has ordered it yet, so its date is only planned.
        """
        last = max(self, key=lambda line: (line.date_planned or line.create_date, line.id))
        order = last.order_id
        values = {
            "order": order.name,
            "vendor": order.partner_id.display_name,
            "date": format_date(self.env, last.date_planned.date()) if last.date_planned else "?",
        }
        if order.state == "purchase":
            return last.date_planned, self.env._("Bought with %(order)s from %(vendor)s, expected %(date)s.", **values)
        return last.date_planned, self.env._(
            "To be bought with %(order)s from %(vendor)s, which is not ordered yet; planned for %(date)s.", **values
        )
