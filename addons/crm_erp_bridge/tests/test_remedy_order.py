"""Refunds, replacements and discounts, by people without any right on orders or accounting."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .remedy_common import RemedyCommon, plain


@tagged("post_install", "-at_install")
class TestRemedyRefund(RemedyCommon):
    def _documents(self, remedy):
        return (
            self.env["account.move"].search([("crm_remedy_id", "=", remedy.id)]),
            self.env["account.payment"].search([("crm_remedy_id", "=", remedy.id)]),
        )

    def test_paid_back_at_once(self):
        self.company.crm_remedy_post = True
        self._pay(self.invoice)
        remedy = self._carried_out(self._remedy(kind="refund"))
        note, payment = self._documents(remedy)
        self.assertEqual((remedy.state, remedy.error), ("done", False))
        self.assertEqual((payment.payment_type, payment.amount, payment.partner_id), ("outbound", 115, self.customer))
        self.assertEqual((note.state, note.amount_residual), ("posted", 0))
        self.assertEqual(note.reversed_entry_id, self.invoice)
        self.assertEqual(remedy.sudo().result, payment)
        self.assertFlow(self.order, ordered=690, invoiced=690, credited=115, paid=575, state="paid")

    def test_paid_back_when_the_accountant_posts(self):
        self._pay(self.invoice)
        remedy = self._carried_out(self._remedy(kind="refund"))
        note, payment = self._documents(remedy)
        self.assertEqual((remedy.state, note.state, len(payment)), ("executing", "draft", 0))
        note.with_user(self.accountant).action_post()
        note, payment = self._documents(remedy)
        self.assertEqual((remedy.state, payment.amount, note.amount_residual), ("done", 115, 0))

    def test_nothing_to_pay_back_of_an_unpaid_invoice(self):
        self._pay(self.invoice, 600)
        remedy = self._carried_out(self._remedy(kind="refund"))
        self.assertEqual(remedy.state, "failed")
        self.assertIn("$ 90.00 is still open", plain(remedy.error))
        self.assertFalse(self._documents(remedy)[0])

    def test_once(self):
        self.company.crm_remedy_post = True
        self._pay(self.invoice)
        remedy = self._carried_out(self._remedy(kind="refund"))
        remedy.action_execute()
        _note, payment = self._documents(remedy)
        self.assertEqual(len(payment), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            payment.copy().crm_remedy_id = remedy
            self.env.flush_all()

    def test_a_cancelled_payment_is_made_again_without_a_second_credit_note(self):
        self.company.crm_remedy_post = True
        self._pay(self.invoice)
        remedy = self._carried_out(self._remedy(kind="refund"))
        payment = self._documents(remedy)[1]
        payment.action_draft()
        payment.action_cancel()
        self.assertEqual((remedy.state, remedy.error), ("failed", "The payment was cancelled."))
        remedy.action_execute()
        note, payments = self._documents(remedy)
        self.assertEqual((remedy.state, len(note), len(payments)), ("done", 1, 2))

    def test_a_deleted_payment_is_made_again(self):
        self.company.crm_remedy_post = True
        self._pay(self.invoice)
        remedy = self._carried_out(self._remedy(kind="refund"))
        payment = self._documents(remedy)[1]
        payment.action_draft()
        payment.unlink()
        self.assertEqual((remedy.state, remedy.error, remedy.res_id), ("failed", "The payment was deleted.", 0))
        remedy.action_execute()
        note, payments = self._documents(remedy)
        self.assertEqual((remedy.state, len(note), payments.amount), ("done", 1, 115))



@tagged("post_install", "-at_install")
class TestRemedyOrder(RemedyCommon):
    def _order_of(self, remedy):
        return self.env["sale.order"].search([("crm_remedy_id", "=", remedy.id)])

    def test_replacement(self):
        remedy = self._remedy(kind="replacement", amount=230, quantity=2)
        self.assertEqual((remedy.own_cost, remedy.margin_after), (80, 280))
        self._carried_out(remedy)
        order = self._order_of(remedy)
        line = order.order_line
        self.assertEqual((remedy.state, order.state, order.amount_total), ("executing", "draft", 0))
        self.assertEqual(
            (line.product_id, line.product_uom_qty, line.price_unit, line.discount), (self.service, 2, 100, 100)
        )
        self.assertEqual(
            (order.user_id, order.partner_id, order.origin), (self.seller, self.customer, self.complaint.code)
        )

    def test_done_when_confirmed_and_never_to_invoice(self):
        remedy = self._carried_out(self._remedy(kind="replacement", quantity=2))
        order = self._order_of(remedy)
        order.with_user(self.seller).action_confirm()
        self.assertEqual(remedy.state, "done")
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (0, "no"))
        self.assertEqual(self.complaint.remedy_cost, 80)

    def test_nobody_makes_an_order_free_of_charge_by_hand(self):
        remedy = self._carried_out(self._remedy(kind="replacement", quantity=2))
        order = self._create_order((100, 2, 0)).with_user(self.seller)
        with self.assertRaisesRegex(UserError, "made by carrying out"):
            order.crm_remedy_id = remedy.id
        self.assertEqual(order.order_line.qty_to_invoice, 2)

    def test_confirmed_at_once_by_setting(self):
        self.company.crm_remedy_confirm = True
        remedy = self._carried_out(self._remedy(kind="replacement", quantity=1))
        self.assertEqual((remedy.state, self._order_of(remedy).state), ("done", "sale"))

    def test_without_goods(self):
        remedy = self._carried_out(self._remedy(kind="replacement"))
        self.assertEqual(remedy.state, "failed")
        self.assertIn("say which goods", remedy.error)

    def test_once_and_again_after_cancelling(self):
        remedy = self._carried_out(self._remedy(kind="replacement", quantity=1))
        remedy.action_execute()
        order = self._order_of(remedy)
        self.assertEqual(len(order), 1)
        order._action_cancel()
        self.assertEqual(remedy.state, "failed")
        remedy.action_execute()
        self.assertEqual(self._order_of(remedy).mapped("state"), ["draft", "cancel"])

    def test_discount_of_an_invoiced_sale_is_a_credit_note(self):
        remedy = self._remedy(kind="discount", amount=69)
        self.assertEqual(remedy.discount_on, "credit")
        self._carried_out(remedy)
        note = self.env["account.move"].search([("crm_remedy_id", "=", remedy.id)])
        self.assertEqual((note.amount_total, note.amount_tax), (69, 9))

    def test_discount_on_the_order_before_it_is_invoiced(self):
        order = self._create_order((100, 2, 0))
        complaint = self._complaint(order=order)
        remedy = self._remedy(complaint, kind="discount", amount=23)
        self.assertEqual(remedy.discount_on, "order")
        self._carried_out(remedy)
        self.assertEqual((remedy.state, remedy.error), ("done", False))
        self.assertEqual((order.amount_total, order.amount_tax), (207, 27))
        self.assertEqual(remedy.sudo().result, order.order_line.filtered("crm_remedy_id"))
        self.assertEqual(self._invoice(order).amount_total, 207)

    def test_discount_on_the_next_order(self):
        remedy = self._carried_out(self._remedy(kind="discount", discount_on="next", amount=23))
        self.assertEqual((remedy.state, remedy.res_id), ("executing", 0))
        order = self._create_order((100, 2, 0), confirm=False).with_user(self.seller)
        self.assertEqual(order.crm_promised_discount, 23)
        order.action_apply_promised_discount()
        order.action_apply_promised_discount()
        self.assertEqual((order.amount_total, order.crm_promised_discount, remedy.state), (207, 0, "done"))
        self.assertEqual(self._create_order((1, 1, 0), confirm=False).crm_promised_discount, 0)

    def test_a_promise_is_free_again_when_the_order_is_cancelled(self):
        remedy = self._carried_out(self._remedy(kind="discount", discount_on="next", amount=23))
        order = self._create_order((100, 2, 0), confirm=False).with_user(self.seller)
        order.action_apply_promised_discount()
        order._action_cancel()
        self.assertEqual(remedy.state, "failed")
        remedy.action_execute()
        self.assertEqual(self._create_order((100, 1, 0), confirm=False).crm_promised_discount, 23)

    def test_a_discount_larger_than_the_order(self):
        self._carried_out(self._remedy(kind="discount", discount_on="next", amount=230))
        order = self._create_order((100, 1, 0), confirm=False).with_user(self.seller)
        with self.assertRaisesRegex(UserError, "is more than"):
            order.action_apply_promised_discount()
        self.assertEqual(order.amount_total, 115)

    def test_an_invoiced_order_takes_no_discount(self):
        order = self._create_order((100, 2, 0))
        complaint = self._complaint(order=order)
        remedy = self._remedy(complaint, kind="discount", amount=23)
        self._invoice(order)
        self._carried_out(remedy)
        self.assertEqual(remedy.state, "failed")
        self.assertIn("invoiced: give the discount on the invoice", remedy.error)


@tagged("post_install", "-at_install")
class TestRemedyPromise(RemedyCommon):
    """A discount of 23 promised for the next order, given on a quotation of the seller."""

    def _promise(self):
        return self._carried_out(self._remedy(kind="discount", discount_on="next", amount=23))

    def _given(self):
        remedy = self._promise()
        order = self._create_order((100, 2, 0), confirm=False).with_user(self.seller)
        order.action_apply_promised_discount()
        return remedy, order

    def test_free_again_when_the_quotation_is_deleted(self):
        remedy, order = self._given()
        order.with_user(self.boss).unlink()
        self.assertEqual((remedy.state, remedy.error), ("failed", "The discount was taken off the order."))
        self.assertEqual(remedy.sudo().order_id, self.order)
        remedy.action_execute()
        self.assertEqual(self._create_order((100, 1, 0), confirm=False).crm_promised_discount, 23)

    def test_once_on_an_order_that_is_cancelled_and_set_to_draft_again(self):
        remedy, order = self._given()
        order._action_cancel()
        self.assertEqual((remedy.state, order.amount_total), ("failed", 230))
        order.action_draft()
        remedy.action_execute()
        order.action_apply_promised_discount()
        self.assertEqual((remedy.state, order.amount_total), ("done", 207))

    def test_a_duplicate_of_the_order_has_no_discount(self):
        _remedy, order = self._given()
        self.assertEqual((order.copy().amount_total, order.amount_total), (230, 207))

    def test_a_promise_that_is_too_large_does_not_hold_up_the_others(self):
        large = self._carried_out(self._remedy(kind="discount", discount_on="next", amount=300))
        remedy, order = self._given()
        self.assertEqual((remedy.state, large.state, order.amount_total), ("done", "executing", 207))
        self.assertEqual(order.crm_promised_discount, 300)
        with self.assertRaisesRegex(UserError, "is more than"):
            order.action_apply_promised_discount()
        self.assertEqual((large.state, order.amount_total), ("executing", 207))

    def test_the_lines_of_several_taxes_go_together(self):
        remedy = self._promise()
        other = self.service.copy({"taxes_id": [Command.set(self.tax_sale_b.ids)]})
        order = self._create_order((100, 1, 0), confirm=False).with_user(self.seller)
        order.order_line = [Command.create({"product_id": other.id, "price_unit": 100, "name": "Grafting"})]
        order.action_apply_promised_discount()
        lines = order.order_line.filtered("crm_remedy_id")
        self.assertEqual((len(lines), order.amount_total), (2, 192))
        lines[1].unlink()
        self.assertEqual((remedy.state, order.amount_total, len(order.order_line)), ("failed", 215, 2))
