"""Money of contracts at the edges: the currency, the last period, the renewal."""

from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_contract import ContractCommon


@tagged("post_install", "-at_install")
class TestContractTerm(ContractCommon):
    def _orders(self, contract):
        return contract.order_ids.sorted("contract_date").mapped(
            lambda order: (order.contract_date.isoformat(), order.amount_untaxed)
        )

    def _nights(self, *days):
        for day in days:
            with freeze_time(f"{day} 12:00:00"):
                self._run_cron()

    @freeze_time("2026-01-02 12:00:00")
    def test_a_price_list_in_another_currency_does_not_change_what_was_agreed(self):
        """100 dollars a quarter are not 100 euros, which would be 200 dollars."""
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.5)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        self.customer.property_product_pricelist = pricelist
        contract = self._quarterly(document="order")
        contract.action_create_due()
        self.assertEqual(
            (contract.order_ids.currency_id, contract.order_ids.amount_untaxed), (self.env.company.currency_id, 100)
        )
        self.assertEqual(contract.amount_ordered, 115)

    @freeze_time("2026-01-02 12:00:00")
    def test_a_discount_of_the_price_list_is_not_given_on_the_agreed_price(self):
        rights = self.quick_ref("product.group_product_pricelist") | self.quick_ref("sale.group_discount_per_so_line")
        self.quick_ref("base.group_user").sudo().implied_ids |= rights
        item = {"compute_price": "percentage", "percent_price": 10, "applied_on": "3_global"}
        self.plain.list_price = 80
        self.customer.property_product_pricelist = self.env["product.pricelist"].create(
            {"name": "Partners", "item_ids": [Command.create(item)]}
        )
        contract = self._quarterly()
        contract.action_create_due()
        self.assertEqual(contract.order_ids.amount_untaxed, 100)

    @freeze_time("2026-07-01 12:00:00")
    def test_delivered_is_at_the_rate_of_the_order(self):
        """115 euros are 230 dollars in May, when they were ordered; delivered they are as much, whatever the rate."""
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.5), ("2026-06-01", 0.4)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        contract = self._contract()
        with freeze_time("2026-05-01 12:00:00"):
            order = self._create_order((100, 1, 0), pricelist_id=pricelist.id, contract_id=contract.id)
        order.order_line.qty_delivered = 1
        self.assertEqual((contract.amount_ordered, contract.amount_delivered), (230, 230))

    def test_periods_missed_before_the_end_are_made_all_the_same(self):
        contract = self._quarterly(date_end="2026-06-30")
        self._nights("2026-07-05")
        self.assertEqual(self._orders(contract), [("2026-01-01", 100), ("2026-04-01", 100)])
        self.assertEqual(contract.state, "ended")

    def test_a_contract_whose_last_order_cannot_be_made_does_not_end(self):
        contract = self._quarterly(date_end="2026-06-30")
        self.plain.sudo().sale_ok = True
        message = "The product is not sold any more."

        def refuse(*_args):
            raise UserError(message)

        self.patch(self.env.registry["crm.contract"], "_create_order", refuse)
        self._nights("2026-07-05")
        self.assertEqual((contract.state, contract.invoicing_error), ("running", message))

    def test_what_renews_itself_pays_its_last_period_whole(self):
        """Three months from 10 January, by days of the calendar: the renewal comes within April."""
        contract = self._quarterly(
            interval_months=1, by_calendar=True, by_days=True, date_start="2026-01-10", date_end="2026-04-09",
            renewal="auto", renewal_months=3,
        )  # fmt: skip
        nights = ("2026-01-10", "2026-02-01", "2026-03-01", "2026-04-01", "2026-04-10", "2026-05-01")
        self._nights(*nights[:5])
        expected = [("2026-01-10", 70.97), ("2026-02-01", 100), ("2026-03-01", 100), ("2026-04-01", 100)]
        self.assertEqual(self._orders(contract), expected)
        self.assertEqual(contract.date_end, date(2026, 7, 9))
        contract.date_notice_given = "2026-04-20"
        self._nights("2026-05-01", "2026-06-01", "2026-07-01")
        self.assertEqual(
            self._orders(contract)[4:], [("2026-05-01", 100), ("2026-06-01", 100), ("2026-07-01", 29.03)]
        )

    @freeze_time("2026-03-01 12:00:00")
    def test_a_month_renewed_is_a_whole_month(self):
        contract = self._contract(date_start="2026-01-01", date_end="2026-01-31", renewal="auto", renewal_months=1)
        self._nights("2026-02-01", "2026-03-01")
        self.assertEqual(contract.date_end, date(2026, 3, 31))
        contract.action_renew()
        self.assertEqual(contract.date_end, date(2026, 4, 30))

    @freeze_time("2026-02-10 12:00:00")
    def test_the_same_time_is_not_invoiced_by_the_quarter_and_by_the_month(self):
        contract = self._quarterly()
        contract.by_calendar = True
        contract.action_create_due()
        for values in ({"interval_months": 1}, {"date_start": "2026-01-02"}, {"by_calendar": False}):
            with self.assertRaisesRegex(UserError, "would be invoiced twice"):
                contract.write(values)
        contract.write({"interval_months": 3, "date_start": "2026-01-01", "by_calendar": True, "name": "Care"})
        contract.interval_months = 0
        contract.interval_months = 3
        self._nights("2026-02-10")
        self.assertEqual(self._orders(contract), [("2026-01-01", 100)])
        contract.copy({"date_start": "2026-02-01"})

    def test_cheap_pieces_by_days(self):
        """1,000 pieces at 0.05, 20 of 31 days: 32.26; rounded by the piece it would be 30.00."""
        line = Command.create({"product_id": self.plain.id, "quantity": 1000, "price_unit": 0.05})
        contract = self._contract(
            interval_months=1, by_calendar=True, by_days=True, date_start="2026-01-12", line_ids=[line]
        )
        self._nights("2026-01-12")
        self.assertEqual(self._orders(contract), [("2026-01-12", 32.26)])
