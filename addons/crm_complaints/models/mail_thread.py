import xmlrpc.client

from odoo import api, models

from ..tools.file_names import safe_file_name


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_process(
        self, model, message, custom_values=None, save_original=False, strip_attachments=False, thread_id=None
    ):
        """Mails for complaints are kept before they are processed, see ``crm.complaint.intake``."""
        intakes = self.env["crm.complaint.intake"].sudo()  # sudo: the gateway writes the ledger, nobody else does
        options = {
            "custom_values": custom_values,
            "save_original": save_original,
            "strip_attachments": strip_attachments,
            "thread_id": thread_id,
        }
        if not self.env.context.get("complaint_intake_id"):
            raw = message.data if isinstance(message, xmlrpc.client.Binary) else message
            raw = raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else bytes(raw)
            if intakes._concerns(raw, model):
                return intakes._receive(raw, model=model, **options)
        return super().message_process(model, message, **options)

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        """A complainant who writes thirty times in an hour is no loop: all is kept, one acknowledgement is sent."""
        context = self.env.context
        if (
            context.get("complaint_intake_id")
            and not context.get("complaint_silent")
            and all(route[0] == "crm.complaint" for route in routes or ())
        ):
            return False
        return super()._detect_loop_sender(message, message_dict, routes)

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """A stranger's answer to a mail of somebody's complaint does not land in that complaint."""
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        if self.env.context.get("complaint_intake_id"):
            # a file may be called anything; parts of a path and hidden writing directions reach nobody's disk
            message_dict["attachments"] = [
                attachment._replace(fname=safe_file_name(attachment.fname or ""))
                for attachment in message_dict.get("attachments") or ()
            ]
            complaints = self.env["crm.complaint"]
            routes = complaints._routes_to_complaints(routes, message, message_dict, model, custom_values)
            routes = [complaints._checked_route(route, message_dict) for route in routes]
            # sent to two of our addresses it is still one complaint; the ledger names both
            further = [route for route in routes if route[0] == "crm.complaint"][1:]
            routes = [route for route in routes if not any(route is other for other in further)]
        return routes
