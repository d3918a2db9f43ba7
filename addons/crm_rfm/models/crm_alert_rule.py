from odoo import api, models
from odoo.addons.crm_relations.tools.alert import AlertCondition
from odoo.tools import SQL


class CrmAlertRule(models.Model):
    _inherit = "crm.alert.rule"

    @api.model
    def _conditions(self):
        return super()._conditions() | {
            "valuable_quiet": AlertCondition(
                self.env._("Valuable customer quiet for so many days"), "_cases_valuable_quiet"
            )
        }

    def _cases_valuable_quiet(self):
        """The last contact of a customer who buys much and often is more than so many days ago.

        Valuable: frequency and value together (FM) are in the best two fifths of the bands, in a model that is in
        use in a company of the rule's owner. Recency does not count: it is what the alert is about.
        """
        # sudo: the companies of the owner
        companies = self.company_id or self.owner_id.sudo().company_ids
        self.env["crm.rfm.model"].flush_model(["active", "band_count", "company_id"])
        return SQL(
            """
            SELECT quiet.partner_id, quiet.case_key, quiet.detail, quiet.user_id
              FROM (%(quiet)s) AS quiet
             WHERE EXISTS (
                    SELECT FROM crm_rfm_score s
                      JOIN crm_rfm_model m ON m.id = s.model_id
                     WHERE s.partner_id = quiet.partner_id AND s.exclusion IS NULL AND m.active
                       AND m.company_id IN %(companies)s
                       AND ((s.fm_score - 1) * 5 >= m.band_count * 3 OR s.fm_score = m.band_count))
            """,
            quiet=self._cases_quiet(),
            companies=tuple(companies.ids) or (None,),
        )
