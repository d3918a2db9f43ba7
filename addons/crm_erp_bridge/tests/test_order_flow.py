from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestOrderFlow(BridgeCommon):
    # === ONE ORDER === #

    def test_quotation(self):
        order = self._create_order((100, 2, 0), confirm=False)
        self.assertFlow(order, state="draft", blocked_reason=False, amount_total=230, order_state="draft")
        order.action_quotation_sent()
        self.assertFlow(order, state="sent", amount_total=230)

    def test_expired_quotation_says_so(self):
        order = self._create_order(confirm=False, validity_date=fields.Date.today() - timedelta(days=1))
        self.assertFlow(order, state="draft", blocked_reason="expired", amount_total=115)

    def test_columns_of_the_order(self):
        person = self.env["res.partner"].create({"name": "Ana Kovač", "parent_id": self.customer.id})
        order = self._create_order(partner_id=person.id)
        flow = self._flow(order)
        self.assertEqual(flow.id, order.id)
        self.assertEqual(flow.order_id, order)
        self.assertEqual(flow.lead_id, self.lead)
        self.assertEqual(flow.partner_id, person)
        self.assertEqual(flow.commercial_partner_id, self.customer)
        self.assertEqual(flow.company_id, order.company_id)
        self.assertEqual(flow.currency_id, order.currency_id)
        self.assertEqual(flow.user_id, self.seller)
        self.assertEqual(flow.team_id, order.team_id)
        self.assertEqual(flow.date, order.date_order)

    def test_from_order_to_payment_with_discount(self):
        order = self._create_order((33.33, 3, 7.5), (33.33, 1, 0))
        self.assertEqual(order.amount_total, 144.69)
        self.assertFlow(order, ordered=144.69, state="to_invoice", blocked_reason=False)
        invoice = self._invoice(order, post=False)
        self.assertFlow(order, ordered=144.69, state="invoice_draft", blocked_reason="invoice_draft")
        invoice.action_post()
        self.assertFlow(order, ordered=144.69, invoiced=144.69, due=144.69, state="unpaid", blocked_reason=False)
        self._pay(invoice, 44.69)
        self.assertFlow(order, ordered=144.69, invoiced=144.69, paid=44.69, due=100, state="unpaid")
        self._pay(invoice)
        self.assertFlow(order, ordered=144.69, invoiced=144.69, paid=144.69, state="paid", blocked_reason=False)

    def test_overdue_payment_blocks(self):
        order = self._create_order()
        invoice = self._invoice(order, post=False)
        invoice.invoice_date = fields.Date.today() - timedelta(days=60)
        invoice.invoice_date_due = fields.Date.today() - timedelta(days=30)
        invoice.action_post()
        self.assertFlow(order, ordered=115, invoiced=115, due=115, state="unpaid", blocked_reason="overdue")
        self._pay(invoice)
        self.assertFlow(order, ordered=115, invoiced=115, paid=115, state="paid", blocked_reason=False)

    def test_cancelled_order_has_nothing_ordered(self):
        order = self._create_order()
        order._action_cancel()
        self.assertFlow(order, state="cancel", blocked_reason=False, amount_total=115)

    def test_cancelled_invoice_does_not_count(self):
        order = self._create_order()
        self._invoice(order, post=False).button_cancel()
        self.assertFlow(order, ordered=115, state="to_invoice")

    # === DELIVERY === #

    def test_delivery_before_invoicing(self):
        self.service.invoice_policy = "delivery"
        order = self._create_order((40, 10, 10))
        self.assertFlow(order, ordered=414, state="order", blocked_reason="delivery")
        order.order_line.qty_delivered = 3
        self.assertFlow(order, ordered=414, delivered=124.2, state="to_invoice", blocked_reason=False)
        invoice = self._invoice(order)
        self.assertEqual(invoice.amount_total, 124.2)
        self.assertFlow(order, ordered=414, delivered=124.2, invoiced=124.2, due=124.2, state="unpaid")

    def test_full_delivery_equals_the_order_whatever_the_rounding(self):
        self.env.company.tax_calculation_rounding_method = "round_globally"
        order = self._create_order((0.33, 1, 0), (0.33, 1, 0), (0.33, 1, 0))
        order.order_line.qty_delivered = 1
        self.assertFlow(order, ordered=order.amount_total, delivered=order.amount_total, state="to_invoice")

    def test_expense_delivered_without_having_been_ordered(self):
        order = self._create_order((100, 1, 0), (20, 0, 0))
        order.order_line[1].qty_delivered = 2
        self.assertFlow(order, ordered=115, delivered=46)

    # === CREDIT NOTES === #

    def test_full_credit_note(self):
        order = self._create_order()
        self._credit(self._invoice(order))
        self.assertFlow(order, ordered=115, invoiced=115, credited=115, state="credited", blocked_reason=False)

    def test_credit_note_is_not_a_payment(self):
        order = self._create_order((100, 1, 0))
        invoice = self._invoice(order)
        self._pay(invoice, 40)
        refund = self._credit(invoice, post=False)
        refund.invoice_line_ids.price_unit = 20
        refund.action_post()
        # whether reconciled with the invoice or not
        self.assertFlow(order, ordered=115, invoiced=115, paid=40, credited=23, due=52)
        (invoice | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        self.assertEqual(invoice.amount_residual, 52)
        self.assertFlow(order, ordered=115, invoiced=115, paid=40, credited=23, due=52)

    def test_credit_after_payment_waits_to_be_paid_back(self):
        order = self._create_order()
        invoice = self._invoice(order)
        self._pay(invoice)
        refund = self._credit(invoice)
        self.assertFlow(
            order, ordered=115, invoiced=115, paid=115, credited=115, due=-115,
            state="credited", blocked_reason="refund_due",
        )
        self._pay(refund)
        self.assertFlow(order, ordered=115, invoiced=115, paid=0, credited=115, state="credited", blocked_reason=False)

    def test_goodwill_credit_without_order_line_belongs_to_the_order_of_the_invoice(self):
        order = self._create_order()
        refund = self._credit(self._invoice(order), amounts=[15])
        self.assertFalse(refund.invoice_line_ids.sale_line_ids)
        self.assertFlow(order, ordered=115, invoiced=115, credited=15, due=100)

    def test_goodwill_credit_is_shared_by_the_orders_of_the_invoice(self):
        first, second = self._create_order((100, 1, 0)), self._create_order((50, 1, 0))
        invoice = self._invoice(first | second)
        self._credit(invoice, amounts=[10])
        self.assertFlow(first, ordered=115, invoiced=115, credited=6.67, due=108.33)
        self.assertFlow(second, ordered=57.5, invoiced=57.5, credited=3.33, due=54.17)

    def test_draft_credit_note_does_not_count(self):
        order = self._create_order()
        self._credit(self._invoice(order), post=False)
        self.assertFlow(order, ordered=115, invoiced=115, due=115, blocked_reason="invoice_draft")

    # === DOWN PAYMENTS === #

    def _down_payment(self, order, percent):
        wizard = self.env["sale.advance.payment.inv"].with_context(active_ids=order.ids).create(
            {"advance_payment_method": "percentage", "amount": percent, "sale_order_ids": [Command.set(order.ids)]}
        )
        invoice = wizard._create_invoices(order)
        invoice.action_post()
        return invoice

    def test_down_payment_and_final_invoice_add_up_to_the_order(self):
        order = self._create_order((99.99, 1, 0), (0.01, 7, 0))
        total = order.amount_total
        down = self._down_payment(order, 30)
        self.assertFlow(order, ordered=total, invoiced=down.amount_total, due=down.amount_total, state="to_invoice")
        self._pay(down)
        self.assertFlow(order, ordered=total, invoiced=down.amount_total, paid=down.amount_total)
        final = self._invoice(order)
        rest = order.currency_id.round(total - down.amount_total)
        self.assertEqual(final.amount_total, rest)
        self.assertFlow(order, ordered=total, invoiced=total, paid=down.amount_total, due=rest, state="unpaid")
        self._pay(final)
        self.assertFlow(order, ordered=total, invoiced=total, paid=total, state="paid")

    # === SEVERAL ORDERS ON ONE INVOICE === #

    def test_two_orders_on_one_invoice(self):
        first = self._create_order((33.33, 1, 0))
        second = self._create_order((66.67, 2, 0))
        invoice = self._invoice(first | second)
        self.assertEqual(len(invoice), 1)
        self.assertEqual((first.amount_total, second.amount_total, invoice.amount_total), (38.33, 153.34, 191.67))
        self._pay(invoice, 100)
        self.assertFlow(first, ordered=38.33, invoiced=38.33, paid=20, due=18.33)
        self.assertFlow(second, ordered=153.34, invoiced=153.34, paid=80, due=73.34)
        self.assertEqual(invoice.amount_residual, 91.67)

    def test_line_typed_in_by_hand_belongs_to_no_order(self):
        order = self._create_order()
        invoice = self._invoice(order, post=False)
        invoice.invoice_line_ids = [
            Command.create({"name": "Typed in", "price_unit": 85, "tax_ids": [Command.clear()]})
        ]
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 200)
        self._pay(invoice, 100)
        self.assertFlow(order, ordered=115, invoiced=115, paid=57.5, due=57.5)
        self._credit(invoice)
        # the copied untraced line is credited to nobody, too
        self.assertFlow(order, ordered=115, invoiced=115, paid=57.5, credited=115, due=-57.5)

    def test_tax_corrected_by_hand_is_shared_to_the_cent(self):
        first = self._create_order((60, 1, 0))
        second = self._create_order((30, 1, 0))
        invoice = self._invoice(first | second, post=False)
        tax_line = invoice.line_ids.filtered(lambda line: line.display_type == "tax")
        receivable = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        invoice.line_ids = [
            Command.update(tax_line.id, {"amount_currency": tax_line.amount_currency - 0.01}),
            Command.update(receivable.id, {"amount_currency": receivable.amount_currency + 0.01}),
        ]
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 103.51)
        self.assertFlow(first, ordered=69, invoiced=69.01, due=69.01)
        self.assertFlow(second, ordered=34.5, invoiced=34.5, due=34.5)

    def test_one_invoice_line_for_two_orders(self):
        first, second = self._create_order((100, 1, 0)), self._create_order((100, 2, 0))
        invoice = self._invoice(first, post=False)
        invoice.invoice_line_ids.write({"sale_line_ids": [Command.link(second.order_line.id)], "price_unit": 300})
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 345)
        self.assertFlow(first, ordered=115, invoiced=115, due=115)
        self.assertFlow(second, ordered=230, invoiced=230, due=230)

    # === CURRENCIES === #

    def _pricelist(self, currency):
        return self.env["product.pricelist"].create({"name": currency.name, "currency_id": currency.id})

    def test_foreign_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 1.0), ("2016-01-01", 0.8)])
        order = self._create_order((100, 1, 0), pricelist_id=self._pricelist(euro).id)
        self.assertEqual(order.currency_id, euro)
        invoice = self._invoice(order)
        self.assertEqual(invoice.currency_id, euro)
        self._pay(invoice, 15, currency_id=euro.id)
        self.assertFlow(order, ordered=115, invoiced=115, paid=15, due=100, currency_id=euro)
        flow = self._flow(order)
        self.assertEqual(flow.company_currency_id, self.env.company.currency_id)
        self.assertEqual(flow.company_amount_ordered, 143.75)
        self.assertEqual(flow.company_amount_invoiced, 143.75)
        self.assertEqual(flow.company_amount_due, 125)
        self.assertEqual(flow.company_amount_paid, 18.75)

    def test_invoice_in_another_currency_than_the_order(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 1.0), ("2016-01-01", 0.8)])
        order = self._create_order((100, 1, 0))
        invoice = self._invoice(order, post=False)
        invoice.currency_id = euro
        invoice.invoice_line_ids.price_unit = 80
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 92)
        self.assertEqual(invoice.amount_total_signed, 115)
        self.assertFlow(order, ordered=115, invoiced=115, due=115)

    def test_company_invoice_for_an_order_in_foreign_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 1.0), ("2016-01-01", 0.8)])
        order = self._create_order((100, 1, 0), pricelist_id=self._pricelist(euro).id)
        invoice = self._invoice(order, post=False)
        invoice.currency_id = self.env.company.currency_id
        invoice.invoice_line_ids.price_unit = 125
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 143.75)
        self.assertFlow(order, ordered=115, invoiced=115, due=115)

    def test_currency_without_cents(self):
        yen = self.setup_other_currency("JPY", rates=[("1900-01-01", 1.0), ("2016-01-01", 100)], rounding=1)
        pricelist = self._pricelist(yen)
        first = self._create_order((333, 1, 0), pricelist_id=pricelist.id)
        second = self._create_order((667, 1, 0), pricelist_id=pricelist.id)
        invoice = self._invoice(first | second)
        self.assertEqual(invoice.amount_total, 1150)
        self._pay(invoice, 575, currency_id=yen.id)
        flows = self._flow(first) | self._flow(second)
        self.assertEqual(flows.mapped("amount_invoiced"), [383, 767])
        self.assertEqual(sum(flows.mapped("amount_due")), 575)
        self.assertEqual(sum(flows.mapped("amount_paid")), 575)
