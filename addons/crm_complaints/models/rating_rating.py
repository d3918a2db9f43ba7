from odoo import models
from odoo.exceptions import UserError

BAD_UNTIL = 2


class RatingRating(models.Model):
    _inherit = "rating.rating"

    def action_make_complaint(self):
        """A bad rating is an expression of dissatisfaction: a complaint of it, received when it was given; once.

        :raises UserError: for good ratings and those not given yet
        """
        self.ensure_one()
        if not self.consumed or self.rating > BAD_UNTIL:
            raise UserError(self.env._("Only a bad rating that was given becomes a complaint."))
        complaint = self.env["crm.complaint"]._make_from(
            self,
            {
                "name": self.env._("Bad rating: %(document)s", document=self.res_name or self.display_name),
                "partner_id": self.partner_id.id,
                "channel": "other",
                "date_received": self.write_date,
                "description": self.feedback,
                "product_reference": self.res_name,
            },
        )
        return complaint._get_records_action()
