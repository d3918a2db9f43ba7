from odoo import api, fields, models
from odoo.addons.crm_relations.tools.privacy import DELETE, PrivacySource


class CrmPrivacyRequest(models.Model):
    """Customers file requests about their data in the portal, follow them, and fetch the copy there."""

    _name = "crm.privacy.request"
    _inherit = ["crm.privacy.request", "portal.mixin"]

    delivery = fields.Selection(selection_add=[("portal", "In the portal")], ondelete={"portal": "set default"})

    def _compute_access_url(self):
        super()._compute_access_url()
        for request in self:
            request.access_url = f"/my/privacy/{request.id}"

    @api.model
    def _crm_privacy_sources(self):
        name = "crm.consent.confirmation"
        label = self._model_label(name)
        return super()._crm_privacy_sources() | {
            name: PrivacySource(name, label, persons=("partner_id",), erasure=DELETE, hidden=("token_digest",))
        }

    def _file_from_portal(self, partner, kind, details):
        """File what a customer asks for, or find the open request of that kind.

        Who it is was shown by signing in; that is noted as the check of the identity.

        :param partner: the contact of the user who is signed in
        :return: the request, whether it is new
        """
        company = partner.company_id or self.env.company
        # sudo: customers create nothing themselves; the officer is one of the company that answers
        requests = self.sudo().with_company(company)
        domain = [("partner_id", "=", partner.id), ("kind", "=", kind), ("state", "in", ("new", "open"))]
        found = requests.search(domain, limit=1)
        if found:
            return found, False
        return (
            requests.create(
                {
                    "kind": kind,
                    "partner_id": partner.id,
                    "details": details,
                    "source": "portal",
                    "delivery": "portal",
                    "company_id": company.id,
                    "state": "open",
                    "identity_method": "portal",
                    "identity_date": fields.Datetime.now(),
                }
            ),
            True,
        )
