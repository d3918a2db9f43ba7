"""Remedies carried out as documents, by people without any right on orders or accounting."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .remedy_common import RemedyCommon


def plain(text):
    return (text or "").replace("\xa0", " ")


@tagged("post_install", "-at_install")
class TestRemedyCreditNote(RemedyCommon):
    """An invoice of 600 + 15 % = 690 for six units that cost 40 each."""

    def _note(self, remedy):
        return self.env["account.move"].search([("crm_remedy_id", "=", remedy.id)])

    # === CHOOSING WHAT IS COMPLAINED ABOUT === #

    def test_the_agent_chooses_without_reading_documents(self):
        for model in ("account.move", "sale.order"):
            self.assertFalse(self.env[model].with_user(self.agent).has_access("read"), model)
        complaint = self.complaint
        self.assertEqual((complaint.crm_invoice_id.id, complaint.crm_order_id.id), (self.invoice.id, self.order.id))
        read = complaint.web_read({"crm_invoice_id": {"fields": {"display_name": {}}}})
        self.assertIn(self.invoice.name, read[0]["crm_invoice_id"]["display_name"])

    def test_only_documents_of_the_customer_are_listed(self):
        other = self.env["res.partner"].create({"name": "Somebody else"})
        self._invoice(self._create_order((50, 1, 0), partner_id=other.id))
        wizard = self.env["crm.complaint.document"].with_user(self.agent)._for_complaint(self.complaint)
        self.assertEqual(wizard.line_ids.mapped("name"), [self.invoice.name, self.order.name])
        self.assertEqual(wizard.line_ids.mapped("amount_total"), [690, 690])

    def test_a_document_of_another_customer_is_refused(self):
        other = self.env["res.partner"].create({"name": "Somebody else"})
        invoice = self._invoice(self._create_order((50, 1, 0), partner_id=other.id))
        with self.assertRaisesRegex(UserError, "not of the customer who complains"):
            self.complaint.sudo().crm_invoice_id = invoice

    def test_without_a_customer(self):
        complaint = self.env["crm.complaint"].with_user(self.agent).create({"name": "Anonymous", "channel": "phone"})
        with self.assertRaisesRegex(UserError, "Choose the customer first"):
            complaint.action_choose_document()

    # === WHAT IT COSTS === #

    def test_what_it_costs_is_shown_before(self):
        remedy = self._remedy()
        self.assertEqual(
            (remedy.own_cost, remedy.tax_part, remedy.margin_before, remedy.margin_after, remedy.claimable_amount),
            (100, 15, 360, 260, 690),
        )

    def test_comparison(self):
        wizard = self.env["crm.complaint.settle"].with_user(self.agent)._for_complaint(self.complaint)
        self.assertEqual(wizard.amount, 690)
        wizard.amount = 115
        self.assertEqual(
            {line.kind: (line.own_cost, line.margin_after) for line in wizard.line_ids},
            {
                "credit_note": (100, 260),
                "refund": (100, 260),
                "discount": (100, 260),
                "replacement": (40, 320),
                "return": (0, 360),
                "voucher": (115, 245),
            },
        )
        line = wizard.line_ids.filtered(lambda line: line.kind == "replacement")
        action = line.action_propose()
        remedy = self.env["crm.complaint.remedy"].browse(action["res_id"])
        self.assertEqual((remedy.kind, remedy.proposed_by_id, remedy.line_ids.quantity_max), ("replacement", self.agent, 6))

    def test_comparison_needs_a_reason(self):
        wizard = self.env["crm.complaint.settle"].with_user(self.agent)._for_complaint(self.complaint)
        wizard.reason = " "
        with self.assertRaisesRegex(UserError, "Reason: say why"):
            wizard.line_ids[:1].action_propose()

    # === CREDIT NOTE === #

    def test_an_amount(self):
        remedy = self._carried_out(self._remedy())
        note = self._note(remedy)
        self.assertEqual((remedy.state, remedy.error), ("executing", False))
        self.assertEqual(
            (note.state, note.move_type, note.reversed_entry_id, note.amount_total, note.amount_tax),
            ("draft", "out_refund", self.invoice, 115, 15),
        )
        self.assertEqual(note.invoice_line_ids.tax_ids, self.tax_sale_a)
        self.assertEqual(note.crm_complaint_id, self.complaint.sudo())
        self.assertIn(self.complaint.code, note.message_ids[0].body + note.message_ids[1].body)
        self.assertEqual(remedy.result_label, note.display_name)

    def test_done_when_the_accountant_posts_it(self):
        remedy = self._carried_out(self._remedy())
        self.assertEqual(self.complaint.cost_total, 0)
        self._note(remedy).with_user(self.accountant).action_post()
        self.assertEqual((remedy.state, bool(remedy.date_done)), ("done", True))
        self.assertEqual((self.complaint.remedy_amount, self.complaint.remedy_cost), (115, 100))
        self.assertEqual(self.complaint.cost_total, 100)

    def test_posted_at_once_by_setting(self):
        self.company.crm_remedy_post = True
        remedy = self._carried_out(self._remedy())
        self.assertEqual((remedy.state, self._note(remedy).state), ("done", "posted"))

    def test_the_whole_invoice(self):
        remedy = self._carried_out(self._remedy(amount=690))
        note = self._note(remedy)
        self.assertEqual((note.amount_total, note.amount_tax, note.invoice_line_ids.quantity), (690, 90, 6))
        self.assertEqual(note.invoice_line_ids.product_id, self.service)

    def test_by_lines(self):
        remedy = self._remedy(quantity=2)
        self.assertEqual((remedy.amount, remedy.by_lines), (230, True))
        note = self._note(self._carried_out(remedy))
        self.assertEqual((note.amount_total, note.amount_tax, note.invoice_line_ids.quantity), (230, 30, 2))
        self.assertEqual(note.invoice_line_ids.sale_line_ids, self.order.order_line)

    def test_not_to_be_invoiced_again(self):
        """What stock does here: research probe p04."""
        self._note(self._carried_out(self._remedy(quantity=2))).action_post()
        line = self.order.order_line
        self.assertEqual((line.qty_invoiced, line.qty_to_invoice, self.order.invoice_status), (6, 0, "invoiced"))
        self.assertFlow(self.order, ordered=690, invoiced=690, credited=230, due=460, state="unpaid")

    def test_several_taxes_keep_their_parts(self):
        """Shares of 115 and 50 out of 165: half the invoice is half of each, taxes included."""
        values = {"name": "Book", "type": "service", "invoice_policy": "order", "taxes_id": False}
        taxfree = self.env["product.product"].create(values)
        order = self._create_order((100, 1, 0))
        order.order_line = [Command.create({"name": "Book", "product_id": taxfree.id, "price_unit": 50})]
        invoice = self._invoice(order)
        self.assertEqual(invoice.amount_total, 165)
        note = self._note(self._carried_out(self._remedy(self._complaint(invoice), amount=82.5)))
        self.assertEqual((note.amount_total, note.amount_tax, note.amount_untaxed), (82.5, 7.5, 75))
        self.assertEqual(sorted(note.invoice_line_ids.mapped("price_total")), [25, 57.5])

    def test_to_the_cent_where_rounding_allows_no_net_price(self):
        """0.12 with 15 %: 0.10 net gives 0.12 (0.115), 0.11 net gives 0.13; 0.35 lies between 0.34 and 0.36."""
        for amount in (0.11, 0.35, 100, 99.99, 33.33):
            with self.subTest(amount=amount):
                complaint = self._complaint(self._invoice(self._create_order((100, 6, 0))))
                note = self._note(self._carried_out(self._remedy(complaint, amount=amount)))
                self.assertEqual(note.amount_total, amount)
                self.assertAlmostEqual(sum(note.line_ids.mapped("balance")), 0, places=6)
                note.action_post()
                self.assertEqual(note.amount_total, amount)

    def test_an_amount_too_small_for_its_tax(self):
        """0.04: 0.03 net has no tax at all, 0.04 net makes 0.05."""
        remedy = self._carried_out(self._remedy(amount=0.04))
        self.assertEqual((remedy.state, bool(self._note(remedy))), ("failed", False))
        self.assertIn("do not allow that amount", remedy.error)

    def test_prices_with_tax_included(self):
        tax = self.tax_sale_a.copy({"name": "15% incl.", "price_include_override": "tax_included"})
        order = self._create_order((115, 2, 0))
        order.order_line.tax_ids = tax
        complaint = self._complaint(self._invoice(order))
        note = self._note(self._carried_out(self._remedy(complaint, amount=57.5)))
        self.assertEqual((note.amount_total, note.amount_tax, note.invoice_line_ids.price_unit), (57.5, 7.5, 57.5))

    def test_currency_of_the_invoice(self):
        """The remedy is in dollars, the invoice in a currency worth half a dollar: twice as many of it."""
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2)])
        pricelist = self.env["product.pricelist"].create({"name": "Other", "currency_id": currency.id})
        invoice = self._invoice(self._create_order((100, 6, 0), pricelist_id=pricelist.id))
        complaint = self._complaint(invoice)
        remedy = self._remedy(complaint, amount=115)
        self.assertEqual((remedy.document_amount, remedy.claimable_amount), (230, 690))
        self.assertEqual(complaint._crm_claimable_amount(), 345)
        note = self._note(self._carried_out(remedy))
        self.assertEqual((note.currency_id, note.amount_total), (currency, 230))

    # === NEVER TOO MUCH === #

    def test_never_above_what_is_left(self):
        self._credit(self.invoice, amounts=[600])
        remedy = self._remedy(amount=90.01)
        with self.assertRaisesRegex(UserError, "more than the order was"):
            remedy.with_user(self.lead_agent).action_approve()
        remedy.amount = 90
        self.assertEqual(self._note(self._carried_out(remedy)).amount_total, 90)

    def test_drafts_and_credit_notes_made_after_approval_count(self):
        remedy = self._remedy(amount=200)
        remedy.with_user(self.lead_agent).action_approve()
        draft = self._credit(self.invoice, amounts=[500], post=False)
        remedy.action_execute()
        self.assertEqual(remedy.state, "failed")
        self.assertIn("only $ 190.00 of it was invoiced and not yet credited", plain(remedy.error))
        self.assertFalse(self._note(remedy))
        draft.button_cancel()
        remedy.action_execute()
        self.assertEqual((remedy.state, self._note(remedy).amount_total), ("executing", 200))

    def test_two_remedies_of_one_complaint_count_together(self):
        self._carried_out(self._remedy(amount=400))
        second = self._remedy(amount=300)
        with self.assertRaisesRegex(UserError, "more than the order was"):
            second.with_user(self.lead_agent).action_approve()

    def test_no_more_pieces_than_were_left(self):
        self._note(self._carried_out(self._remedy(quantity=5))).action_post()
        other = self._complaint()
        remedy = self._remedy(other, quantity=2, amount=1)
        with self.assertRaisesRegex(UserError, "more than the order was"):
            remedy.with_user(self.lead_agent).action_approve()

    def test_more_pieces_than_bought(self):
        with self.assertRaisesRegex(ValidationError, "only 6.0 were bought"):
            self._remedy(quantity=7)

    # === ONCE === #

    def test_once(self):
        remedy = self._carried_out(self._remedy())
        remedy.action_execute()
        remedy.with_user(self.lead_agent).action_execute()
        self.assertEqual(len(self._note(remedy)), 1)

    def test_the_database_holds_the_key(self):
        remedy = self._carried_out(self._remedy())
        other = self._credit(self.invoice, amounts=[1], post=False)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            other.crm_remedy_id = remedy
            other.flush_recordset()

    def test_a_cancelled_credit_note_is_made_again(self):
        remedy = self._carried_out(self._remedy())
        first = self._note(remedy)
        first.with_user(self.accountant).button_cancel()
        self.assertEqual((remedy.state, remedy.res_id), ("failed", 0))
        self.assertIn("was cancelled", remedy.error)
        remedy.action_execute()
        self.assertEqual(self._note(remedy).mapped("state"), ["draft", "cancel"])
        self.assertNotEqual(remedy.sudo().result, first)

    def test_a_deleted_draft_can_be_rejected(self):
        remedy = self._carried_out(self._remedy())
        self._note(remedy).unlink()
        self.assertEqual((remedy.state, remedy.error), ("failed", "The draft of its credit note was deleted."))
        remedy.action_reject()
        self.assertEqual(remedy.state, "rejected")

    def test_reset_to_draft_is_not_done(self):
        remedy = self._carried_out(self._remedy())
        note = self._note(remedy)
        note.action_post()
        note.button_draft()
        self.assertEqual((remedy.state, remedy.date_done), ("executing", False))
        note.action_post()
        self.assertEqual(remedy.state, "done")

    # === FOUR EYES === #

    def test_who_changes_the_lines_does_not_approve(self):
        remedy = self._remedy(quantity=1)
        remedy.with_user(self.lead_agent).line_ids.quantity = 2
        with self.assertRaisesRegex(UserError, "proposed by you"):
            remedy.with_user(self.lead_agent).action_approve()

    def test_lines_are_decided_with_the_remedy(self):
        remedy = self._remedy(quantity=1)
        remedy.with_user(self.lead_agent).action_approve()
        with self.assertRaisesRegex(UserError, "not changed any more"):
            remedy.line_ids.quantity = 2
        with self.assertRaisesRegex(UserError, "only the quantity"):
            remedy.line_ids.price_total = 1
        with self.assertRaisesRegex(UserError, "use 'Take Lines'"):
            remedy.line_ids.create([{"remedy_id": remedy.id, "name": "x", "source_key": "x"}])
        self.assertEqual(remedy.line_ids.quantity, 1)

    def test_lines_of_a_complaint_that_one_may_not_see(self):
        remedy = self._remedy(quantity=1)
        stranger = self._agent("stranger", "group_user")
        lines = self.env["crm.complaint.remedy.line"].with_user(stranger)
        self.assertFalse(lines.search([("remedy_id", "=", remedy.id)]))
        with self.assertRaises(AccessError):
            lines.browse(remedy.line_ids.id).read(["name"])
        with self.assertRaises(AccessError):
            lines.browse(remedy.line_ids.id).write({"quantity": 3})

    def test_nobody_wins_rights_by_it(self):
        remedy = self._carried_out(self._remedy())
        note = self._note(remedy).with_user(self.agent)
        with self.assertRaises(AccessError):
            note.read(["name"])
        with self.assertRaises(AccessError):
            note.action_post()
        self.assertFalse(remedy.with_user(self.agent).can_open_result)
        self.assertTrue(remedy.with_user(self.lead_agent).sudo().with_user(self.env.user).can_open_result)

    def test_the_accountant_sees_the_complaints_number(self):
        note = self._note(self._carried_out(self._remedy())).with_user(self.accountant)
        read = note.web_read({"crm_complaint_id": {"fields": {"display_name": {}}}})
        self.assertIn(self.complaint.code, read[0]["crm_complaint_id"]["display_name"])
        self.assertFalse(self.env["crm.complaint"].with_user(self.accountant).has_access("read"))

    def test_links_both_ways(self):
        remedy = self._carried_out(self._remedy())
        both = self._create_user("both", "account.group_account_invoice,crm_complaints.group_user_all")
        for document in (self._note(remedy), self.invoice, self.order.sudo()):
            document = document.with_user(both).sudo(False)
            self.assertEqual(document._crm_complaints(), self.complaint, document)
        self.assertEqual(self.complaint.crm_document_count, 1)

    def test_an_invoice_that_is_no_longer_posted(self):
        remedy = self._remedy()
        remedy.with_user(self.lead_agent).action_approve()
        self.invoice.button_draft()
        remedy.action_execute()
        self.assertEqual(remedy.state, "failed")
        self.assertIn("is not posted", remedy.error)

    def test_without_an_invoice(self):
        complaint = self.env["crm.complaint"].with_user(self.agent).create(
            {"name": "Nothing bought", "partner_id": self.customer.id, "channel": "phone"}
        )
        remedy = self._carried_out(self._remedy(complaint))
        self.assertEqual(remedy.state, "failed")
        self.assertIn("Choose the invoice on the complaint first", remedy.error)

    def test_a_locked_period_does_not_stop_it(self):
        """The credit note is of today, whatever period the invoice was in."""
        self.company.crm_remedy_post = True
        self.company.fiscalyear_lock_date = "2099-12-31"
        remedy = self._carried_out(self._remedy())
        self.assertIn(remedy.state, ("done", "failed"))
        self.assertEqual(bool(self._note(remedy)), remedy.state == "done")


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
        self.assertEqual((order.user_id, order.partner_id, order.origin), (self.seller, self.customer, self.complaint.code))

    def test_done_when_confirmed_and_never_to_invoice(self):
        remedy = self._carried_out(self._remedy(kind="replacement", quantity=2))
        order = self._order_of(remedy)
        order.with_user(self.seller).action_confirm()
        self.assertEqual(remedy.state, "done")
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (0, "no"))
        self.assertEqual(self.complaint.remedy_cost, 80)

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
