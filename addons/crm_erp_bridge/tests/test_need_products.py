from datetime import date

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestNeedProducts(BridgeCommon):
    """Products for needs, as a salesperson with the right to log needs."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("crm_relations.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["product.product"].search([]).sale_ok = False
        groups = "sales_team.group_sale_salesman,crm_relations.group_user"
        cls.agent = cls._create_user("agent", groups)
        cls.listener = cls._create_user("listener", "crm_relations.group_user")
        cls.observer = cls._create_user("observer", "crm_relations.group_auditor")
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.furniture = cls.env["product.category"].create({"name": "Furniture"})
        cls.table, cls.chair, cls.parasol, cls.hose = cls.env["product.product"].create(
            [
                {"name": "Oak table", "list_price": 300, "categ_id": cls.furniture.id},
                {"name": "Chair, high", "list_price": 80, "categ_id": cls.furniture.id},
                {"name": "Parasol", "list_price": 120},
                {"name": "Garden hose", "list_price": 20},
            ]
        )
        cls.parasol.with_context(lang="fr_FR").name = "Ombrelle de terrasse"

    def _need(self, statement="Twelve oak tables for the tasting room", user=None, **values):
        values = {"partner_id": self.customer.id, "statement": statement, "user_id": self.agent.id} | values
        return self.env["crm.need"].with_user(user or self.agent).create(values)

    def _found(self, need):
        return {line.product_id: round(line.score, 2) for line in need.product_line_ids}

    # === MATCHING === #

    def test_by_name_category_and_language(self):
        self.assertEqual(self._found(self._need()), {self.table: 1.0})
        self.assertEqual(self._found(self._need("Une OMBRELLE de terrasse, s'il vous plaît")), {self.parasol: 1.0})
        furniture = self._need("Furniture for a hall")
        self.assertEqual(self._found(furniture), {self.table: 0.4, self.chair: 0.4})
        self.assertEqual(set(furniture.product_line_ids.mapped("reason")), {"its category: Furniture"})
        self.assertEqual(self._found(self._need("Something quite different")), {})

    def test_what_was_bought_before(self):
        order = self._create_order(confirm=False)
        order.order_line = [
            Command.clear(),
            Command.create({"product_id": self.hose.id}),
            Command.create({"product_id": self.chair.id}),
        ]
        order.user_id = self.agent
        order.action_confirm()
        order.date_order = date(2026, 3, 5)
        need = self._need("A chair")
        self.assertEqual(list(self._found(need)), [self.chair, self.hose])
        self.assertEqual(self._found(need)[self.hose], 0.15)
        self.assertEqual(need.product_line_ids[1].reason, "ordered before: 1×, last on 03/05/2026")
        self.assertIn("its name: Chair, high; ordered before: 1×", need.product_line_ids[0].reason)
        other = self.env["res.partner"].create({"name": "Other"})
        self.assertNotIn(self.hose, self._found(self._need("A chair", partner_id=other.id)))

    def test_orders_out_of_sight_say_nothing(self):
        order = self._create_order(confirm=False)
        order.order_line = [Command.clear(), Command.create({"product_id": self.hose.id})]
        order.action_confirm()
        self.assertEqual(order.user_id, self.seller)
        self.assertFalse(self._found(self._need("Nothing like it")), "the order of a colleague")
        self.assertFalse(self._found(self._need("Nothing like it", user=self.listener, user_id=self.listener.id)))
        boss = self._create_user("boss2", "sales_team.group_sale_manager,crm_relations.group_user_all")
        self.assertFalse(self._found(self._need("Nothing like it", user=boss)), "the agent would read it")
        self.assertFalse(
            self._found(self._need("Nothing like it", user=boss, user_id=False)), "everybody would read it"
        )
        self.assertEqual(self._found(self._need("Nothing like it", user=boss, user_id=boss.id)), {self.hose: 0.15})

    def test_archived_unsold_and_foreign_products_stay_out(self):
        self.table.sale_ok = False
        self.assertFalse(self._found(self._need()))
        self.table.write({"sale_ok": True, "active": False})
        self.assertFalse(self._found(self._need()))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.table.write({"active": True, "company_id": elsewhere.id})
        self.assertFalse(self._found(self._need()))

    def test_hostile_text_is_only_text(self):
        for statement in ("100% _%' OR 1=1 --", "%" * 200, "oak " * 5000, "<b>x</b>"):
            with self.subTest(statement[:20]):
                self._need(statement)

    def test_the_same_number_of_queries_for_ten_and_a_thousand(self):
        costs = []
        for number in (3, 10, 1000):
            needs = self.env["crm.need"].browse(
                self.env["crm.need"]
                .with_user(self.agent)
                .create([{"partner_id": self.customer.id, "statement": "A parasol"}] * number)
                .ids
            )
            self.env.flush_all()
            self.env.invalidate_all()
            needs.mapped("commercial_partner_id")
            before = self.cr.sql_log_count
            matches = needs.with_user(self.agent)._match_products()
            costs.append(self.cr.sql_log_count - before)
            self.assertEqual(
                {tuple(match.res_id for match in found) for found in matches.values()}, {(self.parasol.id,)}
            )
        self.assertEqual(costs[1], costs[2])

    def test_another_statement_keeps_what_was_chosen(self):
        need = self._need()
        line = need.product_line_ids
        line.write({"chosen": True, "quantity": 7})
        need.statement = "A parasol"
        self.assertEqual(need.product_line_ids.mapped("product_id"), self.table | self.parasol)
        self.assertEqual((line.quantity, line.chosen), (7, True))
        line.chosen = False
        need.action_propose_products()
        self.assertEqual(need.product_line_ids.product_id, self.parasol)

    # === DOCUMENTS === #

    def test_opportunity_with_the_chosen_products(self):
        need = self._need(quantity=12)
        with Form(need) as form, form.product_line_ids.edit(0) as line:
            self.assertEqual(line.quantity, 12)
            line.chosen = True
        need.action_create_lead()
        self.assertEqual(need.lead_id.expected_revenue, 3600)
        self.assertIn("12 × Oak table", need.lead_id.description)

    def test_quotation_once(self):
        need = self._need(quantity=12)
        with self.assertRaisesRegex(UserError, "choose at least one product"):
            need.action_create_quotation()
        need.product_line_ids.chosen = True
        need.action_create_lead()
        order = self.env["sale.order"].browse(need.action_create_quotation()["res_id"])
        self.assertEqual(
            (order.partner_id, order.opportunity_id, order.user_id, order.state),
            (self.customer, need.lead_id, self.agent, "draft"),
        )
        self.assertEqual(
            [(line.product_id, line.product_uom_qty, line.price_unit) for line in order.order_line],
            [(self.table, 12, 300)],
        )
        self.assertEqual(need.action_create_quotation()["res_id"], order.id)
        self.assertEqual(need.quotation_count, 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.cr.savepoint():
            self.env["sale.order"].create({"partner_id": self.customer.id, "crm_need_id": need.id})
            self.env.flush_all()
        order.action_cancel()
        self.assertNotEqual(need.action_create_quotation()["res_id"], order.id, "a cancelled one is replaced")

    def test_what_a_colleague_has_quoted_is_said_in_words(self):
        need = self._need(user_id=False)
        need.product_line_ids.chosen = True
        order = self.env["sale.order"].browse(need.action_create_quotation()["res_id"])
        self.assertEqual(order.user_id, self.agent)
        second = self._create_user("second", "sales_team.group_sale_salesman,crm_relations.group_user")
        with self.assertRaisesRegex(UserError, f"Agent has made the quotation {order.name} already"):
            need.with_user(second).action_create_quotation()

    def test_the_confirmed_order_meets_the_need(self):
        need = self._need()
        need.product_line_ids.chosen = True
        order = self.env["sale.order"].browse(need.action_create_quotation()["res_id"])
        order.action_confirm()
        self.assertEqual((need.state, need.close_reason), ("met", f"Ordered: {order.name}"))
        self.assertEqual(need.action_create_quotation()["res_id"], order.id)

    def test_what_an_order_that_is_cancelled_was_to_meet_is_needed_again(self):
        need = self._need()
        need.product_line_ids.chosen = True
        order = self.env["sale.order"].browse(need.action_create_quotation()["res_id"])
        order.action_confirm()
        order.with_user(self.boss)._action_cancel()
        self.assertEqual((need.state, need.close_reason, need.date_closed), ("open", False, False))
        self.assertIn(f"{order.name} was cancelled.", "".join(need.message_ids.mapped("body")))
        self.assertNotEqual(need.action_create_quotation()["res_id"], order.id)

    def test_a_quotation_that_is_cancelled_leaves_a_lost_need_lost(self):
        need = self._need()
        need.product_line_ids.chosen = True
        order = self.env["sale.order"].browse(need.action_create_quotation()["res_id"])
        need.action_lost()
        order._action_cancel()
        self.assertEqual(need.state, "lost")

    def test_closed_needs_make_no_quotation(self):
        need = self._need()
        need.product_line_ids.chosen = True
        need.action_lost()
        with self.assertRaisesRegex(UserError, "closed"):
            need.action_create_quotation()
        self.assertFalse(self.env["sale.order"].search([("crm_need_id", "=", need.id)]))

    # === RIGHTS === #

    def test_rights(self):
        need = self._need()
        line = need.product_line_ids
        self.assertEqual(line.with_user(self.observer).product_id, self.table)
        with self.assertRaises(AccessError):
            line.with_user(self.observer).write({"chosen": True})
        with self.assertRaises(AccessError):
            line.with_user(self.listener).read(["chosen"])
        with self.assertRaises(AccessError):
            line.with_user(self.worker).read(["chosen"])
        own = self._need(user=self.listener, user_id=self.listener.id)
        own.product_line_ids.chosen = True
        with self.assertRaises(AccessError):
            own.action_create_quotation()
        self.assertFalse(self.env["sale.order"].search([("crm_need_id", "in", (need | own).ids)]))
        self.assertFalse(line.chosen)

    def test_bad_quantities(self):
        line = self._need().product_line_ids
        for quantity in (0, -1):
            with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.cr.savepoint():
                line.quantity = quantity
                self.env.flush_all()
