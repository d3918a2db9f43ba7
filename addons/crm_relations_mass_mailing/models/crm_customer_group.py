from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmCustomerGroup(models.Model):
    """From a group to a mailing to its members."""

    _inherit = "crm.customer.group"

    mailing_ids = fields.Many2many(
        "mailing.mailing",
        "crm_mailing_customer_group_rel",
        "group_id",
        "mailing_id",
        string="Mailings",
        readonly=True,
        copy=False,
        groups="mass_mailing.group_mass_mailing_user",
    )
    mailing_count = fields.Integer(
        string="Number of Mailings",
        compute="_compute_mailing_count",
        groups="mass_mailing.group_mass_mailing_user",
    )

    @api.depends("mailing_ids")
    def _compute_mailing_count(self):
        counts = dict(
            self.env["mailing.mailing"]._read_group(
                [("crm_customer_group_ids", "in", self.ids)], ["crm_customer_group_ids"], ["__count"]
            )
        )
        for group in self:
            group.mailing_count = counts.get(group._origin, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_mailed(self):
        # sudo: also mailings that the user may not see
        for group in self.sudo():
            if mailing := group.mailing_ids[:1]:
                raise UserError(
                    self.env._(
                        "The mailing “%(mailing)s” goes to the group “%(group)s”: archive the group instead.",
                        mailing=mailing.subject,
                        group=group.name,
                    )
                )

    # === ACTIONS === #

    def action_new_mailing(self):
        """Open a new mailing to the members of these groups."""
        return self._mailing_action() | {
            "name": self.env._("New Mailing"),
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_mailing_type": "mail",
                "default_mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "default_crm_customer_group_ids": self.ids,
            },
        }

    def action_mailings(self):
        """The mailings to the members of this group."""
        self.ensure_one()
        return self._mailing_action() | {
            "name": self.env._("Mailings to %(group)s", group=self.name),
            "domain": [("crm_customer_group_ids", "in", self.ids)],
            "context": {},
        }

    def _mailing_action(self):
        self.env["mailing.mailing"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("mass_mailing.mailing_mailing_action_mail")
        return action | {"path": False}
