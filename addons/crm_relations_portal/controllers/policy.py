from odoo import http
from odoo.http import request


class PolicyPages(http.Controller):
    """The link of a confirmation, and the published page of what data are used for."""

    # === DOUBLE OPT-IN === #

    @http.route(
        "/preferences/confirm/<int:confirmation_id>/<string:token>",
        type="http", auth="public", website=True, methods=["GET"], sitemap=False,
    )  # fmt: skip
    def confirm_page(self, confirmation_id, token, **kw):
        """Ask once more: programs that open links in mails confirm nothing."""
        asked = request.env["crm.consent.confirmation"].browse(confirmation_id)._by_link(token)
        return self._private({"asked": asked, "url": f"/preferences/confirm/{confirmation_id}/{token}"})

    @http.route(
        "/preferences/confirm/<int:confirmation_id>/<string:token>",
        type="http", auth="public", website=True, methods=["POST"], sitemap=False,
    )  # fmt: skip
    def confirm(self, confirmation_id, token, **post):
        asked = request.env["crm.consent.confirmation"].browse(confirmation_id)._by_link(token)
        done = bool(asked) and asked._confirm(request.httprequest.remote_addr)
        return self._private({"asked": asked if done else asked.browse(), "done": done})

    def _private(self, values):
        response = request.render("crm_relations_portal.confirmation_page", values)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Cache-Control"] = "no-store"
        return response

    # === PUBLISHED === #

    @http.route("/privacy/purposes", type="http", auth="public", website=True, methods=["GET"], sitemap=True)
    def policy(self, **kw):
        """What data are used for, on which basis, and how long they are kept: made from the records themselves."""
        # sudo: published on purpose; names, descriptions and periods only
        purposes = request.env["crm.consent.purpose"].sudo().search([])
        periods = request.env["crm.privacy.retention"].sudo().search([])
        return request.render(
            "crm_relations_portal.policy",
            {
                "rows": [purpose._published() for purpose in purposes],
                "periods": periods,
                "unused": request.env["crm.privacy.field"]._published(),
                "company": request.env.company.sudo(),
            },
        )
