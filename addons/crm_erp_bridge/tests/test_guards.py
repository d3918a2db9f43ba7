"""Odoo's own buttons under two users at once; each of the concurrent tests fails on stock Odoo."""


from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BridgeCommon
from .test_request_concurrency import CommittedRequests


@tagged("post_install", "-at_install")
class TestGuards(BridgeCommon):
    def _down_payment(self, order, percent):
        wizards = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        return wizards.create({"advance_payment_method": "percentage", "amount": percent})

    def _refused(self, function):
        """Call it, expect a UserError and nothing changed; its text."""
        with self.assertRaises(UserError) as caught:
            function()
        return str(caught.exception).replace("\xa0", "")

    # === DOWN PAYMENTS AND OVER-BILLING === #

    def test_down_payments_up_to_the_order(self):
        order = self._create_order((600, 1, 0))
        for percent in (30, 70):
            self._down_payment(order, percent).create_invoices()
        self.assertEqual(sum(order.invoice_ids.mapped("amount_untaxed")), 600)
        self.assertRegex(self._refused(self._down_payment(order, 1).create_invoices), "only .*600.00 was ordered")
        self.assertEqual(len(order.invoice_ids), 2)

    def test_a_repeated_down_payment_beyond_the_order_is_refused(self):
        order = self._create_order((600, 1, 0))
        self._down_payment(order, 60).create_invoices()
        self.assertRegex(self._refused(self._down_payment(order, 60).create_invoices), "720.00 would be invoiced")
        self.assertEqual(sum(order.invoice_ids.mapped("amount_untaxed")), 360)

    def test_a_dialog_that_is_out_of_date_is_refused(self):
        order = self._create_order((600, 1, 0))
        first, second = self._down_payment(order, 30), self._down_payment(order, 30)
        first.create_invoices()
        for wizard in (second, first):
            self.assertIn("another invoice was made", self._refused(wizard.create_invoices))
        self.assertEqual(len(order.invoice_ids), 1)

    def test_many_cheap_pieces_are_invoiced_to_the_cent(self):
        """27 pieces at 0.0837: the rounded price of one must not count."""
        order = self._create_order((0.09, 27, 7))
        self._down_payment(order, 10).create_invoices()
        order.invoice_ids.action_post()
        order._create_invoices(final=True)
        self.assertEqual(round(sum(order.invoice_ids.mapped("amount_untaxed_signed")), 2), 2.26)

    def test_nothing_is_invoiced_in_advance_for_a_cancelled_order(self):
        order = self._create_order((600, 1, 0))
        wizard = self._down_payment(order, 30)
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertIn("is cancelled", self._refused(wizard.create_invoices))
        self.assertFalse(order.invoice_ids)

    def test_final_invoice_after_down_payment_and_after_full_invoice(self):
        order = self._create_order((33.33, 3, 7), (10.01, 7, 0))
        self._down_payment(order, 33).create_invoices()
        order.invoice_ids.action_post()
        final = self._invoice(order)
        self.assertEqual(round(sum(order.invoice_ids.mapped("amount_untaxed")), 2), round(order.amount_untaxed, 2))
        self.assertTrue(final)
        self.assertIn("would be invoiced", self._refused(self._down_payment(order, 10).create_invoices))

    def test_more_delivered_than_ordered_may_be_invoiced(self):
        self.service.invoice_policy = "delivery"
        order = self._create_order((100, 2, 0))
        self._down_payment(order, 50).create_invoices()
        order.order_line.filtered(lambda line: not line.is_downpayment and not line.display_type).qty_delivered = 3
        self._invoice(order)
        self.assertEqual(sum(order.invoice_ids.mapped("amount_untaxed")), 300)

    def test_the_parameter_allows_it(self):
        self.env["ir.config_parameter"].set_param("crm_erp_bridge.allow_overbilling", "1")
        order = self._create_order((600, 1, 0))
        for _click in range(2):
            self._down_payment(order, 60).create_invoices()
        self.assertEqual(sum(order.invoice_ids.mapped("amount_untaxed")), 720)

    def test_the_parameter_written_as_no_allows_nothing(self):
        order = self._create_order((600, 1, 0))
        self._down_payment(order, 60).create_invoices()
        for value in ("0", "False", "no"):
            self.env["ir.config_parameter"].set_param("crm_erp_bridge.allow_overbilling", value)
            self.assertIn("720.00 would be invoiced", self._refused(self._down_payment(order, 60).create_invoices))
        self.assertEqual(len(order.invoice_ids), 1)

    # === CREDIT NOTES === #

    def test_no_more_credited_than_invoiced(self):
        invoice = self._invoice(self._create_order((100, 1, 0)))
        self._credit(invoice, amounts=[40])
        second = self._credit(invoice, post=False)
        self.assertIn("155.00 would be credited", self._refused(second.action_post))
        second.invoice_line_ids.quantity = 0.5
        second.action_post()
        self.assertEqual(second.state, "posted")

    def test_a_whole_credit_note_at_another_rate(self):
        """100 euros are 200 dollars in May and 250 in July: all of it may be credited then, and no more."""
        invoice, note = self._credit_at_another_rate()
        self.assertEqual(
            (note.state, note.amount_total, invoice.amount_total_signed, note.amount_total_signed),
            ("posted", 115, 230, -287.5),
        )
        more = self._credit(invoice, amounts=[1], post=False)
        more.invoice_date = "2026-05-01"
        self.assertIn("116.00€wouldbecredited", self._refused(more.action_post).replace(" ", ""))

    def test_a_dialog_makes_its_credit_note_once(self):
        invoice = self._invoice(self._create_order((100, 1, 0)))
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard = wizard.create({"journal_id": invoice.journal_id.id})
        first, again = wizard.refund_moves(), wizard.refund_moves()
        self.assertEqual(first["res_id"], again["res_id"])
        self.assertEqual(len(invoice.reversal_move_ids), 1)

    def _credited_order(self, **values):
        order = self._create_order((100, 6, 0))
        invoice = self._invoice(order)
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        result = wizard.create({"journal_id": invoice.journal_id.id} | values).reverse_moves()
        return order, self.env["account.move"].browse(result["res_id"])

    def test_stock_invoices_credited_quantities_again(self):
        order, _refund = self._credited_order()
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (6, "to invoice"))

    def test_a_complaints_credit_note_is_not_invoiced_again(self):
        complaint = self.env["crm.complaint"].sudo().create({"name": "Broken", "partner_id": self.customer.id})
        order, refund = self._credited_order(crm_complaint_id=complaint.id)
        self.assertEqual((refund.crm_complaint_id, refund.crm_keep_invoiced), (complaint, True))
        line = order.order_line
        for step in ("draft", "posted"):
            if step == "posted":
                refund.invoice_line_ids.quantity = 2
                refund.action_post()
            self.assertEqual((line.qty_invoiced, line.qty_to_invoice, order.invoice_status), (6, 0, "invoiced"), step)
            self.assertEqual(line.untaxed_amount_to_invoice, 0, step)
            with self.assertRaises(UserError):
                order._create_invoices()
        self.assertFlow(order, ordered=690, invoiced=690, credited=230, due=460, state="unpaid")

    def test_it_can_be_decided_otherwise(self):
        order, refund = self._credited_order(crm_keep_invoiced=True)
        self.assertEqual(order.order_line.qty_to_invoice, 0)
        refund.crm_keep_invoiced = False
        self.assertEqual(order.order_line.qty_to_invoice, 6)


