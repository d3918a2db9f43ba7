from odoo import api, models

CHANNEL_BY_CATEGORY = {"phonecall": "phone", "meeting": "meeting"}


class MailActivity(models.Model):
    """Calls and meetings that people schedule keep to the rules of contact.

    An activity has a day, no time: it is judged by the best time of that day.
    Activities that Odoo makes by itself are never refused, only logged.
    """

    _inherit = "mail.activity"

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._crm_check_contact_rules()
        return activities

    def write(self, vals):
        result = super().write(vals)
        if not {"activity_type_id", "date_deadline", "res_id", "res_model_id"}.isdisjoint(vals):
            self._crm_check_contact_rules()
        return result

    def _crm_check_contact_rules(self):
        """Ask for all calls and meetings with customers: one question per channel and day.

        :raises UserError: when one that a person schedules is refused
        """
        planned = self.filtered(
            lambda activity: activity.active
            and activity.activity_category in CHANNEL_BY_CATEGORY
            and activity.date_deadline
            and activity.crm_partner_id
        )
        for (category, day, automated), alike in planned.grouped(
            lambda one: (one.activity_category, one.date_deadline, one.automated)
        ).items():
            alike.crm_partner_id._crm_contact_check(
                CHANNEL_BY_CATEGORY[category],
                "sales",
                day,
                origins={
                    activity.crm_partner_id.id: self.env[activity.res_model].browse(activity.res_id)
                    for activity in alike
                },
                happened=automated,
            )
