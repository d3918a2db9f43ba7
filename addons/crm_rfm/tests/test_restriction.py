from odoo import Command
from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestRestriction(RfmCommon):
    """Models of some sales teams, or of some product categories, beside the one of everything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Category = cls.env["product.category"].sudo()
        cls.wine = Category.create({"name": "Wine"})
        cls.red = Category.create({"name": "Red", "parent_id": cls.wine.id})
        other = Category.create({"name": "Glasses"})
        cls.bottle, cls.glass = cls.env["product.product"].sudo().create(
            [{"name": "Bottle", "categ_id": cls.red.id}, {"name": "Glass", "categ_id": other.id}]
        )
        cls.team = cls.env["crm.team"].sudo().create({"name": "North"})
        cls.both, cls.dry = cls._create_customer("Both"), cls._create_customer("Dry")

    def _line(self, product, amount):
        return Command.create({"product_id": product.id, "quantity": 1, "price_unit": amount, "tax_ids": [(5, 0, 0)]})

    def _invoice(self, partner, date, *lines, **values):
        return self._create_rfm_invoice(
            partner, date, 0, invoice_line_ids=[self._line(*line) for line in lines], **values
        )

    def _figures(self, model):
        return {
            score.partner_id.name: (str(score.last_date), score.frequency, score.monetary)
            for score in self.env["crm.rfm.score"].search([("model_id", "=", model.id), ("r_score", ">", 0)])
        }

    def test_categories_of_invoices(self):
        self._invoice(self.both, "2024-03-01", (self.bottle, 70), (self.glass, 30))
        self._invoice(self.both, "2024-04-01", (self.glass, 500))
        self._invoice(self.both, "2024-05-01", (self.bottle, 20), move_type="out_refund")
        self._invoice(self.dry, "2024-06-01", (self.glass, 10))
        model = self._create_model(categ_ids=self.wine.ids)
        self._compute(model)
        self.assertEqual(self._figures(model), {"Both": ("2024-03-01", 1, 50)})
        self._compute()
        self.assertEqual(self._figures(self.rfm), {"Both": ("2024-04-01", 2, 580), "Dry": ("2024-06-01", 1, 10)})
        # one customer alone comes out as in a run over all, and the documents behind the number are those with wine
        before = self._stored(model)
        model.sudo()._refresh_partners(self.both)
        self.assertEqual(self._stored(model), before)
        ids, purchases = self._score(self.both, model)._get_document_ids()
        self.assertEqual((len(ids), len(purchases)), (2, 1))

    def test_category_with_a_sign_of_its_own(self):
        """What counts is the amount of the lines with wine, also where the whole invoice comes to another sign."""
        self._invoice(self.both, "2024-03-01", (self.bottle, 70), (self.glass, -70))
        self._invoice(self.both, "2024-04-01", (self.bottle, -20), (self.glass, 100))
        returned = self._invoice(self.both, "2024-05-01", (self.bottle, 40), (self.glass, -40))
        self._invoice(
            self.both, "2024-05-02", (self.bottle, 40), (self.glass, -40),
            move_type="out_refund", reversed_entry_id=returned.id,
        )  # fmt: skip
        model = self._create_model(categ_ids=self.wine.ids)
        self._compute(model)
        self.assertEqual(self._figures(model), {"Both": ("2024-03-01", 1, 50)})
        model.sudo()._refresh_partners(self.both)
        self.assertEqual(self._figures(model), {"Both": ("2024-03-01", 1, 50)})
        self._compute()
        self.assertEqual(self._figures(self.rfm), {"Both": ("2024-04-01", 1, 80)})

    def test_teams_of_invoices(self):
        invoice = self._invoice(self.both, "2024-03-01", (self.glass, 30), team_id=self.team.id)
        self._invoice(self.both, "2024-04-01", (self.glass, 500), team_id=False)
        model = self._create_model(team_ids=self.team.ids)
        self._compute(model)
        self.assertEqual(self._figures(model), {"Both": ("2024-03-01", 1, 30)})
        self.env["crm.rfm.dirty"].sudo().search([("id", ">", 0)]).unlink()
        invoice.team_id = False
        self.env.flush_all()
        self.assertIn(self.both.id, self.env["crm.rfm.dirty"].sudo().search([("id", ">", 0)]).mapped("partner_key"))
        model.sudo()._refresh_partners(self.both)
        self.assertEqual(self._figures(model), {})

    def test_a_team_that_was_archived_still_restricts(self):
        """Without it all documents would count."""
        self._invoice(self.both, "2024-03-01", (self.glass, 30), team_id=self.team.id)
        self._invoice(self.both, "2024-04-01", (self.glass, 500), team_id=False)
        model = self._create_model(team_ids=self.team.ids)
        self.team.sudo().active = False
        self.env.invalidate_all()
        self._compute(model)
        self.assertEqual(self._figures(model), {"Both": ("2024-03-01", 1, 30)})

    def test_orders(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.both.id,
                "team_id": self.team.id,
                "date_order": "2024-07-07 12:00:00",
                "order_line": [
                    Command.create({"product_id": product.id, "price_unit": price, "tax_ids": [Command.clear()]})
                    for product, price in ((self.bottle, 40), (self.glass, 2))
                ],
            }
        )
        order.state = "sale"
        wine = self._create_model(source="order", categ_ids=self.red.ids)
        team = self._create_model(source="order", team_ids=self.team.ids)
        none = self._create_model(source="order", team_ids=self.env["crm.team"].sudo().create({"name": "S"}).ids)
        for model, amounts in ((wine, [40]), (team, [42]), (none, [])):
            self._compute(model)
            self.assertEqual([figures[2] for figures in self._figures(model).values()], amounts)

    def test_a_changed_restriction_makes_scores_outdated(self):
        self._compute()
        self.assertFalse(self.rfm.is_outdated)
        self.rfm.with_user(self.manager).categ_ids = self.wine
        self.assertTrue(self.rfm.is_outdated)
        self.assertEqual(self.rfm.copy().categ_ids, self.wine)
