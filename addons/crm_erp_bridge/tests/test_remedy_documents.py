"""Remedies carried out as documents, by people without any right on orders or accounting."""

from datetime import date

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .remedy_common import RemedyCommon, plain


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

    def test_the_day_of_an_order_is_that_of_the_reader(self):
        self.order.date_order = "2026-05-02 01:00:00"
        self.agent.tz = "America/New_York"
        wizard = self.env["crm.complaint.document"].with_user(self.agent)._for_complaint(self.complaint)
        self.assertEqual(wizard.line_ids[1].date, date(2026, 5, 1))

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
        self.assertEqual(
            (remedy.kind, remedy.proposed_by_id, remedy.line_ids.quantity_max), ("replacement", self.agent, 6)
        )

    def test_comparison_offers_what_is_left(self):
        self._remedy()  # 115
        self._remedy().with_user(self.lead_agent).action_reject()
        wizard = self.env["crm.complaint.settle"].with_user(self.agent)._for_complaint(self.complaint)
        self.assertEqual(wizard.amount, 690 - 115)

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
        invoice = self._invoice(self._create_order((100, 2, 0)), post=False)
        invoice.invoice_date = "2026-01-15"
        invoice.action_post()
        self.company.fiscalyear_lock_date = "2026-01-31"
        today = fields.Date.today()
        remedy = self._carried_out(self._remedy(self._complaint(invoice=invoice)))
        note = self._note(remedy)
        self.assertEqual((remedy.state, remedy.error), ("done", False))
        self.assertEqual(
            (note.state, note.date, note.invoice_date, note.amount_total, note.reversed_entry_id),
            ("posted", today, today, 115, invoice),
        )
        self.assertEqual((invoice.date, invoice.invoice_date), (date(2026, 1, 15), date(2026, 1, 15)))

    def test_nobody_credits_another_invoice_by_writing_it(self):
        """What RPC could send: another invoice on the remedy, a line to choose, another complaint to compare."""
        other = self.env["res.partner"].create({"name": "Somebody else"})
        invoice = self._invoice(self._create_order((50, 1, 0), partner_id=other.id))
        remedy = self._remedy()
        with self.assertRaisesRegex(UserError, "chosen on its complaint"):
            remedy.invoice_id = invoice.id
        with self.assertRaisesRegex(UserError, "chosen on its complaint"):
            self._remedy(invoice_id=invoice.id)
        with self.assertRaises(AccessError):
            self.env["crm.complaint.document.line"].with_user(self.agent).create({"invoice_id": invoice.id})
        wizard = self.env["crm.complaint.settle"].with_user(self.agent)._for_complaint(self.complaint)
        with self.assertRaisesRegex(UserError, "Only the amount and the reason"):
            wizard.complaint_id = self.complaint.copy().id
        remedy.with_user(self.lead_agent).action_approve()
        with self.assertRaisesRegex(UserError, "not changed any more"):
            remedy.discount_on = "next"
        self.assertEqual(remedy.invoice_id.id, self.invoice.id)

    def test_only_customer_invoices(self):
        bill = self.env["account.move"].create(
            {"move_type": "in_invoice", "partner_id": self.customer.id, "invoice_date": "2026-01-01",
             "invoice_line_ids": [Command.create({"name": "Grapes", "price_unit": 10})]}
        )  # fmt: skip
        with self.assertRaisesRegex(UserError, "is no customer invoice"):
            self.complaint.crm_invoice_id = bill.id
