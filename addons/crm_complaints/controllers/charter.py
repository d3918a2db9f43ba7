from odoo import http
from odoo.http import request


class ServiceCharter(http.Controller):
    @http.route("/service-charter", type="http", auth="public", website=True, methods=["GET"], sitemap=True)
    def service_charter(self, **kw):
        """The published promises with their figures; nothing else of the company leaves this page."""
        company = request.env.company
        return request.render(
            "crm_complaints.service_charter",
            {
                "promises": request.env["crm.service.promise"]._published(company),
                # sudo: the name of the company that promises
                "charter_company": company.sudo(),
                "page_name": "service_charter",
            },
        )
