from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_request_concurrency import CommittedRequests


@tagged("post_install", "-at_install")
class TestCommissionConcurrency(CommittedRequests):
    """The nightly job and the button at the same time."""

    def _prepare(self, env):
        super()._prepare(env)
        self.user_id = env.ref("base.user_admin").id
        order = env["sale.order"].create(
            {"partner_id": self.partner_id, "user_id": self.user_id,
             "order_line": [(0, 0, {"product_id": self.product_id, "product_uom_qty": 10})]}
        )  # fmt: skip
        order.action_confirm()
        order._create_invoices().action_post()
        self.rule_id = env["crm.commission.rule"].create(
            {
                "name": self.title,
                "base": "invoiced",
                "date_from": fields.Date.today().replace(day=1),
                "user_ids": [(6, 0, [self.user_id])],
                "tier_ids": [(0, 0, {"amount_from": 0, "rate": 5})],
            }
        ).id

    def _remove(self):
        with self._transaction() as env:
            rule = env["crm.commission.rule"].browse(self.rule_id)
            rule.statement_ids.unlink()
            rule.unlink()
            env.cr.commit()
        super()._remove()

    @mute_logger("odoo.sql_db")
    def test_reckoned_by_three_at_once_is_one_statement(self):
        self._in_threads(
            3, lambda env: env["crm.commission.rule"].browse(self.rule_id)._reckon(fields.Date.today())
        )
        with self._transaction() as env:
            statement = env["crm.commission.rule"].browse(self.rule_id).statement_ids
            mine = statement.line_ids.filtered(lambda line: line.partner_id.id == self.partner_id)
            self.assertEqual((len(statement), mine.mapped("amount")), (1, [100]))
            self.assertEqual(statement.amount, env.company.currency_id.round(statement.base_amount * 0.05))
