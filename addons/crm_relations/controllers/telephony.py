import logging
import time

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..tools import call_intake, call_signature

_logger = logging.getLogger(__name__)

MAX_BYTES = 200_000
STATUS = {"timestamp": 400, "signature": 401, "expired": 401}
WORDS = {
    "timestamp": "X-CRM-Timestamp has to be seconds since 1970.",
    "signature": "X-CRM-Signature does not match the time and the body.",
    "expired": "X-CRM-Timestamp is more than 300 seconds away from our clock.",
}


class TelephonyController(http.Controller):
    """Where telephone systems report their calls. The format is in the README, "Telephone Events"."""

    # no session, no cookie: the signature says who it is, so there is nothing that a foreign page could abuse
    @http.route(
        "/crm/telephony/<string:code>", type="http", auth="none", methods=["POST"], csrf=False, save_session=False,
        readonly=False,
    )
    def telephony_events(self, code, **kw):
        """Take signed events; the answer says for each whether it is new, known or refused, and why."""
        if request.httprequest.mimetype != "application/json":
            return self._refuse(code, 415, "content_type", "Content-Type has to be application/json.")
        if (request.httprequest.content_length or 0) > MAX_BYTES:
            return self._refuse(code, 413, "too_large", f"At most {MAX_BYTES} bytes at once.")
        body = request.httprequest.get_data()  # kept: Odoo may repeat the request after a conflict
        # sudo: the sender has no user; what it may do is to report calls of its own system, proved by the signature
        system = request.env["crm.call.system"].sudo().search([("code", "=", code)])
        headers = request.httprequest.headers
        timestamp, signature = headers.get("X-CRM-Timestamp", ""), headers.get("X-CRM-Signature", "")
        # an unknown system is answered like a wrong signature: nobody finds out which there are
        found = call_signature.problem(system.secret or "", timestamp, signature, body, time.time())
        if not found and not system:
            found = "signature"
        if found:
            return self._refuse(code, STATUS[found], found, WORDS[found])
        try:
            events = call_intake.read_body(body)
        except call_intake.Invalid as error:
            return self._refuse(code, 400, "invalid", str(error))
        results = request.env["crm.call.event"].with_user(SUPERUSER_ID)._take_all(system, events)
        status = 422 if any(result["status"] == "refused" for result in results) else 200
        return request.make_json_response({"results": results}, status=status)

    def _refuse(self, code, status, error, message):
        _logger.warning("Telephone system %r refused (%s): %s", code[:50], error, message)
        return request.make_json_response({"error": error, "message": message}, status=status)
