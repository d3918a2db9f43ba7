from odoo import api, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.model_create_multi
    def create(self, vals_list):
        """An activity of a complaint never goes to the employee complained about, whoever or whatever plans it."""
        activities = super().create(vals_list)
        activities._keep_from_accused()
        return activities

    def write(self, vals):
        result = super().write(vals)
        if vals.get("user_id"):
            self._keep_from_accused()
        return result

    def _keep_from_accused(self):
        own = self.sudo().filtered(lambda activity: activity.res_model == "crm.complaint")
        for activity in own:  # sudo: the planner need not know who is complained about
            complaint = self.env["crm.complaint"].sudo().browse(activity.res_id)
            if activity.user_id and activity.user_id in complaint.accused_user_ids:
                activity.user_id = complaint._activity_user()
