from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

DAY = timedelta(days=1)
MONTH_DAYS = 30.4375
"""Mean length of a month in days."""


class CrmComplaintExposure(models.Model):
    """How much was sold in a month: what complaints are counted against.

    Typed or imported here; with the ERP bridge it comes from confirmed orders.
    """

    _name = "crm.complaint.exposure"
    _description = "Orders per Month"
    _order = "date desc, id desc"
    _rec_name = "date"

    date = fields.Date(string="Month", required=True, index=True, help="Any day of the month; the first is kept.")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", ondelete="cascade", help="Empty: all products together."
    )
    orders = fields.Integer(required=True)

    _orders_positive = models.Constraint("CHECK (orders >= 0)", "The number of orders is not negative.")
    _month_uniq = models.UniqueIndex(
        "(company_id, date, COALESCE(product_id, 0))", "The orders of this month are noted already."
    )

    @api.constrains("date")
    def _check_first_of_month(self):
        if any(exposure.date.day != 1 for exposure in self):
            raise ValidationError(self.env._("A month is noted by its first day."))

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._first_of_month(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._first_of_month(vals))

    @api.model
    def _first_of_month(self, vals):
        day = fields.Date.to_date(vals.get("date"))
        return {**vals, "date": day.replace(day=1)} if day else vals

    @api.model
    def _orders_between(self, company, product, spans):
        """Orders in each of some periods, a month counted by its days; None where a month is not known.

        :param spans: list of (first day, day after the last)
        :return: list of float or None
        """
        if not spans:
            return []
        first = min(start for start, _end in spans).replace(day=1)
        # sudo: the numbers of orders are the same for everybody who looks at a chart
        months = {
            exposure.date: exposure.orders
            for exposure in self.sudo().search(
                Domain("company_id", "=", company.id)
                & Domain("product_id", "=", product.id)
                & Domain("date", ">=", first)
                & Domain("date", "<", max(end for _start, end in spans))
            )
        }
        return [self._orders_in(months, start, end) for start, end in spans]

    @api.model
    def _orders_in(self, months, start, end):
        total, day = 0.0, start
        while day < end:
            month = day.replace(day=1)
            following = (month + 32 * DAY).replace(day=1)
            if not months.get(month):
                return None
            part = min(end, following) - day
            total += months[month] * (part / (following - month))
            day += part
        return total
