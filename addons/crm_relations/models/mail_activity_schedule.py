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
        order = ("allow", "warn", "refuse")
        fields_of = self.env["mail.activity"]._crm_partner_fields()
        for wizard in self:
            effect, lines = "allow", []
            channel = CHANNEL_BY_CATEGORY.get(wizard.activity_type_id.category)
            if channel and wizard.date_deadline and not wizard.plan_id and wizard.res_model in fields_of:
                name = fields_of[wizard.res_model]
                records = wizard._get_applied_on_records()
                partners = records if name == "id" else records[name]
                customers = partners._crm_contact_customers()
                decisions = customers._crm_may_contact(channel, "sales", wizard.date_deadline)
                for customer in customers:
                    decision = decisions[customer.id]
                    advice = customer._crm_contact_advice(decision)
                    if advice:
                        lines.append(f"{customer.display_name}: {advice}")
                        effect = max(effect, decision.effect, key=order.index)
            wizard.crm_contact_advice = "\n".join(lines[:10])
            wizard.crm_contact_effect = effect

    def _action_schedule_activities(self):
        wizard = self.with_context(crm_contact_override=self.crm_contact_override)
        return super(MailActivitySchedule, wizard)._action_schedule_activities()
