from odoo import models


class SaleOrder(models.Model):
    """Accountants open orders without a right on cards: Odoo's own fields about cards would refuse the whole form."""

    _inherit = "sale.order"

    def _compute_gift_card_count(self):
        """Without a right on cards the button would lead nowhere, so there is none."""
        if self.env["loyalty.card"].has_access("read"):
            return super()._compute_gift_card_count()
        self.gift_card_count = 0
        return None

    def _compute_loyalty_data(self):
        # sudo: points are shown on the order to everybody who may read it
        return super(SaleOrder, self.sudo())._compute_loyalty_data()

    def _compute_reward_total(self):
        # sudo: what the lines of the order say, summed by the kind of their rewards
        return super(SaleOrder, self.sudo())._compute_reward_total()
