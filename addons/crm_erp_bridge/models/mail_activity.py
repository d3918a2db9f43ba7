from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A to-do that is a step of a request finishes the step."""
        steps = self.env["crm.request.step"]
        if not self.env.context.get("crm_request_running"):
            # sudo: whoever does the to-do need not see the request; only its own step is marked
            steps = steps.sudo().search(
                [("res_model", "=", "mail.activity"), ("res_id", "in", self.ids), ("state", "=", "started")]
            )
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if steps:
            steps._finish_work()
        return result
