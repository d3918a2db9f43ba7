import base64

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import content_disposition, request

from .portal import ComplaintPortal

MAX_WORDS = 5_000


class ComplaintPortalAnswer(ComplaintPortal):
    """What the customer answers: by login or by the secret link. Nothing changes by GET, see RFC 9110, 9.2.1.

    Mail scanners open every link of a mail: they see pages, they press nothing.
    """

    def _own_complaint(self, complaint_id, access_token):
        """The complaint for who may speak in it: the customer, or who has the secret link.

        :raises AccessError, MissingError: for everybody else, employees too
        """
        complaint = self._document_check_access("crm.complaint", complaint_id, access_token)
        by_token = access_token and complaint.access_token and access_token == complaint.access_token
        if request.env.user._is_internal() and not by_token:
            raise AccessError(request.env._("Only the customer answers here."))
        return complaint

    def _customer_does(self, complaint_id, access_token, act):
        """Let the customer do something; a refusal is shown on the page.

        :param act: function of the complaint, in superuser mode
        """
        try:
            complaint = self._own_complaint(complaint_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            act(complaint)
            note = "done"
        except UserError:
            request.env.cr.rollback()
            note = "refused"
        return request.redirect(complaint.get_portal_url(query_string=f"&{note}=1"))

    @http.route("/my/complaints/<int:complaint_id>/accept", type="http", auth="public", website=True, methods=["POST"])
    def portal_accept(self, complaint_id, access_token=None, **post):
        """The customer accepts the answer."""
        return self._customer_does(complaint_id, access_token, lambda complaint: complaint._customer_accepts())

    @http.route("/my/complaints/<int:complaint_id>/unhappy", type="http", auth="public", website=True, methods=["POST"])
    def portal_unhappy(self, complaint_id, access_token=None, reason="", **post):
        """The customer asks for a second look."""
        words = self._form_text(reason)[:MAX_WORDS]
        return self._customer_does(
            complaint_id, access_token, lambda complaint: complaint._customer_is_unhappy(words)
        )

    @http.route(
        "/my/complaints/<int:complaint_id>/letter/<int:letter_id>",
        type="http", auth="public", website=True, methods=["GET"],
    )  # fmt: skip
    def portal_letter(self, complaint_id, letter_id, access_token=None, **kw):
        """A letter as it was sent."""
        try:
            complaint = self._document_check_access("crm.complaint", complaint_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        letter = complaint._customer_letters().filtered(lambda letter: letter.id == letter_id and letter.pdf)
        if not letter:
            raise request.not_found()
        content = base64.b64decode(letter.pdf)
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Length", len(content)),
            ("Content-Disposition", content_disposition(f"{letter.subject}.pdf")),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(content, headers)

    @http.route("/my/complaints/<int:complaint_id>/rate", type="http", auth="public", website=True, methods=["GET"])
    def portal_rate(self, complaint_id, access_token=None, **kw):
        """The questions, never an answer."""
        try:
            complaint = self._own_complaint(complaint_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return self._render_rate(complaint, access_token, {})

    @http.route("/my/complaints/<int:complaint_id>/rate", type="http", auth="public", website=True, methods=["POST"])
    def portal_rated(self, complaint_id, access_token=None, process="", outcome="", comment="", **post):
        """The customer's answers; once."""
        try:
            complaint = self._own_complaint(complaint_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            complaint._customer_rates(process, outcome, self._form_text(comment)[:MAX_WORDS])
        except UserError as error:
            request.env.cr.rollback()
            return self._render_rate(complaint, access_token, {"error": str(error), "process": process,
                                                               "outcome": outcome, "comment": comment})  # fmt: skip
        return self._render_rate(complaint, access_token, {"thanks": True})

    def _render_rate(self, complaint, access_token, values):
        page = self._prepare_portal_layout_values() | {
            "page_name": "complaint",
            "complaint": complaint,
            "access_token": access_token,
            "satisfaction": complaint._fields["satisfaction_process"]._description_selection(complaint.env),
            **values,
        }
        return request.render("crm_complaints.portal_rate", page)
