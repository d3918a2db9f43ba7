from psycopg2.errors import UniqueViolation

from odoo import fields, models
from odoo.exceptions import ConcurrencyError, UserError

from ..tools.task_key import next_key


class CrmRequestOrigin(models.AbstractModel):
    """What a request can be made of, with one button and once: an opportunity, a need, a contact, a complaint."""

    _name = "crm.request.origin"
    _description = "Origin of Customer Requests"

    # the field of crm.request that names the document
    _crm_request_field = None
    # phases of an earlier request after which a new one may be made
    _crm_request_again = ("cancelled",)

    crm_request_count = fields.Integer(
        string="Requests", compute="_compute_crm_request_count", groups="crm_erp_bridge.group_user"
    )

    def _compute_crm_request_count(self):
        name = self._crm_request_field
        counts = dict(
            # sudo: only the number is shown; opening them asks for the right
            self.env["crm.request"].sudo()._read_group([(name, "in", self._origin.ids)], [name], ["__count"])
        )
        for record in self:
            record.crm_request_count = counts.get(record._origin, 0)

    def _prepare_crm_request(self):
        """Values of the request made of this document."""
        self.ensure_one()
        return {
            "name": self.display_name,
            "partner_id": self.partner_id.id,
            "company_id": (self.company_id or self.env.company).id,
            self._crm_request_field: self.id,
        }

    def action_create_crm_request(self):
        """Open the request of this document; made on the first click, however many click."""
        return self._make_crm_request().get_formview_action()

    def _make_crm_request(self):
        """The request of this document, made when there is none yet.

        :raises UserError: when the document names no customer
        :raises ConcurrencyError: when another transaction makes it right now; Odoo then repeats the call, and it is
            found
        """
        self.ensure_one()
        self.check_access("read")
        requests = self.env["crm.request"]
        requests.check_access("create")
        # sudo: a colleague's request counts too, else there would be two; only its own page may be refused then
        everybodys = requests.sudo().with_context(active_test=False)
        prefix = f"{self._origin_key()}:"
        # made of it, or of one that was merged into it
        earlier = everybodys.search(
            ["|", ("origin_key", "=like", f"{prefix}%"),
             "&", (self._crm_request_field, "=", self.id), ("origin_key", "!=", False)]
        )  # fmt: skip
        living = earlier.filtered(lambda request: request.phase not in self._crm_request_again)
        if living:
            return living[-1:].sudo(False)
        values = self._prepare_crm_request()
        if not values["partner_id"]:
            raise UserError(self.env._("Choose the customer first: a request is made for somebody."))
        own_keys = [key for key in earlier.mapped("origin_key") if key.startswith(prefix)]
        values["origin_key"] = next_key(self._origin_key(), own_keys)
        try:
            with self.env.cr.savepoint():
                # sudo: the origin's key is not written by hand; the right to create was checked above
                return requests.sudo().with_company(values["company_id"]).create(values).with_env(self.env)
        except UniqueViolation as error:
            if error.diag.constraint_name != "crm_request_origin_uniq":
                raise
            raise ConcurrencyError(self.env._("The request is being made by somebody else right now.")) from error

    def _origin_key(self):
        return f"{self._name}:{self.id}"

    def action_open_crm_requests(self):
        """The requests made of this document."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_erp_bridge.crm_request_action")
        requests = self.env["crm.request"].search([(self._crm_request_field, "=", self.id)])
        if len(requests) == 1:
            return requests.get_formview_action()
        return action | {"domain": [("id", "in", requests.ids)], "context": {"create": False}}
