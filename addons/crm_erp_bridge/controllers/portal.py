import uuid

from psycopg2.errors import UniqueViolation

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal, pager
from odoo.exceptions import AccessError, ConcurrencyError, MissingError
from odoo.http import request
from odoo.tools import plaintext2html

PAGE_SIZE = 20
MAX_LENGTH = {"name": 200, "description": 20_000, "reference": 100}
"""Fields that a customer may fill in, with their longest value in characters. Only the type is read besides."""
REQUIRED = ("name", "description")
SOURCE = "portal"


class RequestPortal(CustomerPortal):
    # === LIST AND PAGE === #

    @http.route(
        ["/my/requests", "/my/requests/page/<int:page>"], type="http", auth="user", website=True, methods=["GET"]
    )
    def portal_my_requests(self, page=1, sortby=None, filterby=None, **kw):
        """The customer's requests; the record rule decides which."""
        requests = request.env["crm.request"]
        sortings = {
            "date": {"label": request.env._("Newest"), "order": "date_requested desc, id desc"},
            "promised": {"label": request.env._("Promised for"), "order": "date_promised, id"},
            "name": {"label": request.env._("Subject"), "order": "name, id"},
        }
        filters = {
            "all": {"label": request.env._("All"), "domain": []},
            "open": {"label": request.env._("Open"), "domain": [("phase", "not in", ("done", "cancelled"))]},
            "done": {"label": request.env._("Settled"), "domain": [("phase", "in", ("done", "cancelled"))]},
        }
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        domain = filters[filterby]["domain"]
        readable = requests.has_access("read")
        page_info = pager(
            url="/my/requests",
            url_args={"sortby": sortby, "filterby": filterby},
            total=requests.search_count(domain) if readable else 0,
            page=page,
            step=PAGE_SIZE,
        )
        if readable:
            requests = requests.search(
                domain, order=sortings[sortby]["order"], limit=PAGE_SIZE, offset=page_info["offset"]
            )
        request.session["my_requests_history"] = requests.ids[:100]
        values = self._prepare_portal_layout_values() | {
            "crm_requests": requests,
            "page_name": "crm_request",
            "default_url": "/my/requests",
            "pager": page_info,
            "searchbar_sortings": sortings,
            "searchbar_filters": filters,
            "sortby": sortby,
            "filterby": filterby,
        }
        return request.render("crm_erp_bridge.portal_my_requests", values)

    @http.route("/my/requests/<int:request_id>", type="http", auth="public", website=True, methods=["GET"])
    def portal_my_request(self, request_id, access_token=None, **kw):
        """One request with how far it has come: for its customer, or by its secret link."""
        try:
            record = self._document_check_access("crm.request", request_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = self._get_page_view_values(
            record,
            access_token,
            {"page_name": "crm_request", "crm_request": record},
            "my_requests_history",
            False,
            **kw,
        )
        return request.render("crm_erp_bridge.portal_my_request", values)

    # === ASKING === #

    def _portal_request_types(self):
        # sudo: customers have no right on types; only the names of those offered to them are shown
        return (
            request.env["crm.request.type"]
            .sudo()
            .search([("in_portal", "=", True), ("company_id", "in", (False, request.env.company.id))])
        )

    @http.route("/my/requests/new", type="http", auth="user", website=True, methods=["GET"])
    def portal_new_request(self, **kw):
        return self._render_new_request({"form_key": str(uuid.uuid4())}, {})

    @http.route("/my/requests/new", type="http", auth="user", website=True, methods=["POST"])
    def portal_file_request(self, **post):
        """Take a request of the logged-in customer. A form sent twice is one request: it carries a key."""
        form = {name: (post.get(name) or "").replace("\x00", "").strip() for name in MAX_LENGTH}
        form["type_id"] = post.get("type_id") or ""
        form["form_key"] = (post.get("form_key") or "")[:64] or str(uuid.uuid4())
        types = self._portal_request_types()
        chosen = types.filtered(lambda request_type: str(request_type.id) == form["type_id"])
        errors = {name: request.env._("Please fill this in.") for name in REQUIRED if not form[name]}
        errors |= {
            name: request.env._("At most %(limit)s characters, please.", limit=limit)
            for name, limit in MAX_LENGTH.items()
            if len(form[name]) > limit
        }
        if not chosen:
            errors["type_id"] = request.env._("Please choose what it is about.")
        if errors:
            return self._render_new_request(form, errors)
        record = self._file_request(form, chosen)
        return request.redirect(f"/my/requests/{record.id}?success=filed")

    def _render_new_request(self, form, errors):
        page = self._prepare_portal_layout_values() | {
            "page_name": "crm_request_new",
            "form": form,
            "errors": errors,
            "max_length": MAX_LENGTH,
            "types": self._portal_request_types(),
        }
        return request.render("crm_erp_bridge.portal_new_request", page)

    def _file_request(self, form, request_type):
        """:return: the request, in superuser mode; the one made before when the form was sent twice
        :raises ConcurrencyError: when the other sending is being worked on; Odoo then repeats the call
        """
        partner = request.env.user.partner_id
        key = f"{partner.id}:{form['form_key']}"
        # sudo: customers have no right to create requests; whose request it is comes from the session
        requests = request.env["crm.request"].sudo()
        known = requests.search(
            [("company_id", "=", request.env.company.id), ("source", "=", SOURCE), ("ext_key", "=", key)]
        )
        if known:
            return known
        try:
            with request.env.cr.savepoint():
                return requests.create(
                    {
                        "name": " ".join(form["name"].split()),
                        "description": plaintext2html(form["description"]),
                        "reference": form["reference"],
                        "type_id": request_type.id,
                        "partner_id": partner.id,
                        "user_id": False,
                        "company_id": request.env.company.id,
                        "source": SOURCE,
                        "ext_key": key,
                    }
                )
        except UniqueViolation as error:
            raise ConcurrencyError(request.env._("The request is being registered already.")) from error
