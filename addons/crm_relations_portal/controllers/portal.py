from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.http import request


class PreferencePortal(CustomerPortal):
    """Looking changes nothing (programs that read mails open links too); saving is a form with a token."""

    # === THE CUSTOMER'S OWN === #

    @http.route("/my/preferences", type="http", auth="user", website=True, methods=["GET"])
    def portal_my_preferences(self, saved=None, **kw):
        """What the customer is contacted for, to look at and to change."""
        return self._preference_page(self._preference_customer(), "/my/preferences", saved)

    @http.route("/my/preferences", type="http", auth="user", website=True, methods=["POST"])
    def portal_my_preferences_save(self, **post):
        partner = self._preference_customer()
        return self._preference_save(partner, "/my/preferences", "portal", post)

    def _preference_customer(self):
        # sudo: the customer's own consents; portal users read no model of ours
        return request.env.user.partner_id.sudo()

    # === BY SECRET LINK === #

    @http.route(
        "/preferences/<int:partner_id>/<string:token>",
        type="http", auth="public", website=True, methods=["GET"], sitemap=False,
    )  # fmt: skip
    def preferences(self, partner_id, token, saved=None, **kw):
        """The same page for who has the link, without signing in."""
        partner = self._preference_by_link(partner_id, token)
        if not partner:
            return self._preference_ended()
        return self._preference_page(partner, f"/preferences/{partner_id}/{token}", saved)

    @http.route(
        "/preferences/<int:partner_id>/<string:token>",
        type="http", auth="public", website=True, methods=["POST"], sitemap=False,
    )  # fmt: skip
    def preferences_save(self, partner_id, token, **post):
        partner = self._preference_by_link(partner_id, token)
        if not partner:
            return self._preference_ended()
        return self._preference_save(partner, f"/preferences/{partner_id}/{token}", "link", post)

    def _preference_by_link(self, partner_id, token):
        return request.env["res.partner"].browse(partner_id)._crm_preferences_by_link(token)

    def _preference_ended(self):
        """A wrong link and one of an earlier address look the same: nobody finds out which there are."""
        response = request.render("crm_relations_portal.preferences_ended", {"page_name": "crm_preferences"})
        response.status_code = 404
        return response

    # === BOTH === #

    def _preference_page(self, partner, url, saved):
        values = self._prepare_portal_layout_values() if not request.env.user._is_public() else {}
        values |= {
            "page_name": "crm_preferences",
            "rows": partner._crm_preference_rows(),
            "url": url,
            "saved": saved,
            "no_footer": True,
        }
        response = request.render("crm_relations_portal.preferences", values)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def _preference_save(self, partner, url, source, post):
        chosen = set() if post.get("nothing") else set(post)
        evidence = (
            request.env._("Preference page, signed in as %(login)s", login=request.env.user.login)
            if source == "portal"
            else request.env._("Preference page, by secret link")
        )
        # whoever wants nothing at all says so of what the page did not show, too
        shown = None if post.get("nothing") else self._preference_shown(post.get("shown"))
        asked = partner._crm_preferences_save(chosen, source, evidence, shown)
        return request.redirect(f"{url}?saved={2 if asked else 1}")

    def _preference_shown(self, text):
        """What the page said of the boxes when it was opened: names, those ticked with a "+" before them."""
        return {name.lstrip("+"): name.startswith("+") for name in text.split()} if text else None
