from datetime import date

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged

from .test_contract import ContractCommon


@tagged("post_install", "-at_install")
class TestContractPrices(ContractCommon):
    def test_prices_follow_a_series(self):
        """100.0 at the start, 104.0 a year later: 50 becomes 52; what is published in between does not count."""
        index = self.env["crm.contract.index"].create(
            {
                "name": "Consumer prices",
                "value_ids": [
                    Command.create({"date": day, "value": value})
                    for day, value in (("2023-12-01", 100), ("2024-08-01", 109), ("2025-01-01", 104))
                ],
            }
        )
        contract = self._quarterly(date_start="2024-01-01", interval_months=6, index_id=index.id)
        with freeze_time("2025-08-01"):
            contract.action_create_due()
        self.assertEqual(
            contract.order_ids.sorted("contract_date").mapped(
                lambda order: (order.contract_date, order.order_line.price_unit)
            ),
            [(date(2024, 1, 1), 50), (date(2024, 7, 1), 50), (date(2025, 1, 1), 52), (date(2025, 7, 1), 52)],
        )
        with self.assertRaisesRegex(UserError, "“Consumer prices” has no value on 2023-01-01 or before"):
            contract.copy({"date_start": "2023-01-01"})
        with self.assertRaises(AccessError):
            index.with_user(self.seller).name = "Mine"

    def test_the_customers_price_is_proposed(self):
        """List price 80, 10 % less for this customer; what is typed over it stays."""
        self.plain.list_price = 80
        self.quick_ref("base.group_user").sudo().implied_ids |= self.quick_ref("product.group_product_pricelist")
        self.customer.property_product_pricelist = self.env["product.pricelist"].create(
            {
                "name": "Partners",
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 10, "applied_on": "3_global"})
                ],
            }
        )
        form = Form(self._contract(start=False))
        form.interval_months = 1
        with form.line_ids.new() as line:
            line.product_id = self.plain
            self.assertEqual(line.price_unit, 72)
        with form.line_ids.new() as line:
            line.product_id = self.plain
            line.price_unit = 60
            line.quantity = 3
        with form.milestone_ids.new() as milestone:
            milestone.name = "First pruning"
            milestone.product_id = self.plain
            self.assertEqual(milestone.amount, 72)
        contract = form.save()
        self.assertEqual(contract.line_ids.mapped("price_unit"), [72, 60])
        with freeze_time("2026-01-05"):
            contract.action_start()
            contract.action_create_due()
        self.assertEqual(contract.order_ids.amount_untaxed, 252)

    def test_partial_periods_by_days(self):
        """310 a month of the calendar, from 12 January to 10 March: 20 of 31 days, February, 10 of 31 days."""
        line = {"product_id": self.plain.id, "quantity": 1, "price_unit": 310}
        contract = self._contract(
            interval_months=1, by_calendar=True, by_days=True, date_start="2026-01-12", date_end="2026-03-10",
            line_ids=[Command.create(line)],
        )  # fmt: skip
        self.assertEqual((contract.date_next, contract.amount_period), (date(2026, 1, 12), 200))
        with freeze_time("2026-06-01"):
            contract.action_create_due()
        self.assertEqual(
            [(order.contract_date, order.amount_untaxed) for order in contract.order_ids.sorted("contract_date")],
            [(date(2026, 1, 12), 200), (date(2026, 2, 1), 310), (date(2026, 3, 1), 100)],
        )
        self.assertFalse(contract.date_next)


@tagged("post_install", "-at_install")
class TestContractPhone(ContractCommon, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_contract_as_a_salesperson(self):
        self._quarterly(date_start=fields.Date.today())
        self.start_tour("/odoo/contracts", "crm_erp_bridge_contract_phone", login=self.seller.login)

    def test_forecast_as_a_sales_manager(self):
        self.lead.expected_revenue = 500
        self.env.flush_all()
        self.start_tour("/odoo/forecast-realisation", "crm_erp_bridge_forecast_phone", login=self.boss.login)
