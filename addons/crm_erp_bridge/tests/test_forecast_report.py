from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestForecastReport(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead.write({"expected_revenue": 1000, "probability": 40, "date_deadline": "2026-05-20"})

    def _sums(self, groupby, user=None, domain=()):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["crm.forecast.report"].with_user(user or self.seller)._read_group(
            [("partner_id", "in", self.customer.ids), *domain],
            [groupby],
            ["expected:sum", "weighted:sum", "realised:sum", "difference:sum"],
        )
        return {key: tuple(amounts) for key, *amounts in rows}

    def test_forecast_against_realisation_by_customer(self):
        self.assertEqual(self._sums("partner_id"), {self.customer: (1000, 400, 0, -400)})
        other = self._create_lead(name="Sold", probability=90, date_deadline="2026-05-01", expected_revenue=500)
        order = self._create_order((450, 1, 0), opportunity_id=other.id)
        order.date_order = "2026-05-05 10:00:00"
        other.action_set_won()
        self.assertEqual(self._sums("partner_id"), {self.customer: (1450, 850, 450, -400)})
        self.assertEqual(self._sums("team_id"), {self.lead.team_id: (1450, 850, 450, -400)})

    def test_contact_counts_for_its_company(self):
        self.lead.partner_id = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        self.assertEqual(self._sums("partner_id"), {self.customer: (1000, 400, 0, -400)})

    def test_lost_opportunity_is_no_forecast(self):
        self.lead.action_set_lost()
        self.assertEqual(self._sums("partner_id"), {})

    def test_shared_out_to_the_products_of_the_quotation(self):
        other = self.env["product.product"].create({"name": "Stakes", "type": "service"})
        third = self.env["product.product"].create({"name": "Wire", "type": "service"})
        self._create_order(
            confirm=False,
            order_line=[
                Command.create({"product_id": product.id, "price_unit": 100, "product_uom_qty": 1})
                for product in (self.service, other, third)
            ],
        )
        self.assertEqual(
            self._sums("product_id"),
            {
                self.service: (333.33, 133.33, 0, -133.33),
                other: (333.34, 133.34, 0, -133.34),
                third: (333.33, 133.33, 0, -133.33),
            },
        )
        self.assertEqual(self._sums("partner_id"), {self.customer: (1000, 400, 0, -400)})

    def test_dates(self):
        order = self._create_order((450, 1, 0), opportunity_id=False)
        order.date_order = "2026-07-05 10:00:00"
        months = self._sums("date:month")
        self.assertEqual(
            {str(month): amounts[1:3] for month, amounts in months.items()},
            {"2026-05-01": (400, 0), "2026-07-01": (0, 450)},
        )

    def test_rows_of_a_colleague_are_not_seen(self):
        self._create_order((450, 1, 0), opportunity_id=False)
        self.assertEqual(self._sums("partner_id", self.colleague), {})
        self.assertEqual(self._sums("partner_id", self.boss), {self.customer: (1000, 400, 450, 50)})
        portal = self._create_user("portal", "base.group_portal")
        for user in (self.worker, self.accountant, portal):
            with self.assertRaises(AccessError):
                self._sums("partner_id", user)

    def test_list_reads_each_row(self):
        self._create_order((450, 1, 0), (20, 1, 0))
        self.env.flush_all()
        rows = self.env["crm.forecast.report"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(len(rows), len(set(rows.ids)))
        self.assertEqual(sorted(rows.mapped("kind")), ["forecast", "forecast", "realised", "realised"])
        self.assertEqual(sum(rows.mapped("realised")), 470)
        # the chart shows both kinds by one measure
        self.assertEqual(sum(rows.mapped("amount")), 188 + 470)  # 40 % of what was ordered, and that
