import json

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..tools.request_file import MAX_BYTES

KINDS = {"application/json": "json", "text/csv": "csv", "application/xml": "xml", "text/xml": "xml"}
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class RequestDoor(http.Controller):
    """Signed messages of other systems; see ``crm.request.door`` and ``static/schema/openapi.v1.json``."""

    # it writes: without readonly=False Odoo opens a read-only transaction for routes without a user
    @http.route(
        "/crm_erp_bridge/door/<string:token>",
        type="http", auth="none", methods=["POST"], csrf=False, readonly=False, save_session=False,
    )  # fmt: skip
    def receive(self, token, **_form):
        """Take one message: ``{"payloads": [...]}``, a list, one payload, a CSV file or a UBL order.

        The message's key (``webhook-id``) stands for payloads that have none, so a message sent twice is one.
        """
        if (request.httprequest.content_length or 0) > MAX_BYTES:
            return self._answer(413, error=request.env._("The message is too long."))
        body = request.httprequest.get_data()
        headers = {name: request.httprequest.headers.get(name) for name in HEADERS}
        door = request.env["crm.request.door"]._find_signed(token, headers, body)
        if not door:
            return self._answer(401, error=request.env._("Unknown address, wrong signature, or sent too long ago."))
        kind = KINDS.get(request.httprequest.mimetype)
        if not kind:
            return self._answer(415, error=request.env._("Send JSON, CSV or XML."))
        request.update_env(user=door.user_id.id, su=False)
        try:
            # sudo: the user of the door has no right on doors
            results = door.with_env(request.env).sudo()._take_in(kind, body, key_prefix=headers["webhook-id"][:100])
        except UserError as error:
            return self._answer(400, error=str(error))
        refused = all(result["status"] == "error" for result in results)
        return self._answer(422 if refused else 200, results=results)

    @staticmethod
    def _answer(status, **content):
        return request.make_response(
            json.dumps(content), headers=[("Content-Type", "application/json; charset=utf-8")], status=status
        )
