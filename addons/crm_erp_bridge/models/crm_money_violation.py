from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools.money_checks import CHECKS

CHECKERS = "account.group_account_invoice,account.group_account_readonly,crm_erp_bridge.group_auditor"


class CrmMoneyViolation(models.Model):
    """The money monitor: documents for which something is not true that must always be; none, as a rule."""

    _name = "crm.money.violation"
    _description = "Money Monitor"
    _inherit = ["mail.activity.mixin", "mail.thread"]
    _order = "date_resolved desc nulls first, id desc"
    _rec_name = "document_name"

    check_code = fields.Selection(
        [
            ("unbalanced", "Debit and credit differ"),
            ("receivable", "The receivable is not the total"),
            ("overcredited", "More credited than invoiced"),
            ("overbilled", "More invoiced than ordered or delivered"),
            ("downpayment", "Down payment deducted twice"),
            ("company", "Order and request of different companies"),
            ("untraced", "The request does not know its order"),
        ],
        string="What Is Wrong",
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", required=True, readonly=True)
    document_name = fields.Char(string="Name", readonly=True)
    expected = fields.Float(readonly=True)
    found = fields.Float(readonly=True)
    date_resolved = fields.Datetime(string="Settled on", readonly=True)

    _open_uniq = models.UniqueIndex(
        "(check_code, res_model, res_id) WHERE date_resolved IS NULL", "This has been found already."
    )

    @api.model
    def _cron_check(self):
        """Every night: write down what is new, settle what is gone, tell the accountants of each company."""
        self._check_all()

    @api.model
    def _check_all(self):
        """
        :return: the violations that are new
        """
        rows = {}
        self.env.flush_all()
        for code, query in CHECKS.items():
            for company_id, res_model, res_id, expected, found in self.env.execute_query(SQL("%s", query)):
                rows[code, res_model, res_id] = (company_id, float(expected or 0), float(found or 0))
        unsettled = self.search([("date_resolved", "=", False)])
        known = {(row.check_code, row.res_model, row.res_id): row for row in unsettled}
        gone = self.union(*(row for key, row in known.items() if key not in rows))
        gone.write({"date_resolved": fields.Datetime.now()})
        gone.activity_ids.action_feedback()
        fresh = self.create(
            [
                {
                    "check_code": key[0],
                    "company_id": company_id,
                    "res_model": key[1],
                    "res_id": key[2],
                    "document_name": self.env[key[1]].browse(key[2]).display_name,
                    "expected": expected,
                    "found": found,
                }
                for key, (company_id, expected, found) in rows.items()
                if key not in known
            ]
        )
        for company, violations in fresh.grouped("company_id").items():
            violations._tell_accountant(company)
        return fresh

    def _tell_accountant(self, company):
        """One to-do with the rows, for the first accountant of the company who may do something about it."""
        accountants = self.env.ref("account.group_account_manager").all_user_ids | self.env.ref(
            "account.group_account_invoice"
        ).all_user_ids
        user = accountants.filtered(lambda one: one.active and company in one.company_ids and not one.share)[:1]
        if user:
            labels = dict(self._fields["check_code"]._description_selection(self.env))
            rows = [f"{row.document_name}: {labels[row.check_code]}" for row in self[:50]]
            self[0].activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Money monitor: %(count)s to look at", count=len(self)),
                note="<br/>".join(rows),
                user_id=user.id,
            )

    def action_check(self):
        """Check now.

        :raises AccessError: for who may not read the books
        """
        if not self.env.user.has_groups(CHECKERS):
            raise AccessError(self.env._("The money monitor is for accountants and auditors."))
        # sudo: the list is written by the monitor only; all companies are checked, each reader sees the own
        self.env["crm.money.violation"].sudo()._check_all()
        count = self.env["crm.money.violation"].search_count([("date_resolved", "=", False)])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if count else "success",
                "message": self.env._("%(count)s violations in %(checks)s checks.", count=count, checks=len(CHECKS)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_document(self):
        """Open the document that is wrong."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id).get_formview_action()
