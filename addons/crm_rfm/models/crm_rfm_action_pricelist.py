from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmRfmAction(models.Model):
    """A price list for the customers of an action, for the measured days.

    Customers who have a price list of their own keep it. It is taken back only from those
    who still have the one that was given.
    """

    _inherit = "crm.rfm.action"

    plan_activities = fields.Boolean(
        default=True, tracking=True, help="For each customer an activity for the salesperson."
    )
    pricelist_id = fields.Many2one(
        "product.pricelist", "Price List", tracking=True, index="btree_not_null", ondelete="restrict",
        domain="[('company_id', 'in', [False, company_id])]",
        help="Given to the treated customers when they enter, and taken back when the measured days are over."
             " Customers with a price list of their own keep it.",
    )  # fmt: skip

    @api.constrains("pricelist_id", "model_id")
    def _check_pricelist_company(self):
        for action in self:
            owner = action.pricelist_id.company_id
            if owner and owner != action.company_id:
                raise ValidationError(
                    self.env._(
                        "Price List: “%(name)s” belongs to another company than the scores.",
                        name=action.pricelist_id.name,
                    )
                )

    def _give_pricelist(self):
        """Set the price list of the customers who entered, have none of their own and are not restricted."""
        if not self.pricelist_id:
            return
        lines = self.env["crm.rfm.action.line"].search(
            [
                ("action_id", "=", self.id),
                ("arm", "=", "treated"),
                ("state", "=", "waiting"),
                ("pricelist_id", "=", False),
                ("partner_id", "any", self.env["res.partner"]._crm_unrestricted_domain()),
            ]
        )
        lines = lines.with_company(self.company_id)
        given = lines.filtered(lambda line: not line.partner_id.specific_property_product_pricelist)
        given.partner_id.specific_property_product_pricelist = self.pricelist_id
        given.pricelist_id = self.pricelist_id

    def _take_back_pricelist(self, today):
        """Remove price lists whose days are over; a restricted customer's waits until that is lifted.

        Who has entered again keeps it for the days of that entry, which found it given already.
        """
        ended = today - timedelta(days=self.horizon_days)
        lines = self.env["crm.rfm.action.line"].search(
            [
                ("action_id", "=", self.id),
                ("pricelist_id", "!=", False),
                ("entered_on", "<", ended),
                ("partner_id", "any", self.env["res.partner"]._crm_unrestricted_domain()),
            ]
        )
        again = self.env["crm.rfm.action.line"].search(
            [
                ("action_id", "=", self.id),
                ("partner_id", "in", lines.partner_id.ids),
                ("entered_on", ">=", ended),
            ]
        )
        lines.filtered(lambda line: line.partner_id not in again.partner_id)._take_back_pricelist()
