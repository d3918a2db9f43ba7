import base64
from datetime import date

import psycopg2
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import BridgeCommon

CRON = "crm_erp_bridge.ir_cron_contract_follow"


class ContractCommon(BridgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = cls.env["product.product"].create(
            {
                "name": "Care",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
        )

    @classmethod
    def _contract(cls, start=True, **values):
        contract = cls.env["crm.contract"].with_user(cls.seller).create(
            {"name": "Care of the vines", "partner_id": cls.customer.id, "date_start": "2026-01-01"} | values
        )
        if start:
            contract.action_start()
        return contract

    @classmethod
    def _quarterly(cls, **values):
        line = {"product_id": cls.plain.id, "quantity": 2, "price_unit": 50}
        return cls._contract(**{"interval_months": 3, "line_ids": [Command.create(line)]} | values)

    def _run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestContract(ContractCommon):
    # === LIFE === #

    def test_life(self):
        contract = self._contract(start=False)
        self.assertRegex(contract.code, r"^CT/\d{4}/\d{4}$")
        self.assertEqual(contract.state, "draft")
        contract.action_start()
        self.assertEqual((contract.state, contract.date_signed), ("running", fields.Date.today()))
        with self.assertRaises(UserError):
            contract.action_start()
        with self.assertRaises(UserError):
            contract.unlink()
        contract.action_end()
        contract.action_reopen()
        contract.action_cancel()
        contract.with_user(self.boss).unlink()

    @freeze_time("2026-06-15 12:00:00")
    def test_notice_and_renewal(self):
        contract = self._contract(date_end="2026-12-31", renewal="auto", notice_months=3)
        self.assertEqual(contract.date_notice, date(2026, 9, 30))
        contract.date_notice_given = "2026-06-01"
        contract.action_renew()
        self.assertEqual((contract.date_end, contract.date_notice_given), (date(2027, 12, 31), False))
        with self.assertRaises(UserError):
            self._contract().action_renew()

    @freeze_time("2026-06-15 12:00:00")
    def test_at_the_end(self):
        auto = self._contract(date_end="2026-06-14", renewal="auto", renewal_months=6)
        given_notice = self._contract(date_end="2026-06-14", renewal="auto", date_notice_given="2026-01-05")
        ends, runs = self._contract(date_end="2026-06-14"), self._contract(date_end="2026-06-15")
        self._run_cron()
        self.assertEqual((auto.state, auto.date_end), ("running", date(2026, 12, 14)))
        self.assertEqual((given_notice | ends | runs).mapped("state"), ["ended", "ended", "running"])

    def test_bad_input(self):
        for values in (
            {"date_end": "2025-12-31"}, {"amount": -1}, {"interval_months": -1}, {"notice_months": -1},
            {"renewal_months": 0}, {"line_ids": [Command.create({"product_id": self.plain.id, "quantity": 0})]},
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
                self._contract(**values)

    # === PERIODS === #

    @freeze_time("2026-07-02 12:00:00")
    def test_each_period_once(self):
        contract = self._quarterly()
        self.assertEqual(contract.date_next, date(2026, 1, 1))
        contract.action_create_due()
        orders = contract.order_ids.sorted("contract_date")
        self.assertEqual(
            [(order.contract_date.isoformat(), order.contract_key, order.state, order.amount_untaxed, order.user_id)
             for order in orders],
            [(day, f"period:{day}", "draft", 100, self.seller) for day in ("2026-01-01", "2026-04-01", "2026-07-01")],
        )
        self.assertEqual(contract.date_next, date(2026, 10, 1))
        with self.assertRaisesRegex(UserError, "Nothing is due"):
            contract.action_create_due()
        self._run_cron()
        self.assertEqual(contract.order_ids, orders)

    @freeze_time("2026-01-02 12:00:00")
    def test_of_a_restricted_customer_no_job_makes_an_order(self):
        contract = self._quarterly()
        self.customer.sudo().crm_restricted = True
        self._run_cron()
        self.assertFalse(contract.order_ids)
        contract.action_create_due()  # a person may
        self.assertEqual(len(contract.order_ids), 1)

    @freeze_time("2026-01-02 12:00:00")
    def test_database_refuses_a_second_order_of_a_period(self):
        contract = self._quarterly()
        contract.action_create_due()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            contract.order_ids.copy({"contract_id": contract.id, "contract_key": "period:2026-01-01"})

    @freeze_time("2026-01-02 12:00:00")
    def test_copied_order_is_not_of_the_contract(self):
        contract = self._quarterly()
        contract.action_create_due()
        copy = contract.order_ids.copy()
        self.assertFalse(copy.contract_id or copy.contract_key or copy.contract_date)

    @freeze_time("2026-01-02 12:00:00")
    def test_cancelled_order_of_a_period_is_not_made_again(self):
        contract = self._quarterly()
        contract.action_create_due()
        contract.order_ids._action_cancel()
        self._run_cron()
        self.assertEqual(len(contract.order_ids), 1)

    @freeze_time("2026-01-02 12:00:00")
    def test_makes_the_document_that_is_wanted(self):
        order, invoice = self._quarterly(document="order"), self._quarterly(document="invoice")
        self._run_cron()
        self.assertEqual((order.order_ids.state, len(order.order_ids.invoice_ids)), ("sale", 0))
        self.assertEqual(invoice.order_ids.invoice_ids.mapped("state"), ["draft"])
        self.assertEqual(invoice.order_ids.invoice_ids.amount_total, 115)

    @freeze_time("2028-06-02 12:00:00")
    def test_indexation(self):
        contract = self._quarterly(interval_months=12, indexation_percent=3)
        self._run_cron()
        self.assertEqual(contract.order_ids.sorted("contract_date").mapped("amount_untaxed"), [100, 103, 106.1])
        self.assertEqual(contract.amount_period, 109.28)

    @freeze_time("2026-07-02 12:00:00")
    def test_only_running_contracts_and_only_until_the_end(self):
        draft = self._quarterly(start=False)
        ended = self._quarterly(date_end="2026-07-31")
        self._run_cron()
        self.assertFalse(draft.order_ids)
        with self.assertRaisesRegex(UserError, "does not run"):
            draft.action_create_due()
        self.assertEqual((len(ended.order_ids), ended.date_next), (3, False))

    @freeze_time("2026-01-02 12:00:00")
    def test_one_that_cannot_be_made_does_not_stop_the_others(self):
        broken, fine = self._quarterly(document="order"), self._quarterly()
        # Odoo refuses to confirm an order with a line without a product
        self.patch(type(self.env["sale.order"]), "action_confirm", refuse)
        with mute_logger("odoo.addons.crm_erp_bridge.models.crm_contract_invoicing"):
            self._run_cron()
        self.assertEqual((len(broken.order_ids), broken.invoicing_error), (0, "The customer is blocked."))
        self.assertEqual((len(fine.order_ids), fine.invoicing_error), (1, False))
        broken.document = "quotation"
        self._run_cron()
        self.assertEqual((len(broken.order_ids), broken.invoicing_error), (1, False))

    # === DELIVERABLES === #

    def test_done_deliverable_is_ordered_once(self):
        contract = self._contract(
            milestone_ids=[Command.create({"name": "Plan", "amount": 500, "product_id": self.plain.id})]
        )
        milestone = contract.milestone_ids
        milestone.action_done()
        milestone.action_done()
        self.assertEqual(milestone.date_done, fields.Date.today())
        self.assertEqual(contract.order_ids, milestone.order_id)
        self.assertEqual((milestone.order_id.amount_untaxed, milestone.order_id.order_line.name), (500, "Plan"))
        with self.assertRaisesRegex(UserError, "cancel the order first"):
            milestone.action_undo()
        milestone.order_id._action_cancel()
        milestone.action_undo()
        self.assertFalse(milestone.date_done)

    def test_deliverable_with_a_price_needs_a_product(self):
        contract = self._contract(milestone_ids=[Command.create({"name": "Plan", "amount": 500})])
        with self.assertRaisesRegex(UserError, "choose the product"), self.env.cr.savepoint():
            contract.milestone_ids.action_done()
        self.assertFalse(contract.milestone_ids.date_done)

    @freeze_time("2026-06-15 12:00:00")
    def test_behind_schedule(self):
        contract = self._contract(
            milestone_ids=[Command.create({"name": "Plan", "date_due": "2026-06-14"}),
                           Command.create({"name": "Work", "date_due": "2026-06-15"})]
        )
        self.assertEqual((contract.is_behind, contract.milestone_done_count, contract.milestone_count), (True, 0, 2))
        contract.milestone_ids[0].action_done()
        self.assertEqual((contract.is_behind, contract.milestone_done_count), (False, 1))

    # === EXECUTION === #

    @freeze_time("2026-05-02 12:00:00")
    def test_execution_is_read_from_the_orders(self):
        contract = self._quarterly(document="invoice", amount=460)
        self.assertEqual((contract.order_count, contract.percent_ordered), (0, 0))
        contract.action_create_due()
        invoice = contract.order_ids[0].invoice_ids
        invoice.sudo().action_post()
        self._pay(invoice, 15)
        by_hand = self._create_order((20, 1, 0), contract_id=contract.id)
        self.env.invalidate_all()
        self.assertEqual(
            (contract.order_count, contract.amount_ordered, contract.amount_invoiced, contract.amount_paid,
             contract.amount_due, contract.percent_ordered),
            (3, 253, 115, 15, 100, 55),
        )
        self.assertEqual(by_hand.contract_date, False)

    def test_as_many_queries_for_two_as_for_two_hundred(self):
        contracts = self.env["crm.contract"].create(
            [{"name": f"Contract {number}", "partner_id": self.customer.id} for number in range(200)]
        )
        self._create_order((20, 1, 0), contract_id=contracts[0].id)

        def queries(some):
            self.env.flush_all()
            self.env.invalidate_all()
            some = some.with_user(self.boss)
            some.mapped("name")
            before = self.env.cr.sql_log_count
            for name in ("percent_ordered", "is_behind"):
                some.mapped(name)
            return self.env.cr.sql_log_count - before

        queries(contracts[:1])
        self.assertEqual(queries(contracts[:2]), queries(contracts))

    # === ON THE CUSTOMER === #

    def test_on_the_customer(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        contract = self._contract(partner_id=contact.id, amount=700)
        self._contract(start=False)
        for partner in (self.customer, contact):
            partner = partner.with_user(self.seller)
            self.assertEqual(partner.contract_count, 1)
            item = next(item for item in partner._crm_360_items()[partner.id] if item["key"] == "contracts")
            self.assertEqual((item["count"], item["method"]), (1, "action_open_contracts"))
            self.assertEqual(
                self.env["crm.contract"].with_user(self.seller).search(
                    [*partner.action_open_contracts()["domain"], ("state", "=", "running")]
                ),
                contract,
            )
        self.env.flush_all()
        entry = self.env["crm.timeline"].sudo().search(
            [("kind", "=", "contract"), ("commercial_partner_id", "=", self.customer.id), ("state", "=", "done")]
        )
        self.assertRecordValues(entry, [{"res_model": "crm.contract", "res_id": contract.id, "amount": 700}])

    def test_merged_contacts_keep_their_contracts(self):
        twin = self.env["res.partner"].create({"name": "Vinograd", "is_company": True})
        contract = self._contract(partner_id=twin.id, party_ids=[Command.set(twin.ids)])
        self.env["base.partner.merge.automatic.wizard"]._merge((self.customer | twin).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual(contract.partner_id, self.customer)
        self.assertEqual(contract.commercial_partner_id, self.customer)
        self.assertEqual(contract.party_ids, self.customer)

    def test_customer_with_a_contract_is_not_deleted(self):
        partner = self.env["res.partner"].create({"name": "Gone"})
        self._contract(partner_id=partner.id)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            partner.unlink()

    # === RIGHTS === #

    def test_contract_of_a_colleague_is_not_seen(self):
        contract = self._quarterly(milestone_ids=[Command.create({"name": "Plan"})])
        for record in (contract, contract.line_ids, contract.milestone_ids):
            with self.assertRaises(AccessError):
                record.with_user(self.colleague).read(["display_name"])
        with self.assertRaises(AccessError):
            contract.with_user(self.colleague).action_create_due()
        self.assertFalse(contract.order_ids)
        self.assertTrue(contract.with_user(self.boss).read(["name"]))

    def test_accountant_and_auditor_read_and_change_nothing(self):
        contract = self._contract(amount=5)
        for user in (self.accountant, self.auditor):
            self.assertEqual(contract.with_user(user).amount, 5)
            with self.assertRaises(AccessError):
                contract.with_user(user).amount = 7
            with self.assertRaises(AccessError):
                contract.with_user(user).read(["lead_id"])
        self.assertEqual(contract.amount, 5)

    def test_nothing_for_the_worker_and_the_portal(self):
        contract = self._contract()
        portal = self._create_user("portal", "base.group_portal", partner_id=self.customer.id)
        for user in (self.worker, portal):
            with self.assertRaises(AccessError):
                contract.with_user(user).read(["name"])

    def test_file_is_readable_by_the_accountant(self):
        contract = self._contract()
        file = self.env["ir.attachment"].with_user(self.seller).create(
            {"name": "signed.txt", "datas": base64.b64encode(b"yes"), "res_model": "crm.contract", "res_id": 0}
        )
        contract.document_ids = [Command.link(file.id)]
        self.assertEqual(file.with_user(self.accountant).raw, b"yes")
        with self.assertRaises(AccessError):
            file.with_user(self.colleague).read(["raw"])

    def test_form(self):
        form = Form(self.env["crm.contract"].with_user(self.seller))
        form.name = "Care"
        form.partner_id = self.customer
        form.interval_months = 1
        with form.line_ids.new() as line:
            line.product_id = self.plain
            line.price_unit = 10
        contract = form.save()
        self.assertEqual((contract.user_id, contract.amount_period), (self.seller, 10))


def refuse(orders):
    raise UserError(orders.env._("The customer is blocked."))


@tagged("post_install", "-at_install")
class TestContractAlerts(ContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.alert.rule"].sudo().search([]).active = False
        cls.owner = cls._create_user("owner", "crm_relations.group_manager,sales_team.group_sale_manager")

    def _cases(self, condition, days):
        rules_ = self.env["crm.alert.rule"].with_user(self.owner)
        rule = rules_.search([("condition", "=", condition)]) or rules_.create(
            {"name": "Look here", "condition": condition, "days": days}
        )
        rule.action_evaluate()
        self.env.invalidate_all()
        alerts = self.env["crm.alert"].sudo().search([("rule_id", "=", rule.id), ("state", "=", "open")])
        self.assertEqual(alerts.user_id, self.seller if alerts else self.env["res.users"])
        return alerts.mapped("case_key")

    @freeze_time("2026-06-15 12:00:00")
    def test_ending(self):
        ends = self._contract(date_end="2026-07-15")
        self._contract(date_end="2026-07-16")
        self._contract(date_end="2026-07-15", renewal="auto")
        self.assertEqual(self._cases("contract_ending", 30), [f"crm.contract,{ends.id} end 2026-07-15"])
        self.assertEqual(len(self._cases("contract_ending", 30)), 1)
        ends.action_renew()
        self.assertEqual(self._cases("contract_ending", 30), [])

    @freeze_time("2026-06-15 12:00:00")
    def test_notice(self):
        contract = self._contract(date_end="2026-09-30", renewal="auto", notice_months=3)
        self._contract(date_end="2026-08-30", renewal="auto", notice_months=3)
        self.assertEqual(self._cases("contract_notice", 15), [f"crm.contract,{contract.id} notice 2026-06-30"])
        contract.date_notice_given = "2026-06-15"
        self.assertEqual(self._cases("contract_notice", 15), [])

    @freeze_time("2026-06-15 12:00:00")
    def test_behind(self):
        contract = self._contract(
            milestone_ids=[Command.create({"name": "Plan", "date_due": "2026-06-11"}),
                           Command.create({"name": "Work", "date_due": "2026-06-12"})]
        )
        late = contract.milestone_ids[0]
        self.assertEqual(self._cases("contract_behind", 3), [f"crm.contract.milestone,{late.id} 2026-06-11"])
        late.action_done()
        self.assertEqual(self._cases("contract_behind", 3), [])


@tagged("post_install", "-at_install")
class TestContractTour(ContractCommon, HttpCase):
    def test_tour(self):
        contract = self._quarterly(start=False, date_start=fields.Date.today())
        self.start_tour(f"/odoo/contracts/{contract.id}", "crm_erp_bridge_contract", login=self.seller.login)
        self.assertEqual(contract.state, "running")
        self.assertEqual(contract.order_ids.mapped("contract_date"), [fields.Date.today()])
