from odoo import http
from odoo.http import request


class ServiceCharter(http.Controller):
    @http.route("/service-charter", type="http", auth="public", website=True, methods=["GET"], sitemap=True)
    def service_charter(self, **kw):
        """The published promises with their figures; nothing else of the companies leaves this page."""
        companies = self._charter_companies()
        return request.render(
            "crm_complaints.service_charter",
            {
                "charters": request.env["crm.service.promise"]._published(companies),
                # sudo: the name of the company that promises
                "charter_company": companies[:1].sudo(),
                "page_name": "service_charter",
            },
        )

    def _charter_companies(self):
        """Whose promises are shown: of the site's company and, to who logged in, of all companies of the user."""
        company, user = request.env.company, request.env.user
        return company if user._is_public() else company | user.company_ids
