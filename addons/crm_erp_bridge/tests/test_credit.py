"""What the customer owes, before the order is confirmed."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestCredit(BridgeCommon):
    """Amounts with 15 % tax. 230 are invoiced and open, 115 ordered and not invoiced."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.crm_credit_check = "block"
        cls.invoice = cls._invoice(cls._create_order((200, 1, 0)))
        cls._create_order((100, 1, 0))

    def _quotation(self, price=100, user=None):
        return self._create_order((price, 1, 0), confirm=False).with_user(user or self.seller)

    def _limit(self, amount):
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = amount

    def _make_overdue(self, days):
        day = fields.Date.today() - timedelta(days=days)
        self.invoice.line_ids.filtered(lambda line: line.display_type == "payment_term").date_maturity = day

    def _figures(self, order):
        return (
            order.crm_credit_balance, order.crm_credit_overdue, order.crm_credit_to_invoice, order.crm_credit_limit,
            order.crm_credit_total, order.crm_credit_problem,
        )  # fmt: skip

    # === FIGURES === #

    def test_nothing_to_tell(self):
        self.assertEqual(self._figures(self._quotation()), (230, 0, 115, 0, 460, False))

    def test_over_the_limit(self):
        self._limit(459.99)
        self.assertEqual(self._figures(self._quotation()), (230, 0, 115, 459.99, 460, "limit"))
        self._limit(460)
        self.assertFalse(self._quotation().crm_credit_problem)

    def test_overdue(self):
        self._make_overdue(1)
        self.assertEqual(self._figures(self._quotation()), (230, 230, 115, 0, 460, "overdue"))

    def test_tolerated_days(self):
        self._make_overdue(10)
        self.company.crm_credit_days = 10
        self.assertEqual(self._quotation().crm_credit_overdue, 0)
        self.company.crm_credit_days = 9
        self.assertEqual(self._quotation().crm_credit_overdue, 230)

    def test_both(self):
        self._limit(100)
        self._make_overdue(1)
        self.assertEqual(self._quotation().crm_credit_problem, "both")

    def test_of_all_contacts_of_the_customer(self):
        contact = self.env["res.partner"].create({"name": "Ana", "parent_id": self.customer.id})
        order = self._create_order((100, 1, 0), confirm=False, partner_id=contact.id)
        self.assertEqual((order.crm_credit_balance, order.crm_credit_total), (230, 460))

    def test_another_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.5)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        order = self._create_order((100, 1, 0), confirm=False, pricelist_id=pricelist.id)
        self.assertEqual((order.amount_total, order.crm_credit_total), (115, 575))

    def test_a_payment_on_line_confirms_whoever_notes_it(self):
        """The customer paid in the portal; a scheduled job notes it, and must not be stopped by what is owed."""
        self._make_overdue(1)
        order = self._quotation()
        payment = self.env["payment.transaction"].sudo().create(
            {
                "provider_id": self.env["payment.provider"].sudo().search([], limit=1).id,
                "payment_method_id": self.env["payment.method"].sudo().with_context(active_test=False).search(
                    [], limit=1
                ).id,
                "amount": order.amount_total, "currency_id": order.currency_id.id, "reference": "on-line-1",
                "partner_id": self.customer.id, "sale_order_ids": order.ids, "operation": "online_redirect",
            }
        )  # fmt: skip
        job = payment.with_user(self.env.ref("base.user_root"))
        with self.assertRaisesRegex(UserError, "owes"):
            order.with_user(self.env.ref("base.user_root")).action_confirm()
        payment._set_done()
        job._check_amount_and_confirm_order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(len(order.message_ids.filtered(lambda message: "owes" in message.body)), 1)

    def test_customers_do_not_read_what_is_thought_of_them(self):
        """In the portal the order is read, but neither debts and limit nor why a manager allowed it."""
        self._make_overdue(1)
        order = self._quotation()
        portal = self._create_user("buyer", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        order.sudo().message_subscribe(portal.partner_id.ids)
        order.sudo().write({"state": "sent", "partner_id": portal.partner_id.id})
        own = order.with_user(portal)
        self.assertEqual(own.read(["amount_total"])[0]["amount_total"], 115)
        for name in (
            "crm_credit_balance", "crm_credit_overdue", "crm_credit_to_invoice", "crm_credit_limit",
            "crm_credit_total", "crm_credit_problem", "crm_credit_user_id", "crm_credit_reason", "crm_credit_amount",
            "contract_id", "contract_key", "crm_request_id",
        ):
            with self.subTest(name=name), self.assertRaises(AccessError):
                own.read([name])

    def test_what_was_invoiced_in_advance_counts_once(self):
        """30 % of 115 are invoiced and open: 34.50 more are owed, 34.50 less are to be invoiced."""
        order = self.env["sale.order"].search([("invoice_ids", "=", False), ("amount_total", "=", 115)])
        wizards = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        wizards.create({"advance_payment_method": "percentage", "amount": 30}).create_invoices()
        order.invoice_ids.action_post()
        self.assertEqual(self._figures(self._quotation()), (264.5, 0, 80.5, 0, 460, False))
        self._invoice(order)
        self.assertEqual(self._figures(self._quotation()), (345, 0, 0, 0, 460, False))

    def test_what_a_complaint_settled_is_not_owed(self):
        """One of two services is credited for a complaint; of the other 115 are left once it is delivered."""
        self.service.invoice_policy = "delivery"
        order = self._create_order((100, 1, 0), (100, 1, 0))
        order.order_line[0].qty_delivered = 1
        invoice = self._invoice(order)
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard = wizard.create({"journal_id": invoice.journal_id.id, "crm_keep_invoiced": True})
        self.env["account.move"].browse(wizard.reverse_moves()["res_id"]).action_post()
        before = self._figures(self._quotation())
        order.order_line[1].qty_delivered = 1
        after = self._figures(self._quotation())
        self.assertEqual((before[0], after[0]), (230, 230))
        # the order of the class is not delivered: Odoo has nothing to invoice of it now
        self.assertEqual((before[2], after[2]), (0, 115))

    def test_switched_off(self):
        self.company.crm_credit_check = "off"
        self._make_overdue(1)
        order = self._quotation()
        self.assertEqual(self._figures(order), (0, 0, 0, 0, 0, False))
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_queries_do_not_grow(self):
        self._limit(100)
        counts = []
        for number in (1, 2, 12):  # the first fills the caches of the registry
            orders = self.env["sale.order"].concat(*(self._quotation(user=self.boss) for _order in range(number)))
            orders.mapped("partner_id.name")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders.mapped("crm_credit_problem")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # === WARN AND BLOCK === #

    def test_warned_may_confirm(self):
        self.company.crm_credit_check = "warn"
        self._make_overdue(1)
        order = self._quotation()
        self.assertEqual(order.crm_credit_problem, "overdue")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_blocked(self):
        self._limit(400)
        self._make_overdue(1)
        order = self._quotation()
        with self.assertRaises(UserError) as caught:
            order.action_confirm()
        self.assertEqual(
            str(caught.exception).replace("\xa0", ""),
            f"{order.name}: Vinograd d.o.o. owes $230.00 (overdue $230.00), has ordered $115.00 more that is not "
            "invoiced, and would come to $460.00 with this order. The credit limit is $400.00. A sales manager can "
            "allow it.",
        )
        self.assertEqual(order.state, "draft")

    def test_paid_may_confirm(self):
        self._make_overdue(1)
        self._pay(self.invoice)
        order = self._quotation()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_customer_who_confirms_in_the_portal_is_not_stopped(self):
        self._make_overdue(1)
        order = self._quotation()
        portal = self._create_user("portal", "base.group_portal")
        order.with_user(portal).sudo().action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertTrue(any("overdue" in (body or "") for body in order.sudo().message_ids.mapped("body")))

    # === THE MANAGER === #

    def _allow(self, order, user, reason="Paid this morning"):
        wizard = self.env["sale.order.credit.allow"].with_user(user).create({"order_id": order.id, "reason": reason})
        return wizard.action_confirm()

    def test_a_manager_allows_it(self):
        self._make_overdue(1)
        order = self._quotation()
        self._allow(order, self.boss)
        self.assertEqual((order.state, order.crm_credit_user_id, order.crm_credit_reason),
                         ("sale", self.boss, "Paid this morning"))
        self.assertTrue(any("Paid this morning" in (body or "") for body in order.sudo().message_ids.mapped("body")))

    def test_nobody_else_does(self):
        self._make_overdue(1)
        order = self._quotation()
        with self.assertRaises(AccessError):
            self._allow(order, self.seller)
        with self.assertRaisesRegex(UserError, "Only a sales manager"):
            order.crm_credit_user_id = self.seller
        with self.assertRaisesRegex(UserError, "Only a sales manager"):
            order.with_user(self.boss).write({"crm_credit_amount": 1e6})
        with self.assertRaisesRegex(UserError, "Only a sales manager"):
            order.create({"partner_id": self.customer.id, "crm_credit_user_id": self.boss.id})
        self.assertEqual((order.state, order.crm_credit_user_id.id), ("draft", False))

    def test_without_a_reason(self):
        self._make_overdue(1)
        order = self._quotation()
        with self.assertRaisesRegex(UserError, "Reason: say why"):
            self._allow(order, self.boss, reason=" ")
        self.assertEqual(order.state, "draft")

    def test_what_was_allowed_does_not_grow(self):
        self._make_overdue(1)
        order = self._quotation()
        order.sudo().write({"crm_credit_user_id": self.boss.id, "crm_credit_amount": order.amount_total})
        order.order_line.price_unit = 101
        with self.assertRaises(UserError):
            order.action_confirm()
        order.order_line.price_unit = 99
        order.action_confirm()
        self.assertEqual(order.state, "sale")
