from datetime import timedelta

from odoo import Command
from odoo.addons.crm_rfm.hooks import uninstall_hook
from odoo.addons.crm_rfm.tests.test_action import ActionCommon
from odoo.exceptions import ValidationError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestActionPricelist(ActionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the setting "Pricelists" of Sales
        cls.env.ref("base.group_user").implied_ids |= cls.env.ref("product.group_product_pricelist")
        cls.manager.write(
            {"group_ids": [Command.link(cls.env.ref("sales_team.group_sale_salesman_all_leads").id)]}
        )
        cls.offer, cls.own = cls.env["product.pricelist"].create(
            [{"name": name, "company_id": cls.company.id} for name in ("Win back", "Own")]
        )

    def _pricelists(self):
        return self.customers.with_company(self.company).mapped("specific_property_product_pricelist")

    def _start(self, **values):
        action = self._create_action(pricelist_id=self.offer.id, plan_activities=False, **values)
        action.action_start()
        return action

    def test_given_to_treated_customers_only(self):
        action = self._start(control_percent=50)
        treated = action.sudo().line_ids.filtered(lambda line: line.arm == "treated").partner_id
        self.assertTrue(0 < len(treated) < 12)
        has = self.customers.with_company(self.company).filtered("specific_property_product_pricelist")
        self.assertEqual(has, treated)
        self.assertEqual(self._pricelists(), self.offer)

    def test_quotation_takes_it(self):
        self._start()
        order = self.env["sale.order"].with_user(self.manager).create({"partner_id": self.customers[0].id})
        self.assertEqual(order.pricelist_id, self.offer)

    def test_own_price_list_is_kept(self):
        special = self.customers[0].with_company(self.company)
        special.specific_property_product_pricelist = self.own
        action = self._start()
        self.assertEqual(special.specific_property_product_pricelist, self.own)
        self.assertFalse(self._line(action, self.customers[0]).pricelist_id)
        self.assertEqual(self._line(action, self.customers[1]).pricelist_id, self.offer)

    def test_a_restricted_customer_is_left_alone(self):
        """No score, so no entering; who had entered before gets neither activity nor price list, nor loses one."""
        never, entered, given = self.customers[:3]
        never.sudo().crm_restricted = True
        self.rfm.with_user(self.manager).action_compute()
        has = given.with_company(self.company)
        action = self._create_action(plan_activities=False, daily_cap=20, horizon_days=30)
        action.action_start()
        self.assertEqual(action.sudo().line_ids.partner_id, self.customers - never)
        entered.sudo().crm_restricted = True
        action.write({"pricelist_id": self.offer.id, "plan_activities": True})
        action.action_run()
        line = self._line(action, entered)
        self.assertEqual((line.state, line.activity_id.id, line.pricelist_id.id), ("refused", False, False))
        self.assertIn("restricted", line.reason)
        self.assertFalse(entered.with_company(self.company).specific_property_product_pricelist)
        self.assertEqual(self._line(action, given).pricelist_id, self.offer)
        given.sudo().crm_restricted = True
        action.sudo().line_ids.entered_on = self.today - timedelta(days=31)
        action.action_stop()
        action._run(self.today)
        self.assertEqual(has.specific_property_product_pricelist, self.offer)
        self.assertEqual(self._pricelists(), self.offer)  # the others have lost it
        given.sudo().crm_restricted = False
        action._run(self.today)
        self.assertFalse(self._pricelists())

    def test_taken_back_when_the_days_are_over(self):
        action = self._start(horizon_days=30)
        changed = self.customers[0].with_company(self.company)
        changed.specific_property_product_pricelist = self.own
        action.action_stop()
        action.sudo().line_ids.entered_on = self.today - timedelta(days=30)
        action._run(self.today)
        self.assertEqual(self._pricelists(), self.offer | self.own)
        action.sudo().line_ids.entered_on = self.today - timedelta(days=31)
        action._run(self.today)
        self.assertEqual(self._pricelists(), self.own)
        self.assertFalse(action.sudo().line_ids.pricelist_id)

    def test_taken_back_long_after_the_start(self):
        """Which actions the night runs follows from their customers; archived ones let nobody enter."""
        action = self._start(horizon_days=60)
        action.write({"started_on": self.today - timedelta(days=400), "state": "done"})
        archived = self._create_action(name="Archived", repeat_days=1, plan_activities=False)
        archived.action_start()
        archived.active = False
        (action + archived).sudo().line_ids.entered_on = self.today - timedelta(days=99)
        self._insert_documents([self._invoice_row(self.customers[0].id, self.today - timedelta(days=80), 30)])
        with self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_actions").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self._pricelists())
        for ended in (action, archived):
            lines = ended.sudo().line_ids.sorted("state")
            self.assertEqual(lines.mapped("state"), ["bought"] + ["expired"] * 11, ended.name)
            self.assertEqual(lines.mapped("revenue"), [30] + [0] * 11, ended.name)

    def test_taken_back_with_the_action(self):
        """By a manager who may change neither customers nor activities of others."""
        action = self._create_action(pricelist_id=self.offer.id, daily_cap=20)
        action.action_start()
        own, done = self.customers[:2]
        own.with_company(self.company).specific_property_product_pricelist = self.own
        finished = self._line(action, done).activity_id
        finished.action_feedback(feedback="Talked")
        activities = action.sudo().line_ids.activity_id
        self.assertEqual((len(activities), self._pricelists()), (12, self.own | self.offer))
        action.unlink()
        self.assertEqual(self._pricelists(), self.own)
        self.assertEqual(activities.exists(), finished)

    def test_taken_back_from_who_leaves(self):
        action = self._create_action(pricelist_id=self.offer.id, daily_cap=20)
        action.action_start()
        left, merged, remaining = self.customers[:3]
        activities = [self._line(action, customer).activity_id for customer in (left, merged, remaining)]
        self.seller.sudo().group_ids |= self.env.ref("base.group_partner_manager")
        left.user_id = self.seller
        left.with_user(self.seller).rfm_opt_out = True
        self.assertFalse(left.with_company(self.company).specific_property_product_pricelist)
        self.assertFalse(activities[0].exists())
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((merged + remaining).ids, remaining)
        self.assertEqual([bool(activity.exists()) for activity in activities], [False, False, True])
        self.assertEqual(self._line(action, remaining).activity_id.res_id, remaining.id)
        self.assertEqual(remaining.with_company(self.company).specific_property_product_pricelist, self.offer)

    def test_taken_back_at_night_from_who_left_unnoticed(self):
        """As if somebody had objected in another transaction while the action let customers enter."""
        action = self._create_action(pricelist_id=self.offer.id, daily_cap=20)
        action.action_start()
        left, stays = self.customers[:2]
        activity = self._line(action, left).activity_id
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET rfm_opt_out = TRUE WHERE id = %s", [left.id])
        self.env.invalidate_all()
        self.env["res.partner"]._erase_rfm_left_over()
        self.assertFalse(activity.exists())
        self.assertEqual(
            [bool(self._line(action, customer)) for customer in (left, stays)], [False, True]
        )
        self.assertFalse(left.with_company(self.company).specific_property_product_pricelist)
        self.assertEqual(stays.with_company(self.company).specific_property_product_pricelist, self.offer)

    def test_taken_back_when_the_addon_is_removed(self):
        self._start()
        own = self.customers[0].with_company(self.company)
        own.specific_property_product_pricelist = self.own
        uninstall_hook(self.env(su=True))
        self.assertEqual(self._pricelists(), self.own)

    def test_nothing_is_left_of_a_deleted_customer(self):
        """Whose documents are gone can be deleted, whatever an action gave."""
        action = self._start()
        gone = self.customers[0]
        self.env.cr.execute("DELETE FROM account_move WHERE partner_id = %s", [gone.id])
        gone.unlink()
        self.assertFalse(gone.exists())
        self.assertEqual(action.sudo().line_ids.partner_id, self.customers - gone)

    def test_kept_while_the_next_entry_is_measured(self):
        action = self._create_action(pricelist_id=self.offer.id, daily_cap=20, repeat_days=30, horizon_days=60)
        action.action_start()
        action.sudo().line_ids.activity_id.action_feedback(feedback="Talked")
        first = action.sudo().line_ids
        action._run(self.today)
        first.entered_on = self.today - timedelta(days=30)
        action._run(self.today)
        second = action.sudo().line_ids - first
        self.assertEqual(len(second), 12)
        first.entered_on = self.today - timedelta(days=61)
        action._run(self.today)
        self.assertEqual(self._pricelists(), self.offer)
        action.action_stop()
        second.entered_on = self.today - timedelta(days=61)
        action._run(self.today)
        self.assertFalse(self._pricelists())

    def test_no_activities(self):
        action = self._start()
        self.assertEqual(set(action.sudo().line_ids.mapped("state")), {"waiting"})

    def test_price_list_of_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.offer.company_id = other
        with self.assertRaisesRegex(ValidationError, "Price List"):
            self._create_action(pricelist_id=self.offer.id)