@tagged("post_install", "-at_install")
class TestGuardsConcurrency(CommittedRequests):
    def _order(self, env):
        order = env["sale.order"].create(
            {
                "partner_id": self.partner_id,
                "order_line": [(0, 0, {"product_id": self.product_id, "product_uom_qty": 60})],
            }
        )
        order.action_confirm()
        return order

    @mute_logger("odoo.sql_db")
    def test_parallel_down_payments(self):
        with self._transaction() as env:
            order = self._order(env)
            wizards = env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
            ids = [wizards.create({"advance_payment_method": "percentage", "amount": 30}).id for _user in range(3)]
            order_id = order.id
            env.cr.commit()
        wizard = "sale.advance.payment.inv"
        refused = len(self._each_at_once(ids, lambda env, number: env[wizard].browse(number).create_invoices()))
        with self._transaction() as env:
            invoices = env["sale.order"].browse(order_id).invoice_ids
            self.assertEqual((refused, invoices.mapped("amount_untaxed")), (2, [180]))

    def _down_payment_in_one_call(self, env, order_id):
        """As programs do it: research probe p02."""
        wizards = env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=[order_id])
        wizards.create({"advance_payment_method": "percentage", "amount": 30}).create_invoices()

    @mute_logger("odoo.sql_db")
    def test_parallel_down_payments_of_programs(self):
        with self._transaction() as env:
            order_id = self._order(env).id
            env.cr.commit()
        refused = len(self._each_at_once([order_id] * 3, self._down_payment_in_one_call))
        with self._transaction() as env:
            invoices = env["sale.order"].browse(order_id).invoice_ids
            self.assertEqual((refused, invoices.mapped("amount_untaxed")), (2, [180]))

    def test_a_later_down_payment_of_a_program(self):
        with self._transaction() as env:
            order_id = self._order(env).id
            env.cr.commit()
            self._down_payment_in_one_call(env, order_id)
            env.cr.execute(
                "UPDATE account_move SET create_date = create_date - interval '61 seconds' WHERE id IN %s",
                [tuple(env["sale.order"].browse(order_id).invoice_ids.ids)],
            )
            env.cr.commit()
            self._down_payment_in_one_call(env, order_id)
            self.assertEqual(env["sale.order"].browse(order_id).invoice_ids.mapped("amount_untaxed"), [180, 180])
            env.cr.rollback()

    @mute_logger("odoo.sql_db")
    def test_parallel_invoices(self):
        with self._transaction() as env:
            order_id = self._order(env).id
            env.cr.commit()
        refused = len(self._each_at_once(
            [order_id] * 3, lambda env, number: env["sale.order"].browse(number)._create_invoices()))
        with self._transaction() as env:
            invoices = env["sale.order"].browse(order_id).invoice_ids
            self.assertEqual((refused, invoices.mapped("amount_untaxed")), (2, [600]))

    @mute_logger("odoo.sql_db")
    def test_down_payment_beside_a_regular_invoice(self):
        """Of an order with something taken in trade, which only a final invoice takes: the regular invoice leaves the
        state of the order as it is, so that in the database nothing of it meets the down payment."""
        with self._transaction() as env:
            order = env["sale.order"].create(
                {
                    "partner_id": self.partner_id,
                    "order_line": [
                        (0, 0, {"product_id": self.product_id, "product_uom_qty": quantity}) for quantity in (60, -1)
                    ],
                }
            )
            order.action_confirm()
            order_id = order.id
            env.cr.commit()

        def invoice(env, kind):
            if kind == "in advance":
                self._down_payment_in_one_call(env, order_id)
            else:
                env["sale.order"].browse(order_id)._create_invoices()

        refused = self._each_at_once(["in advance", "regular"], invoice)
        with self._transaction() as env:
            invoices = env["sale.order"].browse(order_id).invoice_ids
            self.assertEqual((len(refused), len(invoices)), (1, 1))
            self.assertIn(invoices.amount_untaxed, (177, 600))

    @mute_logger("odoo.sql_db")
    def test_parallel_credit_notes(self):
        """Of an invoice without an order, which is paid: others meet in the sums of the order's lines, or in what the
        customer still owes."""
        with self._transaction() as env:
            invoice = env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_id,
                    "invoice_line_ids": [(0, 0, {"name": self.title, "quantity": 60, "price_unit": 10})],
                }
            )
            invoice.action_post()
            context = {"active_model": "account.move", "active_ids": invoice.ids}
            register = env["account.payment.register"].with_context(**context).create({})
            register._create_payments()
            register.unlink()
            wizards = env["account.move.reversal"].with_context(**context)
            refunds = [
                env["account.move"].browse(
                    wizards.create({"journal_id": invoice.journal_id.id}).reverse_moves()["res_id"]
                ).id
                for _user in range(2)
            ]
            invoice_id = invoice.id
            env.cr.commit()
        refused = self._each_at_once(refunds, lambda env, number: env["account.move"].browse(number).action_post())
        with self._transaction() as env:
            states = env["account.move"].browse(invoice_id).reversal_move_ids.mapped("state")
            self.assertEqual((len(refused), sorted(states)), (1, ["draft", "posted"]))
            self.assertIn("would be credited", refused[0])
