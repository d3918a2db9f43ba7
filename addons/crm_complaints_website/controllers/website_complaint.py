from odoo import http
from odoo.addons.crm_complaints.controllers.forms import ComplaintForms
from odoo.addons.crm_complaints.tools.payload import clean
from odoo.http import request
from odoo.tools import email_normalize

MAX_LENGTH = {
    "name": 200,
    "email": 254,
    "phone": 50,
    "subject": 200,
    "description": 20_000,
    "remedy_sought": 2_000,
    "product_reference": 200,
}
"""Fields that a visitor may fill in, with their longest value in characters. Nothing else of the form is read."""
REQUIRED = ("name", "email", "subject", "description")
HONEYPOT = "company_url"
"""A field that people do not see; what fills it in is a machine."""
PER_EMAIL = 10
"""Complaints in an hour under one e-mail address, which anybody can type."""


class WebsiteComplaint(ComplaintForms, http.Controller):
    """A complaint by anybody, without login. Whose it is nobody has proved, so no customer is linked to it."""

    @http.route("/complaint", type="http", auth="public", website=True, methods=["GET"], sitemap=True)
    def complaint_form(self, **kw):
        return self._render_form({}, {})

    @http.route("/complaint", type="http", auth="public", website=True, methods=["POST"])
    def complaint_file(self, **post):
        """Keep the complaint in the intake and make it; what a machine filled in is kept, too, but no complaint."""
        values = self._form_values(post, MAX_LENGTH)
        uploaded = [file for file in request.httprequest.files.getlist("files") if file.filename]
        errors = self._form_errors(values, uploaded, MAX_LENGTH, REQUIRED)
        if values["email"] and not email_normalize(values["email"]):
            errors["email"] = request.env._("This is not an e-mail address.")
        files = self._form_files(errors)
        if not errors and not self._form_allowed({("email", email_normalize(values["email"])): PER_EMAIL}):
            errors["limit"] = request.env._(
                "Too many complaints came from here within the hour. Please call us, write to us, or try again later."
            )
        if errors:
            return self._render_form(values, errors)
        payload = {name: value for name, value in values.items() if value} | {
            # the address alone: a name beside it would be text of the visitor's in our answer
            "email": email_normalize(values["email"]),
            "company_id": request.website.company_id.id,
            "lang": request.env.lang,
            "files": files,
        }
        verdict = "automatic" if str(post.get(HONEYPOT) or "").strip() else "human"
        answer = self._form_receive("web", payload, self._form_key(post), verdict=verdict)
        # what is shown next does not depend on what the visitor typed, only on this session
        request.session["complaint_filed"] = answer.get("complaint", "")
        return request.redirect("/complaint/thank-you")

    @http.route("/complaint/thank-you", type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def complaint_thanks(self, **kw):
        code = request.session.get("complaint_filed")
        return request.render("crm_complaints_website.complaint_thanks", {"code": code})

    def _render_form(self, values, errors):
        if not values and not request.env.user._is_public():
            partner = request.env.user.partner_id
            values = {"name": clean(partner.name), "email": partner.email or "", "phone": partner.phone or ""}
        page = {
            "form": values,
            "errors": errors,
            "max_length": MAX_LENGTH,
            "honeypot": HONEYPOT,
            "form_key": self._form_key({}),
        }
        response = request.render("crm_complaints_website.complaint_form", page)
        if "limit" in errors:
            response.status_code = 429
        return response
