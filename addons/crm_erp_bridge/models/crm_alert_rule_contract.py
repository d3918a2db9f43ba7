from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.crm_relations.tools.alert import AlertCondition
from odoo.tools import SQL


class CrmAlertRule(models.Model):
    """Ends, notices and delays of contracts as conditions of alert rules, told to the contract's responsible."""

    _inherit = "crm.alert.rule"

    @api.model
    def _conditions(self):
        return super()._conditions() | {
            "contract_ending": AlertCondition(
                self.env._("Contract ends within so many days"), "_cases_contract_ending"
            ),
            "contract_notice": AlertCondition(
                self.env._("Last day to give notice within so many days"), "_cases_contract_notice"
            ),
            "contract_behind": AlertCondition(
                self.env._("Deliverable of a contract so many days late"), "_cases_contract_behind"
            ),
        }

    def _cases_contract_ending(self):
        """A running contract that does not renew itself, or was given notice, ends within so many days."""
        return SQL(
            """
            SELECT c.partner_id, 'crm.contract,' || c.id || ' end ' || c.date_end AS case_key,
                   concat_ws(' ', c.code, left(c.name, 100), c.date_end) AS detail, c.user_id,
                   c.company_id AS company
              FROM crm_contract c
             WHERE c.active AND c.state = 'running' AND c.date_end <= %(limit)s
               AND (c.renewal <> 'auto' OR c.date_notice_given IS NOT NULL)
            """,
            limit=fields.Date.today() + timedelta(days=self.days),
        )

    def _cases_contract_notice(self):
        """The last day to give notice of a running contract comes within so many days, and none was given."""
        return SQL(
            """
            SELECT c.partner_id, 'crm.contract,' || c.id || ' notice ' || c.date_notice AS case_key,
                   concat_ws(' ', c.code, left(c.name, 100), c.date_notice) AS detail, c.user_id,
                   c.company_id AS company
              FROM crm_contract c
             WHERE c.active AND c.state = 'running' AND c.date_notice_given IS NULL
               AND c.date_notice BETWEEN %(today)s AND %(limit)s
            """,
            today=fields.Date.today(),
            limit=fields.Date.today() + timedelta(days=self.days),
        )

    def _cases_contract_behind(self):
        """A deliverable of a running contract is more than so many days late."""
        return SQL(
            """
            SELECT c.partner_id, 'crm.contract.milestone,' || m.id || ' ' || m.date_due AS case_key,
                   concat_ws(' ', c.code, left(m.name, 100), m.date_due) AS detail, c.user_id,
                   c.company_id AS company
              FROM crm_contract_milestone m
              JOIN crm_contract c ON c.id = m.contract_id
             WHERE c.active AND c.state = 'running' AND m.date_done IS NULL AND m.date_due < %(limit)s
            """,
            limit=fields.Date.today() - timedelta(days=self.days),
        )
