import logging

from odoo import api, models
from odoo.addons.crm_complaints.tools.intake import verdict

_logger = logging.getLogger(__name__)
ROBOTS = ("automatic", "bounce")


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Answers of robots (out of office, undeliverable) make no requests; on an existing one they are kept."""
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        fresh = [route for route in routes or () if route[0] == "crm.request" and not route[1]]
        if fresh and verdict(message.as_bytes()) in ROBOTS:
            _logger.info("No request of the automatic message %s", message_dict.get("message_id"))
            routes = [route for route in routes if not any(route is other for other in fresh)]
        return routes
