from psycopg2 import errors

from odoo import Command, api
from odoo.addons.crm_rfm.tests.test_recommend import RecommendCase
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, HttpCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger


class ProposalCase(RecommendCase):
    """Product 0 goes with 1; customer 0 buys 2 every ten days; customer 1 buys 0 only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rfm.shown_on_partner = True
        for days in (25, 35):
            cls._order(cls.customers[2], days, (0, 1))
        cls._order(cls.customers[3], 25, (4,))
        for days, quantity in ((10, 7), (20, 5), (30, 5)):
            order = cls._order(cls.customers[0], days, (2,))
            order.order_line.product_uom_qty = quantity
        cls._order(cls.customers[1], 15, (0,))
        cls.env.flush_all()
        cls.rfm.with_user(cls.manager).action_compute("2024-12-31")
        cls.rfm.with_user(cls.manager).action_compute_recommendations()
        cls.sales = new_test_user(
            cls.env, "rfm_sales", "sales_team.group_sale_salesman,crm_rfm.group_user",
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip

    @classmethod
    def _quotation(cls, customer, numbers=()):
        return cls.env["sale.order"].with_user(cls.sales).create(
            {
                "partner_id": cls.customers[customer].id,
                "company_id": cls.company.id,
                "order_line": [Command.create({"product_id": cls.products[number].id}) for number in numbers],
            }
        )

    def _proposed(self, quotation):
        items = quotation.get_rfm_proposals(
            quotation.partner_id.id, quotation.company_id.id, quotation.order_line.product_id.ids, quotation.id
        )
        return [(item["kind"], self.products.ids.index(item["product_id"])) for item in items]

    def _outcomes(self, quotation):
        self.env.invalidate_all()
        return {
            (row.kind, self.products.ids.index(row.product_id.id)): (row.outcome, row.amount)
            for row in self.env["crm.rfm.proposal.report"].search([("order_id", "=", quotation.id)])
        }


@tagged("post_install", "-at_install")
class TestProposal(ProposalCase):
    def test_restricted_customer_is_forgotten_within_minutes(self):
        self.env["crm.rfm.model"].sudo().search([("id", "!=", self.rfm.id)]).active = False
        self.rfm.with_user(self.manager).action_compute_values()
        quotation = self._quotation(0)
        self.assertEqual(self._proposed(quotation), [("again", 2)])
        own = [("model_id", "=", self.rfm.id), ("partner_id", "=", self.customers[0].id)]
        names = ("crm.rfm.value", "crm.rfm.recommendation")
        before = [self.env[name].search([("model_id", "=", self.rfm.id)]) for name in names]
        gone = [self.env[name].search(own) for name in names]
        self.assertEqual([len(rows) for rows in gone], [1, 1])
        self.customers[0].sudo().crm_restricted = True
        with self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_refresh").sudo().method_direct_trigger()
        self.env.invalidate_all()
        after = [self.env[name].search([("model_id", "=", self.rfm.id)]) for name in names]
        self.assertEqual(after, [rows - own_rows for rows, own_rows in zip(before, gone, strict=True)])
        self.assertEqual(self._proposed(quotation), [])

    def test_due_product_comes_first_with_the_usual_quantity(self):
        quotation = self._quotation(0)
        items = quotation.get_rfm_proposals(quotation.partner_id.id, self.company.id, [], quotation.id)
        self.assertEqual(
            (items[0]["kind"], items[0]["name"], items[0]["quantity"]), ("again", "Product 2", 7.0)
        )
        self.assertEqual(
            items[0]["reason"],
            "Bought on 3 days, usually every 10 days, the last time on 12/21/2024. Due since 12/31/2024.",
        )

    def test_quantity_of_an_order_that_the_user_may_not_see_stays_unknown(self):
        colleague = new_test_user(
            self.env, "rfm_colleague", "sales_team.group_sale_salesman",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        order = self._order(self.customers[0], 1, (2,))
        order.order_line.product_uom_qty = 1234

        def quantities():
            self.env.flush_all()
            self.env.invalidate_all()
            return self.env["sale.order"].with_user(self.sales)._rfm_usual_quantities(
                self.customers[0], self.company.id, self.products[2].ids
            )

        self.assertEqual(quantities(), {self.products[2].id: 1234})
        # nobody's score any more for this user, and nobody's order
        self.customers[0].user_id = colleague
        self.assertEqual(quantities(), {})
        order.user_id = self.sales
        self.assertEqual(quantities(), {self.products[2].id: 1234})

    def test_product_that_goes_with_the_quotation(self):
        quotation = self._quotation(3, (0,))
        self.assertEqual(self._proposed(quotation), [("with", 1)])

    def test_product_new_to_the_customer(self):
        self.assertEqual(self._proposed(self._quotation(1)), [("new", 1)])

    def test_what_stands_on_the_quotation_is_not_proposed(self):
        self.assertEqual(self._proposed(self._quotation(0, (2,))), [])

    def test_unsaved_quotation_has_proposals_and_notes_nothing(self):
        before = self.env["crm.rfm.proposal"].search_count([])
        items = self.env["sale.order"].with_user(self.sales).get_rfm_proposals(
            self.customers[1].id, self.company.id, []
        )
        self.assertEqual([item["kind"] for item in items], ["new"])
        self.assertEqual(self.env["crm.rfm.proposal"].search_count([]), before)

    def test_add_makes_one_line(self):
        quotation = self._quotation(0)
        self._proposed(quotation)
        line_id = quotation.action_add_rfm_proposal(self.products[2].id)
        self.assertEqual(quotation.action_add_rfm_proposal(self.products[2].id), line_id)
        self.assertEqual(
            [(line.product_id, line.product_uom_qty) for line in quotation.order_line], [(self.products[2], 7.0)]
        )
        self.assertEqual(self._proposed(quotation), [])

    def test_declined_is_not_shown_again_on_this_quotation(self):
        quotation = self._quotation(0)
        self._proposed(quotation)
        quotation.action_decline_rfm_proposal(self.products[2].id)
        self.assertEqual(self._proposed(quotation), [])
        self.assertEqual(self._proposed(self._quotation(0)), [("again", 2)])

    def test_outcomes(self):
        sold, lost, declined, shown = (self._quotation(0) for _number in range(4))
        for quotation in (sold, lost, declined, shown):
            self._proposed(quotation)
        for quotation in (sold, lost):
            quotation.action_add_rfm_proposal(self.products[2].id)
            quotation.order_line.write({"price_unit": 3, "tax_ids": [Command.clear()]})
        self.assertEqual(self._outcomes(sold), {("again", 2): ("added", 0)})
        sold.action_confirm()
        lost.action_cancel()
        declined.action_decline_rfm_proposal(self.products[2].id)
        self.assertEqual(self._outcomes(sold), {("again", 2): ("sold", 21.0)})
        self.assertEqual(self._outcomes(lost), {("again", 2): ("lost", 0)})
        self.assertEqual(self._outcomes(declined), {("again", 2): ("declined", 0)})
        self.assertEqual(self._outcomes(shown), {("again", 2): ("offered", 0)})
        totals = self.env["crm.rfm.proposal.report"]._read_group(
            [("order_id", "in", (sold + lost + declined + shown).ids)],
            ["kind"],
            ["proposal_count:sum", "added_share:avg", "sold_share:avg", "amount:sum"],
        )
        self.assertEqual(totals, [("again", 4, 0.5, 0.25, 21.0)])

    def test_removed_line_is_no_sale(self):
        quotation = self._quotation(0)
        self._proposed(quotation)
        quotation.action_add_rfm_proposal(self.products[2].id)
        quotation.order_line.unlink()
        self.assertEqual(self._outcomes(quotation), {("again", 2): ("offered", 0)})

    def test_product_that_is_not_sold_any_more(self):
        self.products[2].sale_ok = False
        self.assertEqual(self._proposed(self._quotation(0)), [])

    def test_customer_of_a_colleague(self):
        quotation = self._quotation(0)
        self.customers[0].user_id = self.manager
        self.assertEqual(self._proposed(quotation), [])

    def test_quotation_of_a_colleague_cannot_be_changed(self):
        quotation = self._quotation(0)
        self._proposed(quotation)
        quotation.sudo().user_id = self.manager
        other = new_test_user(
            self.env, "rfm_other", "sales_team.group_sale_salesman,crm_rfm.group_user",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        with self.assertRaises(AccessError):
            quotation.with_user(other).action_add_rfm_proposal(self.products[2].id)
        self.assertFalse(quotation.sudo().order_line)
        self.assertFalse(self.env["crm.rfm.proposal"].with_user(other).search([("order_id", "=", quotation.id)]))

    def test_without_scoring_rights(self):
        user = new_test_user(
            self.env, "rfm_none", "sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        quotation = self._quotation(0).with_user(user)
        with self.assertRaises(AccessError):
            self._proposed(quotation)

    def test_confirmed_order_is_closed(self):
        quotation = self._quotation(0)
        self._proposed(quotation)
        quotation.action_confirm()
        self.assertEqual(self._proposed(quotation), [])
        with self.assertRaisesRegex(UserError, "no open quotation"):
            quotation.action_add_rfm_proposal(self.products[2].id)

    def test_product_that_was_not_proposed(self):
        quotation = self._quotation(0)
        with self.assertRaisesRegex(UserError, "not proposed"):
            quotation.action_add_rfm_proposal(self.products[4].id)
        with self.assertRaisesRegex(UserError, "not proposed"):
            quotation.action_decline_rfm_proposal(0)


@tagged("post_install", "-at_install", "crm_rfm_concurrency")
class TestProposalConcurrency(BaseCase):
    """Two users add the same proposal at the same moment."""

    def test_one_line(self):
        registry = Registry(get_db_name())
        with registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            product = env["product.product"].create({"name": "Proposed to two", "type": "service"})
            partner = env["res.partner"].create({"name": "Asked by two"})
            order = env["sale.order"].create({"partner_id": partner.id})
            env["crm.rfm.proposal"]._offer(order, [(product.id, "new")])
            ids = (order.id, product.id, partner.id)
        self.addCleanup(self._remove, registry, *ids)

        def quotation(cr):
            return api.Environment(cr, api.SUPERUSER_ID, {})["sale.order"].browse(ids[0])

        with registry.cursor() as first, registry.cursor() as second:
            quotation(second).name  # noqa: B018 - takes the snapshot
            quotation(first).action_add_rfm_proposal(ids[1])
            first.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(errors.SerializationFailure):
                quotation(second).action_add_rfm_proposal(ids[1])
            # as Odoo retries the request
            second.rollback()
            quotation(second).action_add_rfm_proposal(ids[1])
            second.commit()
            self.assertEqual(len(quotation(second).order_line), 1)

    @staticmethod
    def _remove(registry, order_id, product_id, partner_id):
        with registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["sale.order"].browse(order_id).unlink()
            env["product.product"].browse(product_id).unlink()
            env["res.partner"].browse(partner_id).unlink()


@tagged("post_install", "-at_install")
class TestProposalTour(ProposalCase, HttpCase):
    def _walk(self):
        quotation = self._quotation(0)
        self.start_tour(f"/odoo/sales/{quotation.id}", "crm_rfm_proposals", login=self.sales.login)
        self.assertEqual(quotation.order_line.mapped("product_uom_qty"), [7.0])

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
