from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from .request_common import RequestCommon


@tagged("post_install", "-at_install")
class TestMoneyMonitor(RequestCommon):
    def _found(self, *documents):
        """Codes found for these documents, as the accountant sees them."""
        self.env["crm.money.violation"].with_user(self.accountant).action_check()
        self.env.invalidate_all()
        rows = self.env["crm.money.violation"].with_user(self.accountant).search([("date_resolved", "=", False)])
        names = {(document._name, document.id) for document in documents}
        return sorted(row.check_code for row in rows if (row.res_model, row.res_id) in names)

    def _break(self, record, column, value):
        """Damage a row behind Odoo's back, as a crash or a script would."""
        record.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE %s SET %s = %s WHERE id = %s", SQL.identifier(record._table), SQL.identifier(column), value,
                record.id)
        )  # fmt: skip

    def test_nothing_is_wrong_with_whole_flows(self):
        order = self._create_order((33.33, 3, 7), (10.01, 7, 0))
        wizards = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        wizards.create({"advance_payment_method": "percentage", "amount": 33}).create_invoices()
        order.invoice_ids.action_post()
        invoice = self._invoice(order)
        refund = self._credit(invoice, amounts=[15])
        request = self._request(self.order_type, (self.service, 2))
        request.action_start()
        request.order_ids.invoice_ids.action_post()
        documents = [order, *order.invoice_ids, refund, request.order_ids, *request.order_ids.invoice_ids]
        self.assertEqual(self._found(*documents), [])

    def test_each_check_finds_its_damage(self):
        order = self._create_order((100, 1, 0))
        invoice = self._invoice(order)
        refund = self._credit(invoice)
        request = self._request(self.order_type, (self.service, 2))
        request.action_start()
        self._break(invoice.line_ids[0], "balance", invoice.line_ids[0].balance - 1)
        self._break(refund, "amount_total_signed", -500)
        self._break(order.order_line, "qty_invoiced", 9)
        self._break(request.step_ids[0], "res_id", order.id)
        self.assertEqual(self._found(invoice), ["overcredited", "unbalanced"])
        self.assertEqual(self._found(refund), ["receivable"])
        self.assertEqual(self._found(order), ["overbilled"])
        self.assertEqual(self._found(request.order_ids), ["untraced"])

    def test_a_whole_credit_note_at_another_rate_is_none_too_many(self):
        invoice, note = self._credit_at_another_rate()
        self.assertEqual(self._found(invoice, note), [])
        self._break(note, "amount_total_in_currency_signed", -116)
        self.assertEqual(self._found(invoice), ["overcredited"])

    def test_told_once_and_settled_when_gone(self):
        order = self._create_order((100, 1, 0))
        self._break(order.order_line, "qty_invoiced", 9)
        for _night in range(2):
            self.assertEqual(self._found(order), ["overbilled"])
        row = self.env["crm.money.violation"].search([("res_model", "=", "sale.order"), ("res_id", "=", order.id)])
        self.assertEqual((len(row), row.expected, row.found), (1, 1, 9))
        activities = self.env["mail.activity"].search([("res_model", "=", row._name), ("summary", "like", "Money")])
        self.assertEqual(len(activities.filtered(lambda activity: order.name in str(activity.note))), 1)
        self._break(order.order_line, "qty_invoiced", 0)
        self.assertEqual(self._found(order), [])
        self.assertTrue(row.date_resolved)

    def test_for_accountants_only(self):
        for user in (self.seller, self.worker):
            with self.assertRaises(AccessError):
                self.env["crm.money.violation"].with_user(user).action_check()
        self.env["crm.money.violation"].with_user(self.auditor).action_check()

    def test_beyond_the_credit_limit_a_person_decides(self):
        self.env.company.account_use_credit_limit = True
        self.customer.credit_limit = 100
        request = self._request(self.order_type, (self.service, 3))
        request.action_start()
        step = request.step_ids.filtered(lambda step: step.key == "confirm")
        self.assertEqual((step.state, request.phase, request.order_ids.state), ("failed", "stuck", "draft"))
        self.assertIn("credit limit", step.error.lower())
        request.order_ids.action_confirm()
        step.action_retry()
        self.assertEqual(request.phase, "done")
