from psycopg2 import IntegrityError

from odoo import http
from odoo.addons.crm_relations import const
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

MAX_DETAILS = 5000
NEEDS_DETAILS = ("rectification",)


class PrivacyPortal(CustomerPortal):
    """What customers ask about their data; the record rule lets each see the own requests only."""

    @http.route("/my/privacy", type="http", auth="user", website=True, methods=["GET"])
    def portal_my_privacy(self, **kw):
        """The customer's requests, and the form for a new one."""
        return self._privacy_page({}, {})

    @http.route("/my/privacy", type="http", auth="user", website=True, methods=["POST"])
    def portal_file_privacy(self, **post):
        """File a request for whoever is signed in. Only kind and words are read."""
        kind, details = post.get("kind") or "", (post.get("details") or "").strip()
        errors = {}
        if kind not in dict(const.PRIVACY_KINDS):
            errors["kind"] = request.env._("Please choose what you ask for.")
        if len(details) > MAX_DETAILS:
            errors["details"] = request.env._("Please use %(number)s characters at most.", number=MAX_DETAILS)
        elif kind in NEEDS_DETAILS and not details:
            errors["details"] = request.env._("Please say what is wrong and how it should read.")
        if errors:
            return self._privacy_page({"kind": kind, "details": details}, errors)
        partner = request.env.user.partner_id
        requests = request.env["crm.privacy.request"]
        try:
            with request.env.cr.savepoint():
                found, new = requests._file_from_portal(partner, kind, details)
        except IntegrityError:  # sent twice at once
            return request.redirect("/my/privacy")
        return request.redirect(f"/my/privacy/{found.id}?filed={int(new)}")

    @http.route("/my/privacy/<int:request_id>", type="http", auth="user", website=True, methods=["GET"])
    def portal_privacy_request(self, request_id, filed=None, **kw):
        """One request and its answer."""
        try:
            asked = self._document_check_access("crm.privacy.request", request_id)
        except (AccessError, MissingError):
            return request.redirect("/my/privacy")
        return self._privacy_private(
            "crm_relations_portal.privacy_request",
            {"page_name": "crm_privacy", "asked": asked, "filed": filed},
        )

    @http.route("/my/privacy/<int:request_id>/copy", type="http", auth="user", website=True, methods=["GET"])
    def portal_privacy_copy(self, request_id, **kw):
        """The copy of the data, once the request is answered."""
        try:
            asked = self._document_check_access("crm.privacy.request", request_id)
        except (AccessError, MissingError):
            return request.redirect("/my/privacy")
        bundle = asked.bundle_id
        if not bundle or asked.state != "done" or asked.delivery != "portal":
            return request.redirect(f"/my/privacy/{request_id}")
        return request.make_response(
            bundle.raw,
            [
                ("Content-Type", "application/zip"),
                ("Content-Disposition", content_disposition(bundle.name)),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    def _privacy_page(self, form, errors):
        requests = request.env["crm.privacy.request"]
        requests = requests.search([], order="id desc", limit=50) if requests.has_access("read") else requests
        kinds = requests._fields["kind"]._description_selection(request.env)
        return self._privacy_private(
            "crm_relations_portal.privacy",
            {
                "page_name": "crm_privacy",
                "requests": requests,
                "kinds": kinds,
                "form": form,
                "errors": errors,
                "max_details": MAX_DETAILS,
            },
        )

    def _privacy_private(self, template, values):
        response = request.render(template, self._prepare_portal_layout_values() | values)
        response.headers["Cache-Control"] = "no-store"
        return response
