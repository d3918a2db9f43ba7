from odoo import fields, models


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    rfm_action_id = fields.Many2one(
        "crm.rfm.action", "Action for a Segment", index="btree_not_null", ondelete="set null", copy=True,
        groups="crm_rfm.group_user,crm_rfm.group_auditor",
        help="Customers who got this mailing count as contacted in the action.",
    )  # fmt: skip
