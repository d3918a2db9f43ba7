from datetime import datetime

import pytz

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_won_on_confirmation = fields.Boolean(
        string="Won on Confirmation", help="An open opportunity is won as soon as one of its quotations is confirmed."
    )
    crm_remedy_post = fields.Boolean(
        string="Post Credit Notes of Remedies",
        help="Approved credit notes and refunds are posted at once. Otherwise an accountant posts the draft.",
    )
    crm_remedy_confirm = fields.Boolean(
        string="Confirm Replacement Orders",
        help="Approved replacements are confirmed orders at once. Otherwise a salesperson confirms the quotation.",
    )
    crm_credit_check = fields.Selection(
        [("off", "Show nothing"), ("warn", "Warn"), ("block", "Block, a sales manager may allow it")],
        string="Customer's Debts on Quotations", default="warn", required=True,
        help="What happens when a customer is over the credit limit or has overdue invoices.",
    )  # fmt: skip
    crm_credit_days = fields.Integer(
        string="Tolerated Days", help="Invoices count as overdue when they are due for longer than these days."
    )

    _crm_credit_days_positive = models.Constraint(
        "CHECK (COALESCE(crm_credit_days, 0) >= 0)", "The tolerated days are not negative."
    )

    def _crm_moment(self, day, hour):
        """A time of a day where the company is (time zone of its contact), in UTC as Odoo stores it."""
        # sudo: the time zone of the company's contact is no secret
        zone = pytz.timezone(self.sudo().partner_id.tz or "UTC")
        return zone.localize(datetime.combine(day, hour)).astimezone(pytz.UTC).replace(tzinfo=None)
