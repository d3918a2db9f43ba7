from odoo import fields, models
from odoo.addons.crm_relations.tools import consent
from odoo.tools import consteq, hmac
from odoo.tools.urls import urljoin

from .crm_consent_purpose import MAILED

PAGE_CHANNELS = ("email", "phone", "sms", "letter")


class ResPartner(models.Model):
    """The preference page: each purpose that the customer has a say in, by each channel."""

    _inherit = "res.partner"

    crm_preferences_url = fields.Char(
        string="Preference Page",
        compute="_compute_crm_preferences_url",
        groups="crm_relations.group_user",
        help="A secret link for this customer: whoever has it can change what the customer is contacted for.",
    )

    def _compute_crm_preferences_url(self):
        for partner in self:
            partner.crm_preferences_url = partner._origin.id and urljoin(
                partner.get_base_url(), f"/preferences/{partner._origin.id}/{partner._origin._crm_preferences_token()}"
            )

    def _crm_preferences_token(self):
        """Changes with the e-mail address: a link sent to the old address opens nothing any more."""
        self.ensure_one()
        # sudo: the secret of the database, and the address
        partner = self.sudo()
        return hmac(partner.env, "crm_relations_portal-preferences", (partner.id, partner.email_normalized or ""))

    def _crm_preferences_by_link(self, token):
        """This customer, when the link is right, else nobody."""
        partner = self.sudo().exists()  # sudo: whoever has the link
        if partner and token and consteq(token, partner._crm_preferences_token()):
            return partner
        return self.browse()

    # === THE PAGE === #

    def _crm_preference_rows(self):
        """What the page shows.

        :return: list of ``{"purpose": record, "channels": [{"code", "label", "name", "allowed"}]}``
        """
        self.ensure_one()
        labels = dict(self.env["crm.consent"]._fields["channel"]._description_selection(self.env))
        purposes = self.env["crm.consent.purpose"].search([("on_page", "=", True)])
        rows = []
        for purpose in purposes:
            channels = []
            for code in PAGE_CHANNELS:
                if not purpose._rests_on_consent(code):
                    continue
                state = self.env["crm.consent"]._states(self, purpose, code)[self.id]
                channels.append(
                    {
                        "code": code,
                        "label": labels[code],
                        "name": f"{purpose.id}_{code}",
                        "allowed": consent.allowed(purpose._basis(code), state, purpose._soft(code)),
                    }
                )
            if channels:
                rows.append({"purpose": purpose, "channels": channels})
        return rows

    def _crm_preferences_save(self, chosen, source, evidence, shown=None):
        """Record what the customer changed, and nothing else.

        A yes by e-mail to a purpose that says so counts once it is confirmed from the mailbox.

        :param chosen: names of the boxes that are ticked
        :param source: "portal" or "link"
        :param shown: ``{name of a box: whether it was ticked}`` on the page that the customer saw: what was said
            elsewhere since, and purposes that came since, are not this customer's word; None: as it is now
        :return: confirmations that were asked for
        """
        self.ensure_one()
        values, asked = [], self.env["crm.consent.confirmation"]
        for row in self._crm_preference_rows():
            for channel in row["channels"]:
                wanted = channel["name"] in chosen
                if shown is not None and shown.get(channel["name"]) in (None, wanted):
                    continue
                if wanted and not channel["allowed"] and row["purpose"].double_opt_in and channel["code"] in MAILED:
                    asked |= asked._ask(self, row["purpose"], source, evidence)
                elif wanted != channel["allowed"]:
                    values.append(
                        {
                            "partner_id": self.id,
                            "purpose_id": row["purpose"].id,
                            "channel": channel["code"],
                            "state": "given" if wanted else "withdrawn",
                            "source": source,
                            "actor": self.name or self.email,
                            "evidence": evidence,
                        }
                    )
        if values:
            self.env["crm.consent"].create(values)
        return asked
