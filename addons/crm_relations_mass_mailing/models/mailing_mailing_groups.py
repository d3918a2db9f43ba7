from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

READERS = "crm_relations.group_user,crm_relations.group_auditor"


class MailingMailing(models.Model):
    """Customer groups as recipients: whoever is a member when the mailing goes out."""

    _inherit = "mailing.mailing"

    crm_customer_group_ids = fields.Many2many(
        "crm.customer.group",
        "crm_mailing_customer_group_rel",
        "mailing_id",
        "group_id",
        string="Customer Groups",
        # without its groups the mailing would go to all customers; archived ones are groups as well
        ondelete="restrict",
        context={"active_test": False},
        groups=READERS,
        help="Members of these groups only, as the groups are when the mailing goes out. Empty: all customers.",
    )
    crm_group_recipient_count = fields.Integer(
        string="Recipients in the Groups", compute="_compute_crm_group_recipient_count", groups=READERS
    )

    # === COMPUTE METHODS === #

    @api.depends("crm_customer_group_ids", "mailing_domain", "mailing_model_id", "user_id")
    def _compute_crm_group_recipient_count(self):
        for mailing in self:
            domain = mailing._get_recipients_domain() if mailing._crm_target_groups() else Domain.FALSE
            mailing.crm_group_recipient_count = self.env["res.partner"].search_count(domain)

    @api.onchange("mailing_model_id")
    def _onchange_crm_customer_groups(self):
        if self.mailing_model_real != "res.partner":
            self.crm_customer_group_ids = False

    # === RECIPIENTS === #

    def _crm_target_groups(self):
        """The groups whose members are the recipients."""
        self.ensure_one()
        # sudo: a mailing is counted and sent by people, and by the scheduled job, who know nothing of groups
        groups = self.sudo().crm_customer_group_ids._origin
        return groups if self.mailing_model_real == "res.partner" else groups.browse()

    def _get_recipients_domain(self):
        """Of those who fulfil the condition, the members of the groups whom the responsible person may read.

        The scheduled job, which sends, could read everybody.
        """
        domain = super()._get_recipients_domain()
        groups = self._crm_target_groups()
        if not groups:
            return domain
        # sudo: as for the groups
        members = self.env["crm.customer.group.member"].sudo()
        query = members._search([("group_id", "in", groups.ids)])
        customer = SQL.identifier(query.table, "partner_id", to_flush=members._fields["partner_id"])
        domain &= Domain("id", "any!", query.select(customer))
        if self.user_id:
            # sudo: the companies of another user
            companies = self.user_id.sudo().company_ids.ids
            partners = self.env["res.partner"].with_user(self.user_id).with_context(allowed_company_ids=companies)
            domain &= Domain("id", "any!", partners._search(Domain.TRUE))
        return domain

    def _get_remaining_recipients(self):
        """As the groups are now: dynamic ones are refreshed first, unless somebody is doing that."""
        groups = self._crm_target_groups().filtered(lambda group: group.kind == "dynamic" and group.active)
        groups.try_lock_for_update(allow_referencing=True)._refresh_members()
        return super()._get_remaining_recipients()
