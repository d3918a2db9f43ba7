from odoo import api, fields, models

from .mail_activity_contact import CHANNEL_BY_CATEGORY


class MailActivitySchedule(models.TransientModel):
    """What the rules of contact say is shown before a call or a meeting is scheduled."""

    _inherit = "mail.activity.schedule"

    crm_contact_override = fields.Char(
        string="Why All the Same",
        help="The reason for which the rules of contact do not count here. Administrators only.",
    )
    crm_contact_advice = fields.Text(string="Rules of Contact", compute="_compute_crm_contact_advice")
    crm_contact_effect = fields.Char(compute="_compute_crm_contact_advice")

    @api.depends("activity_type_id", "date_deadline", "res_model", "res_ids", "plan_id")
    @api.depends_context("lang", "tz", "company")
    def _compute_crm_contact_advice(self):
        fields_of = self.env["mail.activity"]._crm_partner_fields()
        for wizard in self:
            effect, advice = "allow", ""
            channel = CHANNEL_BY_CATEGORY.get(wizard.activity_type_id.category)
            if channel and wizard.date_deadline and not wizard.plan_id and wizard.res_model in fields_of:
                name = fields_of[wizard.res_model]
                records = wizard._get_applied_on_records()
                partners = records if name == "id" else records[name]
                effect, advice = partners._crm_contact_advice_all(channel, "sales", wizard.date_deadline)
            wizard.crm_contact_advice = advice
            wizard.crm_contact_effect = effect

    def _action_schedule_activities(self):
        wizard = self.with_context(crm_contact_override=self.crm_contact_override)
        return super(MailActivitySchedule, wizard)._action_schedule_activities()
