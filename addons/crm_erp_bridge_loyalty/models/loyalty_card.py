from odoo import fields, models


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    crm_remedy_id = fields.Many2one(
        "crm.complaint.remedy", string="Remedy", copy=False, readonly=True, index="btree_not_null",
        ondelete="restrict", groups="base.group_user",
    )  # fmt: skip

    # the key of a voucher: it is given once
    _crm_remedy_uniq = models.UniqueIndex(
        "(crm_remedy_id) WHERE crm_remedy_id IS NOT NULL", "This voucher was given already."
    )

    def unlink(self):
        # sudo: whoever deletes the card need not see the complaint
        remedies = self.sudo().crm_remedy_id
        result = super().unlink()
        remedies._document_lost(self.env._("The voucher was deleted."))
        return result
