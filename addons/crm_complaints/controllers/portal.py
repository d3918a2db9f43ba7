from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal, pager
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .forms import ComplaintForms

PAGE_SIZE = 20
MAX_LENGTH = {"name": 200, "description": 20_000, "remedy_sought": 2_000, "product_reference": 200, "reference": 100}
"""Fields that a customer may fill in, with their longest value in characters. Nothing else of the form is read."""
REQUIRED = ("name", "description")
PER_USER = 20
"""Complaints in an hour from one customer."""


class ComplaintPortal(ComplaintForms, CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "complaint_count" in counters:
            complaints = request.env["crm.complaint"]
            values["complaint_count"] = complaints.search_count([]) if complaints.has_access("read") else 0
        return values

    # === LIST AND PAGE === #

    @http.route(
        ["/my/complaints", "/my/complaints/page/<int:page>"],
        type="http", auth="user", website=True, methods=["GET"],
    )  # fmt: skip
    def portal_my_complaints(self, page=1, sortby=None, filterby=None, **kw):
        """The customer's complaints; the record rule decides which."""
        complaints = request.env["crm.complaint"]
        sortings = {
            "date": {"label": request.env._("Newest"), "order": "date_received desc, id desc"},
            "code": {"label": request.env._("Number"), "order": "code desc"},
            "name": {"label": request.env._("Subject"), "order": "name, id"},
        }
        filters = {
            "all": {"label": request.env._("All"), "domain": []},
            "open": {"label": request.env._("Open"), "domain": [("phase", "!=", "closed")]},
            "closed": {"label": request.env._("Closed"), "domain": [("phase", "=", "closed")]},
        }
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        domain = filters[filterby]["domain"]
        readable = complaints.has_access("read")
        total = complaints.search_count(domain) if readable else 0
        page_info = pager(
            url="/my/complaints",
            url_args={"sortby": sortby, "filterby": filterby},
            total=total,
            page=page,
            step=PAGE_SIZE,
        )
        if readable:
            complaints = complaints.search(
                domain, order=sortings[sortby]["order"], limit=PAGE_SIZE, offset=page_info["offset"]
            )
        request.session["my_complaints_history"] = complaints.ids[:100]
        values = self._prepare_portal_layout_values() | {
            "complaints": complaints,
            "page_name": "complaint",
            "default_url": "/my/complaints",
            "pager": page_info,
            "searchbar_sortings": sortings,
            "searchbar_filters": filters,
            "sortby": sortby,
            "filterby": filterby,
            "kept": kw.get("kept"),
        }
        return request.render("crm_complaints.portal_my_complaints", values)

    @http.route("/my/complaints/<int:complaint_id>", type="http", auth="public", website=True, methods=["GET"])
    def portal_my_complaint(self, complaint_id, access_token=None, report_type=None, download=False, **kw):
        """One complaint: for its complainant, or by the secret link of the acknowledgement."""
        try:
            complaint = self._document_check_access("crm.complaint", complaint_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type in ("html", "pdf", "text") and complaint._shows_answer():
            return self._show_report(
                model=complaint,
                report_type=report_type,
                report_ref="crm_complaints.action_report_letter",
                download=download,
            )
        values = self._get_page_view_values(
            complaint,
            access_token,
            {"page_name": "complaint", "complaint": complaint},
            "my_complaints_history",
            False,
            **kw,
        )
        return request.render("crm_complaints.portal_my_complaint", values)

    # === FILING === #

    @http.route("/my/complaints/new", type="http", auth="user", website=True, methods=["GET"])
    def portal_new_complaint(self, **kw):
        return self._render_new_complaint({}, {})

    @http.route("/my/complaints/new", type="http", auth="user", website=True, methods=["POST"])
    def portal_file_complaint(self, **post):
        """File a complaint for the logged-in customer. Only the fields of ``MAX_LENGTH`` are read.

        It is kept in the intake first: whatever fails afterwards, it is not lost.
        """
        values = self._form_values(post, MAX_LENGTH)
        uploaded = [file for file in request.httprequest.files.getlist("files") if file.filename]
        errors = self._form_errors(values, uploaded, MAX_LENGTH, REQUIRED)
        files = self._form_files(errors)
        if not errors and not self._form_allowed({("user", request.env.uid): PER_USER}):
            errors["limit"] = request.env._(
                "You sent many complaints within the hour. Please answer one of them, or try again later."
            )
        if errors:
            return self._render_new_complaint(values, errors)
        partner = request.env.user.partner_id
        # whose complaint it is comes from the session
        payload = {name: values[name] for name in MAX_LENGTH if values[name] and name != "name"} | {
            "subject": values["name"],
            "email": partner.email or "",
            "found_partner_id": partner.id,
            "company_id": request.env.company.id,
            "lang": request.env.lang,
            "files": files,
        }
        answer = self._form_receive("portal", payload, f"{partner.id}:{self._form_key(post)}")
        if answer["status"] == "registered":
            return request.redirect(f"/my/complaints/{answer['id']}?success=filed")
        return request.redirect("/my/complaints?kept=1")

    def _render_new_complaint(self, values, errors):
        page = self._prepare_portal_layout_values() | {
            "page_name": "complaint_new",
            "form": values,
            "errors": errors,
            "max_length": MAX_LENGTH,
            "form_key": self._form_key({}),
        }
        response = request.render("crm_complaints.portal_new_complaint", page)
        if "limit" in errors:
            response.status_code = 429
        return response
