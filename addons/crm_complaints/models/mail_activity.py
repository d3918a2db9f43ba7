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

    def _action_done(self, feedback=False, attachment_ids=None):
        """What was promised to a customer is kept by ticking it off the list, too."""
        # sudo: who has it on the list need not see the complaint
        promises = self.env["crm.complaint.promise"].sudo()
        due = promises.search([("activity_id", "in", self.ids), ("date_kept", "=", False)])
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        due._note_kept()
        return result

    def _keep_from_accused(self):
        # sudo: the planner need not know who is complained about
        own = self.sudo().filtered(lambda activity: activity.res_model == "crm.complaint")
        complaints = self.env["crm.complaint"].sudo().browse(own.mapped("res_id"))
        for activity, complaint in zip(own, complaints, strict=True):
            if activity.user_id and activity.user_id in complaint.accused_user_ids:
                activity.user_id = complaint._activity_user()
