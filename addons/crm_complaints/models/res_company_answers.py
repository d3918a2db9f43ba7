from odoo import fields, models


# A file of its own, so that none grows beyond reading: pylint: disable=consider-merging-classes-inherited
class ResCompany(models.Model):
    _inherit = "res.company"

    complaint_review_days = fields.Integer(
        string="Second Look at Complaints within",
        default=60,
        help="Days after closing in which the customer may ask for a second look.",
    )
    complaint_ask_rating = fields.Boolean(
        string="Ask for Satisfaction", help="When a complaint is closed, the customer is asked how it went."
    )
    complaint_adr_name = fields.Char(
        string="External Body",
        help="Ombudsman or dispute resolution body that customers may turn to. Named in letters where the law asks it.",
    )
    complaint_adr_url = fields.Char(string="Website of the External Body")
    complaint_adr_months = fields.Integer(
        string="Referral within Months", default=6, help="How long after our answer the customer may turn there."
    )

    _complaint_review_days_positive = models.Constraint(
        "CHECK(complaint_review_days >= 0)", "The days for a second look cannot be negative."
    )
