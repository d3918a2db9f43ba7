from odoo import fields, http
from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import UserError
from odoo.http import request

from ..tools import callback_form

MAX_LENGTH = {"name": 100, "number": 50, "note": 200, "date_from": 16, "date_until": 16, "tz": 64, "queue": 10}
"""Fields that a customer may fill in, with their longest value in characters. Nothing else of the form is read."""
HONEYPOT = "company_url"
"""A field that people do not see; what fills it in is a machine."""
RECENT = 20


class CallbackPages(CustomerPortal):
    """Customers ask to be called: signed in, or on a public page, where nobody has proved who asks."""

    # === FOR EVERYBODY === #

    @http.route("/callback", type="http", auth="public", website=True, methods=["GET"], sitemap=True)
    def callback_form(self, **kw):
        """The form; who is signed in has one with the own number."""
        if not request.env.user._is_public():
            return request.redirect("/my/callback")
        return self._callback_page({}, {}, "/callback")

    @http.route("/callback", type="http", auth="public", website=True, methods=["POST"], readonly=False)
    def callback_ask(self, **post):
        """Take the wish down; a machine is thanked as well and nothing is written."""
        form = self._callback_values(post)
        values, errors = self._callback_read(form)
        if not errors and not (post.get(HONEYPOT) or "").strip():
            note = " - ".join(filter(None, (form["name"], form["note"])))
            errors = self._callback_take(values | {"source": "website", "note": note})
        if errors:
            return self._callback_page(form, errors, "/callback")
        return request.redirect("/callback/thank-you")

    @http.route("/callback/thank-you", type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def callback_thanks(self, **kw):
        """The same for everybody: it says nothing about who waits already."""
        return self._callback_private("crm_relations_portal.callback_thanks", {})

    # === SIGNED IN === #

    @http.route("/my/callback", type="http", auth="user", website=True, methods=["GET"])
    def portal_my_callback(self, asked=None, **kw):
        """The customer's callbacks that wait, and the form."""
        form = {"number": request.env.user.partner_id.phone or "", "tz": request.env.user.tz or ""}
        return self._callback_page(form, {}, "/my/callback", asked=asked)

    @http.route("/my/callback", type="http", auth="user", website=True, methods=["POST"])
    def portal_my_callback_ask(self, **post):
        """Ask for one, or give one that waits another window."""
        form = self._callback_values(post)
        values, errors = self._callback_read(form)
        if not errors:
            partner = request.env.user.partner_id
            errors = self._callback_take(
                values | {"source": "portal", "note": form["note"], "partner_id": partner.id}
            )
        if errors:
            return self._callback_page(form, errors, "/my/callback")
        return request.redirect("/my/callback?asked=1")

    @http.route("/my/callback/<int:callback_id>/cancel", type="http", auth="user", website=True, methods=["POST"])
    def portal_my_callback_cancel(self, callback_id, **post):
        """The customer does not want to be called any more; somebody else's callback is left alone."""
        mine = self._callback_mine().filtered(lambda one: one.id == callback_id)
        try:
            mine.action_cancel()
        except UserError as error:  # it is being called right now
            return self._callback_page({}, {"cancel": str(error)}, "/my/callback")
        return request.redirect("/my/callback")

    # === BOTH === #

    def _callback_mine(self):
        # sudo: the customer's own; portal users read no model of ours
        callbacks = request.env["crm.callback"].sudo()
        return callbacks.search(
            [("partner_id", "=", request.env.user.partner_id.id), ("state", "=", "waiting")], limit=RECENT
        )

    def _callback_queues(self):
        return request.env["crm.call.queue"]._online(request.env.company)

    def _callback_values(self, post):
        return {
            name: (post.get(name) or "").replace("\x00", "").strip()[: limit + 1]
            for name, limit in MAX_LENGTH.items()
        }

    def _callback_read(self, form):
        """Values of a callback, and messages by field name; no message: the form is fine."""
        env, values = request.env, {}
        errors = {
            name: env._("At most %(limit)s characters, please.", limit=limit)
            for name, limit in MAX_LENGTH.items() if len(form[name]) > limit
        }  # fmt: skip
        queues = self._callback_queues()
        queue = queues if len(queues) == 1 else queues.filtered(lambda one: str(one.id) == form["queue"])
        if not queue:
            errors["queue"] = env._("Please choose what it is about.")
        # sudo: the country of the company is public
        number = callback_form.number(form["number"], request.env.company.sudo().country_id.code)
        if not number:
            errors["number"] = env._("Please enter a telephone number that can be called, with its country code.")
        try:
            begins, ends = callback_form.window(
                form["date_from"], form["date_until"], form["tz"] or "UTC", fields.Datetime.now()
            )
        except ValueError as mistake:
            field, words = self._callback_mistakes()[str(mistake)]
            errors[field] = words
        if not errors:
            values = {"queue_id": queue.id, "number": number, "tz": form["tz"] or "UTC", "date_from": begins,
                      "date_until": ends}  # fmt: skip
        return values, errors

    def _callback_mistakes(self):
        env = request.env
        return {
            "tz": ("tz", env._("Please choose a time zone.")),
            "format": ("date_from", env._("Please enter day and time.")),
            "past": ("date_until", env._("This time has passed already.")),
            "order": ("date_until", env._("“Until” has to be later than “From”.")),
            "far": ("date_from", env._("At most %(days)s days ahead, please.", days=callback_form.MAX_DAYS)),
        }

    def _callback_take(self, values):
        """Messages when too much was asked for."""
        if request.env["crm.callback"]._ask_online(values, request.httprequest.remote_addr or ""):
            return {}
        return {
            "limit": request.env._(
                "Too many calls were asked for within the hour. Please call us, write to us, or try again later."
            )
        }

    def _callback_page(self, form, errors, url, asked=None):
        public = request.env.user._is_public()
        queues = self._callback_queues()
        values = {} if public else self._prepare_portal_layout_values()
        guess = not form.get("tz")  # the browser says where it is
        form = form | {"tz": form.get("tz") or "UTC"}
        response = self._callback_private(
            "crm_relations_portal.callback",
            values
            | {
                "page_name": "crm_callback", "queues": queues, "form": form, "errors": errors, "url": url,
                "asked": asked, "guess": guess, "zones": _tz_get(request.env.user),
                "max_length": MAX_LENGTH, "honeypot": HONEYPOT,
                "public": public, "callbacks": request.env["crm.callback"] if public else self._callback_mine(),
            },
        )  # fmt: skip
        if "limit" in errors:
            response.status_code = 429
        return response

    def _callback_private(self, template, values):
        response = request.render(template, values)
        response.headers["Cache-Control"] = "no-store"
        return response
