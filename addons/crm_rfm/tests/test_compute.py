from odoo import Command
from odoo.addons.crm_rfm.tests.common import AS_OF, RfmCommon
from odoo.tests import new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCompute(RfmCommon):
    """One rule of the definitions per test, on documents made by Odoo itself."""

    def assertFigures(self, partner, last_date, frequency, monetary, exclusion=False):
        score = self._score(partner)
        self.assertEqual(
            (str(score.last_date) if score.last_date else False, score.frequency, score.monetary, score.exclusion),
            (last_date, frequency, monetary, exclusion),
        )

    def test_invoices_are_summed(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100)
        self._create_rfm_invoice(customer, "2024-08-11", 50.55)
        self._compute()
        self.assertFigures(customer, "2024-08-11", 2, 150.55)
        self.assertEqual(self._score(customer).recency_days, 142)

    def test_tax_does_not_count(self):
        customer = self._create_customer()
        invoice = self._create_rfm_invoice(customer, "2024-03-03", 100, post=False)
        invoice.invoice_line_ids.tax_ids = self.tax_sale_a
        invoice.action_post()
        self.assertGreater(invoice.amount_total, 100)
        self._compute()
        self.assertFigures(customer, "2024-03-03", 1, 100)

    def test_draft_and_cancelled_do_not_count(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100, post=False)
        self._create_rfm_invoice(customer, "2024-03-03", 100, post=False).button_cancel()
        self._compute()
        self.assertFalse(self._score(customer))

    def test_vendor_bills_and_receipts_do_not_count(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100, "in_invoice")
        self._create_rfm_invoice(customer, "2024-03-03", 100, "out_receipt")
        self._compute()
        self.assertFalse(self._score(customer))

    def test_window_is_open_at_its_start_and_closed_at_its_end(self):
        inside, before, after = (self._create_customer(name) for name in ("inside", "before", "after"))
        self._create_rfm_invoice(inside, "2024-01-01", 1)
        self._create_rfm_invoice(inside, "2024-12-31", 2)
        self._create_rfm_invoice(before, "2023-12-31", 4)
        self._create_rfm_invoice(after, "2025-01-01", 8)
        self._compute()
        self.assertFigures(inside, "2024-12-31", 2, 3)
        self.assertFalse(self._score(before))
        self.assertFalse(self._score(after))
        self.assertEqual((str(self.rfm.scored_from), self.rfm.scored_as_of), ("2024-01-01", AS_OF))

    # === CREDIT NOTES === #

    def test_credit_note_lowers_the_value_only(self):
        customer = self._create_customer()
        invoice = self._create_rfm_invoice(customer, "2024-03-03", 100)
        self._credit(invoice, "2024-05-05", 30)
        self._compute()
        self.assertFigures(customer, "2024-03-03", 1, 70)

    def test_reversed_and_reissued_invoice_is_one_purchase(self):
        customer = self._create_customer()
        invoice = self._create_rfm_invoice(customer, "2024-03-03", 100)
        self._credit(invoice, "2024-03-04")
        self._create_rfm_invoice(customer, "2024-03-05", 90)
        self._compute()
        self.assertFigures(customer, "2024-03-05", 1, 90)

    def test_reversed_on_the_last_day(self):
        """The last purchase is the one before; on a day with two the other one still is."""
        one, two, none = (self._create_customer(name) for name in ("one", "two", "none"))
        for customer in (one, two):
            self._create_rfm_invoice(customer, "2024-02-02", 40)
        for customer in (one, two, none):
            invoice = self._create_rfm_invoice(customer, "2024-06-06", 100)
            if customer == two:
                self._create_rfm_invoice(two, "2024-06-06", 50)
            self._credit(invoice, "2024-06-07")
        self._compute()
        self.assertFigures(one, "2024-02-02", 1, 40)
        self.assertFigures(two, "2024-06-06", 2, 90)
        self.assertFigures(none, False, 0, 0, "no_purchase")

    def test_reversal_counts_from_its_own_date(self):
        """As of a day before the credit note the invoice is still a purchase: the past does not change."""
        customer = self._create_customer()
        invoice = self._create_rfm_invoice(customer, "2024-03-03", 100)
        self._credit(invoice, "2024-06-30")
        self._compute(as_of="2024-06-29")
        self.assertFigures(customer, "2024-03-03", 1, 100)
        self._compute(as_of="2024-06-30")
        self.assertFigures(customer, False, 0, 0, "no_purchase")

    def test_two_partial_credit_notes_reverse_an_invoice(self):
        customer = self._create_customer()
        invoice = self._create_rfm_invoice(customer, "2024-03-03", 100)
        self._create_rfm_invoice(customer, "2024-02-01", 10)
        self._credit(invoice, "2024-05-05", 60)
        self._credit(invoice, "2024-05-06", 40)
        self._compute()
        self.assertFigures(customer, "2024-02-01", 1, 10)

    def test_only_credit_notes_make_a_prospect(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100, "out_refund")
        self._compute()
        self.assertFigures(customer, False, 0, -100, "no_purchase")
        self.assertEqual(self._score(customer).segment_id, self.env.ref("crm_rfm.segment_prospect"))

    def test_net_value_of_zero_or_less_is_excluded(self):
        zero, negative = self._create_customer("zero"), self._create_customer("negative")
        self._create_rfm_invoice(zero, "2024-03-03", 100)
        self._create_rfm_invoice(zero, "2024-03-04", 100, "out_refund")
        self._create_rfm_invoice(negative, "2024-03-03", 100)
        self._create_rfm_invoice(negative, "2024-03-04", 100.01, "out_refund")
        self._compute()
        self.assertFigures(zero, "2024-03-03", 1, 0, "no_value")
        self.assertFigures(negative, "2024-03-03", 1, -0.01, "no_value")
        self.assertEqual(self._score(zero).segment_id, self.env.ref("crm_rfm.segment_excluded"))
        self.assertEqual(self._score(zero).r_score, 0)

    def test_free_invoice_is_no_purchase(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100)
        self._create_rfm_invoice(customer, "2024-04-04", 0)
        self._compute()
        self.assertFigures(customer, "2024-03-03", 1, 100)

    # === CURRENCIES AND COMPANIES === #

    def test_foreign_currency_counts_in_company_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0), ("2024-06-01", 4.0)])
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100, currency_id=currency.id)
        self._create_rfm_invoice(customer, "2024-07-07", 100, currency_id=currency.id)
        self._compute()
        self.assertFigures(customer, "2024-07-07", 2, 75)

    def test_reversal_at_another_rate_is_a_reversal(self):
        currency = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0), ("2024-06-01", 4.0)])
        customer = self._create_customer()
        invoice = self._create_rfm_invoice(customer, "2024-03-03", 100, currency_id=currency.id)
        self._credit(invoice, "2024-07-07")
        self._compute()
        self.assertFigures(customer, False, 0, 25, "no_purchase")

    def test_companies_do_not_mix(self):
        other = self.setup_other_company(name="Other company")["company"]
        self.manager.company_ids = [Command.link(other.id)]
        model = self._create_model(name="Other", company_id=other.id)
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100)
        self.env["res.partner"].flush_model()
        invoice = self._create_rfm_invoice(
            customer.with_company(other).with_context(allowed_company_ids=other.ids), "2024-04-04", 7, post=False,
            company_id=other.id,
        )
        invoice.action_post()
        self._compute()
        self._compute(model.with_context(allowed_company_ids=[self.company.id, other.id]))
        self.assertFigures(customer, "2024-03-03", 1, 100)
        self.assertEqual(self._score(customer, model).monetary, 7)
        self.assertEqual(self._score(customer, model).company_id, other)

    def test_branches_count_for_their_company(self):
        branch = self._create_company(name="Branch", parent_id=self.company.id)
        customer = self._create_customer()
        self._insert_documents([self._invoice_row(customer.id, "2024-03-03", 100, company_id=branch.id)])
        self._compute()
        self.assertFigures(customer, "2024-03-03", 1, 100)
        # a branch that is closed has sold what it sold
        branch.sudo().active = False
        self.env.registry.clear_cache()
        self._compute()
        self.assertFigures(customer, "2024-03-03", 1, 100)

    # === CUSTOMERS === #

    def test_contacts_are_rolled_up_to_their_company(self):
        customer = self._create_customer()
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": customer.id})
        self._create_rfm_invoice(customer, "2024-03-03", 100)
        self._create_rfm_invoice(contact, "2024-04-04", 11)
        self._compute()
        self.assertFigures(customer, "2024-04-04", 2, 111)
        self.assertFalse(self._score(contact))

    def test_contact_moved_to_another_company_leaves_the_documents_behind(self):
        """They were issued to the first company, and Odoo's accounting keeps them there."""
        first, second = self._create_customer("first"), self._create_customer("second")
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": first.id})
        self._create_rfm_invoice(contact, "2024-04-04", 11)
        contact.parent_id = second
        self._compute()
        self.assertFigures(first, "2024-04-04", 1, 11)
        self.assertFalse(self._score(second))

    def test_person_who_joins_a_company_brings_the_documents(self):
        company, person = self._create_customer("company"), self.env["res.partner"].create({"name": "person"})
        self._create_rfm_invoice(person, "2024-04-04", 11)
        self._compute()
        self.assertFigures(person, "2024-04-04", 1, 11)
        person.parent_id = company
        self._compute()
        self.assertFalse(self._score(person))
        self.assertFigures(company, "2024-04-04", 1, 11)

    def test_roll_up_goes_by_the_present_entity(self):
        """Odoo does not rewrite documents when a company becomes a mere contact of its parent."""
        parent = self._create_customer("parent")
        child = self._create_customer("child", parent_id=parent.id)
        self._create_rfm_invoice(child, "2024-04-04", 11)
        self._compute()
        self.assertFigures(child, "2024-04-04", 1, 11)
        child.is_company = False
        self._compute()
        self.assertFalse(self._score(child))
        self.assertFigures(parent, "2024-04-04", 1, 11)

    def test_own_company_is_excluded(self):
        other = self._create_company(name="Sister company")
        self._create_rfm_invoice(other.partner_id, "2024-04-04", 11)
        self._compute()
        self.assertFigures(other.partner_id, "2024-04-04", 1, 11, "own_company")

    def test_guest_is_excluded(self):
        guest = new_test_user(self.env(su=True), login="rfm_guest", groups="base.group_public").partner_id
        self._create_rfm_invoice(guest, "2024-04-04", 11)
        self._compute()
        self.assertFigures(guest, "2024-04-04", 1, 11, "guest")

    def test_archived_customer_is_excluded_unless_wanted(self):
        customer = self._create_customer()
        contact = self.env["res.partner"].create({"name": "Old contact", "parent_id": customer.id, "active": False})
        archived = self._create_customer("Archived")
        self._create_rfm_invoice(contact, "2024-04-04", 5)
        self._create_rfm_invoice(archived, "2024-04-04", 11)
        archived.active = False
        self._compute()
        self.assertFigures(archived, "2024-04-04", 1, 11, "archived")
        self.assertFigures(customer, "2024-04-04", 1, 5)
        self.rfm.include_archived = True
        self._compute()
        self.assertFigures(archived, "2024-04-04", 1, 11)

    def test_customer_taken_out_by_hand_comes_before_other_reasons(self):
        customer = self._create_customer()
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": customer.id})
        self._create_rfm_invoice(customer, "2024-04-04", 11)
        customer.active = False
        self.rfm.excluded_partner_ids = contact
        self._compute()
        self.assertFigures(customer, "2024-04-04", 1, 11, "manual")

    def test_excluded_customers_do_not_move_the_limits(self):
        customers = [self._create_customer(str(number)) for number in range(6)]
        for number, customer in enumerate(customers):
            self._create_rfm_invoice(customer, "2024-04-04", 10 * (number + 1))
        self._compute()
        before = self.rfm._get_cuts("m")
        big = self._create_customer("Taken out")
        self._create_rfm_invoice(big, "2024-05-05", 10**6)
        self.rfm.excluded_partner_ids = big
        self._compute()
        self.assertEqual(self.rfm._get_cuts("m"), before)
        self.assertEqual(self.rfm.customer_count, 6)
        self.assertEqual(self.rfm.unscored_count, 1)

    # === DOWN PAYMENTS === #

    def _order_with_down_payment(self, customer):
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "order_line": [
                    Command.create({"product_id": self.product_a.id, "price_unit": 1000, "tax_ids": [Command.clear()]})
                ],
            }
        )
        self.product_a.invoice_policy = "order"
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].with_context(active_ids=order.ids, active_model="sale.order")
        wizard.create({"advance_payment_method": "fixed", "fixed_amount": 300}).create_invoices()
        order.invoice_ids.write({"invoice_date": "2024-03-01"})
        order.invoice_ids.action_post()
        return order

    def test_down_payment_counts_until_the_regular_invoice(self):
        customer = self._create_customer()
        order = self._order_with_down_payment(customer)
        self._compute()
        self.assertFigures(customer, "2024-03-01", 1, 300)
        final = order._create_invoices(final=True)
        final.invoice_date = "2024-04-01"
        final.action_post()
        self.assertEqual(final.amount_untaxed, 700)
        self._compute()
        self.assertFigures(customer, "2024-04-01", 1, 1000)
        # the past stays as it was
        self._compute(as_of="2024-03-15")
        self.assertFigures(customer, "2024-03-01", 1, 300)

    def _final_invoice(self, order, **values):
        final = order._create_invoices(final=True)
        final.write({"invoice_date": "2024-04-01"} | values)
        final.action_post()
        return final

    def test_final_invoice_given_back_settles_nothing(self):
        customer = self._create_customer()
        final = self._final_invoice(self._order_with_down_payment(customer))
        self._credit(final, "2024-05-01")
        self._compute()
        self.assertFigures(customer, "2024-03-01", 1, 300)
        self.rfm.sudo()._refresh_partners(customer)
        self.assertFigures(customer, "2024-03-01", 1, 300)

    def test_final_invoice_of_another_team_settles_nothing_for_the_model(self):
        customer = self._create_customer()
        north, south = self.env["crm.team"].sudo().create([{"name": "North"}, {"name": "South"}])
        order = self._order_with_down_payment(customer)
        order.invoice_ids.team_id = north
        self._final_invoice(order, team_id=south.id)
        model = self._create_model(team_ids=north.ids)
        self._compute(model)
        score = self._score(customer, model)
        self.assertEqual((str(score.last_date), score.frequency, score.monetary), ("2024-03-01", 1, 300))

    def test_goods_beside_a_down_payment_are_a_purchase(self):
        customer = self._create_customer()
        order = self._order_with_down_payment(customer)
        down_payment = order.invoice_ids
        down_payment.button_draft()
        down_payment.invoice_line_ids = [
            Command.create({"name": "Goods on no order", "price_unit": 5000, "tax_ids": [Command.clear()]})
        ]
        down_payment.action_post()
        self._final_invoice(order)
        self._compute()
        self.assertFigures(customer, "2024-04-01", 2, 6000)

    # === ORDERS === #

    def test_confirmed_orders_as_source(self):
        currency = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": currency.id})
        customer = self._create_customer()
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": customer.id})
        line = {"product_id": self.product_a.id, "price_unit": 100, "tax_ids": [Command.clear()]}
        orders = self.env["sale.order"].create(
            [
                {"partner_id": customer.id, "date_order": "2024-01-01 00:00:00", "order_line": [Command.create(line)]},
                {
                    "partner_id": contact.id,
                    "date_order": "2024-12-31 23:59:59",
                    "pricelist_id": pricelist.id,
                    "order_line": [Command.create(line)],
                },
                {"partner_id": customer.id, "date_order": "2023-12-31 23:59:59", "order_line": [Command.create(line)]},
                {"partner_id": customer.id, "date_order": "2024-05-05 00:00:00", "order_line": [Command.create(line)]},
            ]
        )
        orders[:3].state = "sale"
        self.rfm.source = "order"
        self._compute()
        self.assertFigures(customer, "2024-12-31", 2, 150)

    # === RUNS === #

    def test_customer_without_documents_in_the_window_is_removed(self):
        customer, other = self._create_customer(), self._create_customer("other")
        self._create_rfm_invoice(customer, "2024-01-01", 1)
        self._create_rfm_invoice(other, "2024-12-01", 1)
        self._compute()
        self.assertTrue(self._score(customer))
        self._compute(as_of="2025-01-01")
        self.assertFalse(self._score(customer))
        self.assertTrue(self._score(other))

    def test_day_roll_writes_only_customers_whose_score_changes(self):
        """A new day changes every recency, but not the rows."""
        self.rfm.write({"r_method": "fixed", "f_method": "fixed", "m_method": "fixed"})
        bands = self.rfm._get_bands("r")
        for band, limit in zip(bands[:-1], (10, 20, 30, 40), strict=True):
            band.upper_limit = limit
        crossing, staying = self._create_customer("crossing"), self._create_customer("staying")
        self._create_rfm_invoice(crossing, "2024-12-21", 1)
        self._create_rfm_invoice(staying, "2024-12-23", 1)
        self._compute()
        self.assertEqual((self._score(crossing).r_score, self._score(staying).r_score), (5, 5))
        self._compute(as_of="2025-01-01")
        self.assertEqual(self.rfm.changed_count, 1)
        self.assertEqual((self._score(crossing).r_score, self._score(staying).r_score), (4, 5))
        self.assertEqual(self._score(staying).recency_days, 9)

    def test_partner_is_not_written(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100)
        self.env.flush_all()
        versions = "SELECT xmin::text, ctid::text FROM res_partner WHERE id = %s"
        self.env.cr.execute(versions, [customer.id])
        before = self.env.cr.fetchall()
        self._compute()
        self.env.cr.execute(versions, [customer.id])
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_run_is_told_to_the_manager(self):
        customer = self._create_customer()
        self._create_rfm_invoice(customer, "2024-03-03", 100)
        action = self.rfm.with_user(self.manager).action_compute(AS_OF)
        self.assertEqual(action["params"]["message"], "1 customers scored, 1 changed.")
        self.assertEqual((self.rfm.customer_count, self.rfm.changed_count, self.rfm.unscored_count), (1, 1, 0))
        self.assertTrue(self.rfm.computed_at)

    def test_memory_setting_is_put_back(self):
        self.env.cr.execute("SET LOCAL work_mem = '5MB'")
        self._compute()
        self.env.cr.execute("SHOW work_mem")
        self.assertEqual(self.env.cr.fetchone(), ("5MB",))
