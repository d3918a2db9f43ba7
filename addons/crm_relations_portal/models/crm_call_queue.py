from odoo import api, fields, models


class CrmCallQueue(models.Model):
    _inherit = "crm.call.queue"

    callback_online = fields.Boolean(
        string="Asked for Online",
        help="Customers ask for callbacks of this queue in the portal and on the page /callback; its name is shown.",
    )

    @api.model
    def _online(self, company):
        """The queues of a company that are offered to customers."""
        # sudo: name and number of queues that are published on purpose
        return self.sudo().search([("callback_online", "=", True), ("company_id", "=", company.id)])
