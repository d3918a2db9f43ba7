import json
from datetime import date

import psycopg2
from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common_strategy import YEAR, StrategyCommon


@tagged("post_install", "-at_install")
class TestObjective(StrategyCommon):
    def test_named_after_what_it_measures(self):
        team = self.env["crm.team"].create({"name": "South"})
        form = Form(self.env["crm.sales.strategy.objective"].with_context(default_strategy_id=self.strategy.id))
        form.measure = "invoiced"
        form.team_id = team
        form.target = 5
        objective = form.save()
        self.assertEqual(objective.name, "Invoiced, South")
        self.assertEqual((objective.date_from, objective.date_to), (date(2026, 1, 1), date(2026, 12, 31)))

    @freeze_time("2026-03-31 12:00:00")
    def test_projection(self):
        self._order_on("2026-02-01", (100, 1, 0))
        self._create_lead(expected_revenue=400, probability=25, date_deadline="2026-06-01")
        self._create_lead(expected_revenue=400, probability=25, date_deadline="2027-01-01")
        self._create_lead(expected_revenue=400, probability=25, date_deadline="2026-03-30")
        self._create_lead(expected_revenue=9, probability=50, date_deadline="2026-06-01", user_id=self.colleague.id)
        rate = self._objective(target=500, user_id=self.seller.id)
        pipeline = self._objective(target=500, user_id=self.seller.id, projection_method="pipeline")
        orders = self._objective("orders", target=4, projection_method="pipeline")
        self.env.flush_all()
        self.assertEqual((rate.realised, rate.percent, rate.gap), (100, 20, 400))
        self.assertAlmostEqual(rate.expected_percent, 100 * 90 / 365)
        self.assertEqual(rate.projection, 405.56)
        self.assertAlmostEqual(rate.projection_percent, 81.112)
        self.assertEqual((pipeline.pipeline, pipeline.projection), (100, 200))
        self.assertEqual((orders.realised, orders.pipeline), (1, 0.75))

    @freeze_time("2026-06-30 12:00:00")
    def test_causes_of_the_gap(self):
        hours = self._product(invoice_policy="delivery")
        self._order_on("2026-05-01", (100, 1, 0))
        line = {"product_id": hours.id, "price_unit": 30, "product_uom_qty": 4}
        delivered = self._order_on("2026-05-01", order_line=[Command.create(line)])
        delivered.order_line.qty_delivered = 1
        overdue = self._invoice_on(self._order_on("2026-05-01", (200, 1, 0)), "2026-05-02")
        overdue.invoice_date_due = "2026-06-01"
        self._pay(overdue, 115)
        current = self._invoice_on(self._order_on("2026-05-01", (50, 1, 0)), "2026-06-29")
        current.invoice_date_due = "2026-07-15"
        self._create_lead(expected_revenue=80, probability=50, date_deadline="2026-08-01")
        expected = {
            "collected": {"overdue": 100, "not_due": 50, "to_invoice": 130, "delivery": 90, "pipeline": 40,
                          "missing": 490},
            "invoiced": {"to_invoice": 130, "delivery": 90, "pipeline": 40, "missing": 490},
            "booked": {"pipeline": 40, "missing": 490},
        }
        targets = {"collected": 1000, "invoiced": 1000, "booked": 1000}
        for measure, parts in expected.items():
            objective = self._objective(measure, target=targets[measure])
            self.env.flush_all()
            for cause in ("overdue", "not_due", "to_invoice", "delivery", "pipeline", "missing"):
                self.assertAlmostEqual(objective[f"gap_{cause}"], parts.get(cause, 0), 6, (measure, cause))
            self.assertAlmostEqual(objective.gap, sum(parts.values()))

    @freeze_time("2026-10-15 12:00:00")
    def test_chart_shows_what_the_months_to_come_have_to_bring(self):
        self._order_on("2026-02-01", (100, 1, 0))
        objective = self._objective(target=500)
        self.env.flush_all()
        values = json.loads(objective.chart)[0]["values"]
        self.assertEqual(len(values), 12)
        self.assertEqual([(bar["value"], bar["type"]) for bar in values[1:3]], [(100, "past"), (0, "past")])
        self.assertEqual([(bar["value"], bar["type"]) for bar in values[9:]],
                         [(0, "past"), (200, "future"), (200, "future")])

    def test_progress_of_the_tree(self):
        part = self.env["crm.sales.strategy"].create({"name": "Part", "parent_id": self.strategy.id, **YEAR})
        self._order_on("2026-02-01", (100, 1, 0))
        self._objective(target=50)
        self._objective(target=200, strategy_id=part.id)
        self.env.flush_all()
        self.assertEqual((self.strategy.objective_count, self.strategy.reached_count), (2, 1))
        self.assertEqual((self.strategy.percent, part.percent), (75, 50))
        with self.assertRaises(UserError):
            self.strategy.parent_id = part

    def test_bad_input(self):
        with self.assertRaisesRegex(ValidationError, "by product category"):
            self._objective("orders", categ_id=self.env["product.category"].create({"name": "Field"}).id)
        with mute_logger("odoo.sql_db"):
            with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
                self._objective(target=0)
            with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
                self._objective(date_from="2026-02-01", date_to="2026-01-31")

    # === RIGHTS === #

    def test_salesperson_reads_the_own_and_the_shared(self):
        mine, shared = self._objective(user_id=self.seller.id), self._objective()
        other = self._objective(user_id=self.colleague.id)
        # what is realised is the company's figure, also of orders that the reader may not see
        self._order_on("2026-02-01", (100, 1, 0), user_id=self.colleague.id)
        self.env.flush_all()
        objectives = self.env["crm.sales.strategy.objective"].with_user(self.seller)
        self.assertEqual(objectives.search([("strategy_id", "=", self.strategy.id)]), mine | shared)
        self.assertEqual(shared.with_user(self.seller).realised, 100)
        for record in (other, self.env["crm.sales.realisation"].search([("objective_id", "=", other.id)])):
            with self.assertRaises(AccessError):
                record.with_user(self.seller).read(["target"])
        self.assertEqual(other.with_user(self.boss).realised, 100)
        self.assertEqual(other.with_user(self.auditor).realised, 100)

    def test_only_the_manager_writes(self):
        objective = self._objective()
        for user in (self.seller, self.auditor):
            with self.assertRaises(AccessError):
                objective.with_user(user).target = 1
            with self.assertRaises(AccessError):
                self.strategy.with_user(user).name = "Shrink"
        self.assertEqual(objective.target, 1000)
        objective.with_user(self.boss).target = 5
        self.assertEqual(objective.target, 5)

    def test_nothing_for_the_worker_and_the_portal(self):
        portal = self._create_user("portal", "base.group_portal")
        for user in (self.worker, portal):
            for record in (self.strategy, self._objective()):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(["name"])

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        strategy = self.env["crm.sales.strategy"].sudo().create({"name": "Theirs", "company_id": company.id, **YEAR})
        with self.assertRaises(AccessError):
            strategy.with_user(self.boss).read(["name"])
        objective = self._objective()
        self._order_on("2026-02-01", (100, 1, 0))
        objective.sudo().strategy_id = strategy
        self.env.flush_all()
        self.assertEqual(objective.sudo().realised, 0)


@tagged("post_install", "-at_install")
class TestStrategyTour(StrategyCommon, HttpCase):
    def test_tour(self):
        self._order_on("2026-02-01", (100, 1, 0))
        self.start_tour("/odoo/sales-strategy", "crm_erp_bridge_strategy", login=self.boss.login)
        strategy = self.env["crm.sales.strategy"].search([("name", "=", "Terraces")])
        self.assertRecordValues(strategy.objective_ids, [{"measure": "booked", "target": 400}])
