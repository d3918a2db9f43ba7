"""Two orders of one customer, confirmed at the same moment, on connections of their own."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_request_concurrency import CommittedRequests


@tagged("post_install", "-at_install")
class TestCreditConcurrency(CommittedRequests):
    def _prepare(self, env):
        super()._prepare(env)
        company = env["res.partner"].browse(self.partner_id).env.company
        self.before = (company.crm_credit_check, company.account_use_credit_limit)
        company.write({"crm_credit_check": "block", "account_use_credit_limit": True})
        env["res.partner"].browse(self.partner_id).credit_limit = 150

    def _remove(self):
        with self._transaction() as env:
            check, limit = self.before
            env.company.write({"crm_credit_check": check, "account_use_credit_limit": limit})
            env.cr.commit()
        super()._remove()

    @mute_logger("odoo.sql_db")
    def test_each_fits_the_limit_but_not_both(self):
        with self._transaction() as env:
            line = {"product_id": self.product_id, "product_uom_qty": 10}
            ids = env["sale.order"].create(
                [{"partner_id": self.partner_id, "order_line": [(0, 0, line)]} for _quotation in range(2)]
            ).ids
            env.cr.commit()
        errors = self._each_at_once(ids, lambda env, number: env["sale.order"].browse(number).action_confirm())
        with self._transaction() as env:
            states = sorted(env["sale.order"].browse(ids).mapped("state"))
        self.assertEqual((states, len(errors)), (["draft", "sale"], 1))
