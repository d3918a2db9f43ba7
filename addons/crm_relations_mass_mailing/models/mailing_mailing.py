from odoo import api, fields, models


class MailingMailing(models.Model):
    """A mailing says what it is for; the rules of contact decide who gets it."""

    _inherit = "mailing.mailing"

    crm_purpose = fields.Selection(
        selection=lambda self: self.env["mail.compose.message"]._fields["crm_purpose"]._description_selection(self.env),
        string="Purpose",
        required=True,
        default="marketing",
        help="Who may not be contacted for this purpose is left out. Mailings for service leave out nobody.",
    )
    crm_consent_purpose_id = fields.Many2one(
        "crm.consent.purpose",
        string="About",
        domain="[('kind', '=', crm_purpose)]",
        index="btree_not_null",
        ondelete="restrict",
        help="The purpose that customers agreed to. Empty: the one of that kind in general.",
    )
    crm_contact_override = fields.Char(
        string="Why All the Same",
        groups="crm_relations.group_manager",
        copy=False,
        help="The reason for which the rules of contact do not count for this mailing.",
    )
    crm_refused_count = fields.Integer(
        string="Left Out", compute="_compute_crm_refused_count", groups="crm_relations.group_user"
    )

    @api.depends("mailing_trace_ids.failure_type")
    def _compute_crm_refused_count(self):
        counts = dict(
            self.env["mailing.trace"]._read_group(
                [("mass_mailing_id", "in", self.ids), ("failure_type", "=", "mail_optout")],
                ["mass_mailing_id"],
                ["__count"],
            )
        )
        for mailing in self:
            mailing.crm_refused_count = counts.get(mailing, 0)

    def _crm_purpose_code(self):
        """What the rules of contact are asked about."""
        self.ensure_one()
        return self.crm_consent_purpose_id.code or self.crm_purpose

    @api.onchange("crm_purpose")
    def _onchange_crm_purpose(self):
        if self.crm_consent_purpose_id.kind != self.crm_purpose:
            self.crm_consent_purpose_id = False

    def action_crm_refused(self):
        """The recipients that were left out."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Left Out"),
            "res_model": "mailing.trace",
            "view_mode": "list,form",
            "domain": [("mass_mailing_id", "=", self.id), ("failure_type", "=", "mail_optout")],
        }
