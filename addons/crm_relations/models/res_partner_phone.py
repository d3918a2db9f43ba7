from odoo import api, models
from odoo.fields import Domain

from ..tools import duplicates
from ..tools.interaction import clean_number

FOUND = 20
SHORTEST_TAIL = 7


class ResPartner(models.Model):
    """Who calls: customers by their telephone number, however it is written."""

    _inherit = "res.partner"

    # core compares numbers in this form but has no index on it
    _crm_phone_sanitized_idx = models.Index("(phone_sanitized) WHERE phone_sanitized IS NOT NULL")

    @api.model
    def _crm_phone_normal(self, number, country=None):
        """A number in international form (E.164), empty when it is none.

        :param country: ``res.country`` of numbers without a country code (that of the company)
        :rtype: str
        """
        text = clean_number(number)
        country = country or self.env.company.country_id
        return (text and self.env["res.partner"]._phone_format(number=text, country=country)) or ""

    @api.model
    def _crm_find_by_phone(self, number, country=None):
        """Customers with a telephone number, as far as the user may read them.

        By the international form; when nobody has it, by the last nine digits: numbers stored without or with a
        wrong country code are found that way.

        :return: at most 20 ``res.partner``, companies before their people
        """
        domain = Domain("phone_sanitized", "=", self._crm_phone_normal(number, country))
        found = self.search(domain, limit=FOUND) if domain.value else self.browse()
        tail = duplicates.phone_key(clean_number(number))
        if not found and len(tail) >= SHORTEST_TAIL:
            self.env["crm.partner.key"].flush_model(["phone"])
            self.env.cr.execute("SELECT partner_id FROM crm_partner_key WHERE phone = %s LIMIT %s", [tail, FOUND])
            found = self.search([("id", "in", [row[0] for row in self.env.cr.fetchall()])])
        return found.sorted(lambda partner: (not partner.is_company, partner.display_name or "", partner.id))

    @api.model
    def action_crm_log_by_number(self, number=""):
        """Open the dialog that begins with a number: for menus, telephones and links.

        :param str number: the caller's, as it comes
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_relations.crm_interaction_from_number_action")
        return action | {"context": {"default_number": str(number or "")[:100]}}
