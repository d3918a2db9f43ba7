from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

import psycopg2

from odoo import api, fields
from odoo.addons.crm_rfm.tests.common import RfmCommon
from odoo.addons.crm_rfm.tools import uplift
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, Form, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger


class ActionCommon(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.customers = cls.env["res.partner"].create(
            [
                {"name": f"Customer {number:02}", "is_company": True, "user_id": number % 2 and cls.seller.id}
                for number in range(12)
            ]
        )
        # everybody buys once on the same day, so all have R=5; only the amounts differ
        cls.bought = cls.today - timedelta(days=100)
        cls._insert_documents(
            [cls._invoice_row(partner.id, cls.bought, 100 * (1 + index)) for index, partner in enumerate(cls.customers)]
        )
        cls.rfm.with_user(cls.manager).action_compute()
        cls.segments = cls.env["crm.rfm.score"].search([("model_id", "=", cls.rfm.id)]).segment_id

    @classmethod
    def _create_action(cls, **values):
        return (
            cls.env["crm.rfm.action"]
            .with_user(cls.manager)
            .create(
                {
                    "name": "Win back",
                    "model_id": cls.rfm.id,
                    "to_segment_ids": cls.segments.ids,
                    "user_id": cls.manager.id,
                    "control_percent": 0,
                    "daily_cap": 3,
                    **values,
                }
            )
        )

    def _line(self, action, partner):
        return action.sudo().line_ids.filtered(lambda line: line.partner_id == partner)


@tagged("post_install", "-at_install")
class TestAction(ActionCommon):
    def test_all_matching_customers_enter_once(self):
        action = self._create_action()
        self.assertEqual(action.matching_count, 12)
        action.action_start()
        action.action_run()
        self.assertEqual(action.sudo().line_ids.partner_id, self.customers)
        self.assertEqual(len(action.sudo().line_ids), 12)

    def test_most_valuable_first_so_many_per_user_and_day(self):
        action = self._create_action()
        action.action_start()
        planned = action.sudo().line_ids.filtered(lambda line: line.state == "planned")
        self.assertEqual(
            [(line.partner_id.name, line.user_id) for line in planned.sorted("rank_value", reverse=True)],
            [(f"Customer {number:02}", self.seller if number % 2 else self.manager) for number in range(11, 5, -1)],
        )
        activity = planned.sorted("rank_value")[-1].activity_id
        self.assertEqual(activity.date_deadline, self.today + timedelta(days=3))
        self.assertEqual((activity.summary, activity.res_id), ("Win back", self.customers[11].id))
        action.action_run()
        self.assertEqual(len(action.sudo().line_ids.filtered(lambda line: line.state == "planned")), 6)
        action.sudo()._run(self.today + timedelta(days=1))
        self.assertEqual(len(action.sudo().line_ids.filtered(lambda line: line.state == "planned")), 12)
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "in", self.customers.ids)]
        )
        self.assertEqual(len(activities), 12)

    def test_the_limit_counts_what_all_actions_give_a_user(self):
        first, second = self._create_action(daily_cap=2), self._create_action(daily_cap=3)
        first.action_start()
        second.action_start()
        planned = (first + second).sudo().line_ids.filtered(lambda line: line.state == "planned")
        self.assertEqual(
            {(line.action_id, line.user_id): 0 for line in planned}.keys(),
            {(action, user) for action in (first, second) for user in (self.seller, self.manager)},
        )
        for user in (self.seller, self.manager):
            own = planned.filtered(lambda line, user=user: line.user_id == user)
            self.assertEqual(own.mapped("action_id.id"), [first.id, second.id], user.login)
            self.assertEqual(len(own), 3, user.login)

    def test_purchase_closes_the_activity_within_minutes(self):
        """By the worker that refreshes the scores; others of the action are left for the night."""
        action = self._create_action()
        action.action_start()
        line, other = self._line(action, self.customers[11]), self._line(action, self.customers[10])
        self._insert_documents([self._invoice_row(self.customers[11].id, self.today, 70)])
        with self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_refresh").sudo().method_direct_trigger()
        self.assertEqual((line.state, line.bought_on, line.revenue), ("bought", self.today, 70))
        self.assertFalse(line.activity_id.active)
        self.assertEqual((other.state, other.activity_id.active), ("planned", True))

    def test_campaign(self):
        action = self._create_action()
        opened = action.action_open_campaign()
        self.assertEqual(action.action_open_campaign()["res_id"], opened["res_id"])
        self.assertEqual((action.campaign_id.title, action.campaign_id.user_id), ("Win back", self.manager))
        with self.assertRaises(AccessError):
            self._create_action(name="Other").with_user(self.reader).action_open_campaign()
        self.assertFalse(action.copy().campaign_id)

    def test_start_from_a_movement(self):
        """One click from the number of the matrix, or from a segment of the overview."""
        before, after = self.env.ref("crm_rfm.segment_loyal"), self.env.ref("crm_rfm.segment_at_risk")
        Migration = self.env["crm.rfm.migration"].with_user(self.manager)
        for move, values in {
            (self.rfm.id, before.id, after.id): {
                "trigger": "transition", "from_segment_ids": before.ids, "to_segment_ids": after.ids,
            },
            (self.rfm.id, after.id, after.id): {
                "trigger": "segment", "from_segment_ids": [], "to_segment_ids": after.ids,
            },
        }.items():  # fmt: skip
            opened = Migration.with_context(rfm_move=list(move)).action_new_action()
            form = Form(self.env[opened["res_model"]].with_user(self.manager).with_context(**opened["context"]))
            action = form.save()
            self.assertEqual(action.model_id, self.rfm)
            for name, value in values.items():
                found = action[name]
                self.assertEqual(found if isinstance(found, str) else found.ids, value, name)

    def test_opens_who_matches_now(self):
        action = self._create_action()
        opened = action.action_open_matching()
        scores = self.env["crm.rfm.score"].with_user(self.manager).search(opened["domain"])
        self.assertEqual(set(scores.partner_id.ids), set(self.customers.ids))
        self.assertNotIn("id", [leaf[0] for leaf in opened["domain"] if not isinstance(leaf, str)])

    def test_purchase_closes_the_activity(self):
        action = self._create_action()
        action.action_start()
        line = self._line(action, self.customers[11])
        activity = line.activity_id
        self._insert_documents([self._invoice_row(self.customers[11].id, self.today, 70)])
        action.action_run()
        self.assertEqual((line.state, line.bought_on, line.revenue), ("bought", self.today, 70))
        self.assertFalse(activity.active)
        self.assertEqual(activity.feedback, f"Bought on {self.today.strftime('%m/%d/%Y')}.")

    def test_contact_buys_for_the_company_and_credit_notes_count(self):
        action = self._create_action()
        action.action_start()
        self._insert_documents(
            [
                self._invoice_row(self.customers[0].id, self.today, 70),
                self._invoice_row(self.customers[0].id, self.today, -20, "out_refund"),
            ]
        )
        action.action_run()
        line = self._line(action, self.customers[0])
        self.assertEqual(line.revenue, 50)
        documents = line._get_document_ids()
        self.assertEqual((len(documents[0]), len(documents[1])), (2, 1))

    def test_activity_done_by_the_user(self):
        action = self._create_action()
        action.action_start()
        line = self._line(action, self.customers[11])
        line.activity_id.action_feedback(feedback="Talked")
        action.action_run()
        self.assertEqual(line.state, "done")

    def test_purchases_are_measured_for_some_days_only(self):
        action = self._create_action(horizon_days=10)
        action.sudo().write({"state": "running"})
        entered = self.today - timedelta(days=10)
        action.sudo()._enter(entered)
        self._insert_documents(
            [
                self._invoice_row(self.customers[0].id, entered - timedelta(days=1), 1),
                self._invoice_row(self.customers[0].id, entered, 10),
                self._invoice_row(self.customers[0].id, self.today, 100),
                self._invoice_row(self.customers[1].id, self.today + timedelta(days=1), 1000),
            ]
        )
        action.sudo()._settle(self.today)
        action.sudo()._settle(self.today + timedelta(days=1))
        self.assertEqual(self._line(action, self.customers[0]).revenue, 110)
        self.assertEqual(self._line(action, self.customers[1]).revenue, 0)
        self.assertEqual(self._line(action, self.customers[2]).state, "expired")

    def test_control_group_is_left_alone_and_measured(self):
        action = self._create_action(control_percent=50, daily_cap=100)
        action.action_start()
        lines = action.sudo().line_ids
        for line in lines:
            expected = "control" if uplift.in_control(action.salt, line.partner_id.id, 50) else "treated"
            self.assertEqual(line.arm, expected)
            self.assertEqual(bool(line.activity_id), expected == "treated")
        control = lines.filtered(lambda line: line.arm == "control")[:1] or lines[:1]
        self._insert_documents([self._invoice_row(control.partner_id.id, self.today, 30)])
        action.action_run()
        self.assertEqual((control.state, control.revenue), ("bought", 30))

    def test_sql_and_python_choose_the_same_groups(self):
        for percent in (0, 7, 20, 90):
            action = self._create_action(control_percent=percent, name=str(percent))
            action.sudo()._enter(self.today)
            for line in action.sudo().line_ids:
                self.assertEqual(line.arm == "control", uplift.in_control(action.salt, line.partner_id.id, percent))

    def test_control_group_cannot_change_afterwards(self):
        action = self._create_action(control_percent=50)
        action.action_start()
        with self.assertRaisesRegex(UserError, "the control group cannot change"):
            action.control_percent = 10

    def test_effect(self):
        """Two of 40 treated and none of 30: the sentences give the numbers of the pure functions."""
        action = self._create_action(control_percent=20)
        groups = {"treated": (40, 20, 50.0, 60.0), "control": (30, 3, 10.0, 30.0)}
        share = uplift.share_difference((20, 40), (3, 30))
        self.assertEqual(
            action._describe_effect(groups).splitlines()[0],
            "Bought: 50.0% of 40 treated against 10.0% of 30 in the control group: +40.0 points"
            f" (95% interval {100 * share.low:+.1f} to {100 * share.high:+.1f}).",
        )
        self.assertIn("sells more than doing nothing", action._describe_effect(groups))
        groups["treated"] = (40, 3, 10.0, 30.0)
        self.assertIn("may be chance", action._describe_effect(groups))
        groups["treated"] = (29, 3, 10.0, 30.0)
        self.assertIn("from 30 customers in each", action._describe_effect(groups))

    def test_groups_are_summed_from_the_lines(self):
        action = self._create_action()
        action.action_start()
        self._insert_documents(
            [
                self._invoice_row(partner.id, self.today, amount)
                for partner, amount in zip(self.customers[:3], (60, 36, 24), strict=True)
            ]
        )
        action.action_run()
        number, buyers, mean, deviation = action._get_groups()["treated"]
        self.assertEqual((number, buyers, mean), (12, 3, 10))
        self.assertAlmostEqual(deviation, (sum((x - 10) ** 2 for x in (60, 36, 24, *[0] * 9)) / 11) ** 0.5)

    def test_transition(self):
        """Only those who were in the other segment in the last snapshot enter."""
        before = self.today - timedelta(days=95)
        self._insert_documents([self._invoice_row(self.customers[0].id, self.today, 1000)])
        self.rfm.with_user(self.manager).action_take_snapshot(before)
        self.rfm.with_user(self.manager).action_compute()
        line = self.rfm.snapshot_ids.line_ids.filtered(lambda line: line.partner_id == self.customers[0])
        now = self._score(self.customers[0]).segment_id
        self.assertNotEqual(line.segment_id, now)
        action = self._create_action(
            trigger="transition", from_segment_ids=line.segment_id.ids, to_segment_ids=now.ids
        )
        self.assertEqual(action.matching_count, 1)
        action.action_start()
        entered = action.sudo().line_ids
        self.assertEqual((entered.partner_id, entered.from_segment_id), (self.customers[0], line.segment_id))

    def test_again_after_some_days(self):
        action = self._create_action(repeat_days=30)
        action.action_start()
        action.sudo()._enter(self.today + timedelta(days=29))
        self.assertEqual(len(action.sudo().line_ids), 12)
        self._line(action, self.customers[11]).activity_id.action_feedback(feedback="Talked")
        action.sudo()._settle(self.today + timedelta(days=29))
        action.sudo()._enter(self.today + timedelta(days=30))
        again = action.sudo().line_ids.filtered(lambda line: line.wave == 2)
        self.assertEqual((len(action.sudo().line_ids), again.partner_id), (13, self.customers[11]))

    def test_rules_of_contact(self):
        """Whoever may not be contacted gets no activity, and stays in the measured group."""
        refused = self.customers[11]
        asked = []

        def ask(partners, channel, purpose, at=None):
            asked.append((channel, purpose, at))
            return {
                partner.id: SimpleNamespace(
                    effect="refuse" if partner == refused else "warn", reasons=["No consent to calls."]
                )
                for partner in partners
            }

        with patch.object(type(self.env["res.partner"]), "_crm_may_contact", ask, create=True):
            action = self._create_action()
            action.action_start()
        line = self._line(action, refused)
        self.assertEqual((line.state, line.reason, line.arm), ("refused", "No consent to calls.", "treated"))
        self.assertFalse(line.activity_id)
        self.assertEqual(asked, [("phone", "sales", self.today)])

    def test_opted_out_customers_do_not_enter_and_leave(self):
        action = self._create_action()
        action.action_start()
        self.customers[0].with_user(self.env.ref("base.user_admin")).rfm_opt_out = True
        self.assertFalse(self._line(action, self.customers[0]))

    def test_merge(self):
        action = self._create_action()
        action.action_start()
        source, target = self.customers[:2]
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((source + target).ids, target)
        self.assertEqual(len(action.sudo().line_ids), 11)
        new = self._create_customer("New")
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.customers[2] + new).ids, new)
        self.assertTrue(self._line(action, new))

    def test_bad_input(self):
        with self.assertRaisesRegex(ValidationError, "From Segments"):
            self._create_action(trigger="transition")
        for values in ({"control_percent": 91}, {"daily_cap": 0}):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self._create_action(**values)
        unscored = self._create_model(name="Unscored")
        action = self._create_action(model_id=unscored.id)
        with self.assertRaisesRegex(UserError, "has no scores yet"):
            action.action_start()
        self.assertEqual(action.state, "draft")

    def test_who_may_do_what(self):
        action = self._create_action()
        action.action_start()
        lines = self.env["crm.rfm.action.line"]
        domain = [("action_id", "=", action.id)]
        self.assertEqual(lines.with_user(self.seller).search_count(domain), 12)
        self.customers[0].user_id = self.reader
        self.assertEqual(lines.with_user(self.seller).search_count(domain), 11)
        self.assertEqual(lines.with_user(self.auditor).search_count(domain), 12)
        for user in (self.seller, self.reader, self.auditor):
            with self.subTest(user=user.login):
                action.with_user(user).read()
                for method in ("action_start", "action_run", "action_stop"):
                    with self.assertRaises(AccessError):
                        getattr(action.with_user(user), method)()
        with self.assertRaises(AccessError):
            action.line_ids[0].with_user(self.manager).write({"revenue": 10**6})
        portal = new_test_user(self.env, "rfm_portal", groups="base.group_portal")
        for user in (self.nobody, portal):
            with self.assertRaises(AccessError):
                self.env["crm.rfm.action"].with_user(user).search([])

    def test_stopped_action_is_measured_to_the_end(self):
        action = self._create_action()
        action.action_start()
        action.action_stop()
        self._insert_documents([self._invoice_row(self.customers[0].id, self.today, 30)])
        with self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_actions").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._line(action, self.customers[0]).revenue, 30)

    def test_start_from_a_segment(self):
        segment = self.segments[:1]
        context = segment.with_user(self.manager).action_new_action()["context"]
        action = self.env["crm.rfm.action"].with_user(self.manager).with_context(**context).new({})
        self.assertEqual(action.to_segment_ids.ids, segment.ids)


@tagged("post_install", "-at_install", "crm_rfm_concurrency")
class TestActionConcurrency(BaseCase):
    """One action run in two real transactions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            company = env.ref("base.main_company")
            partner = env["res.partner"].create({"name": "Entered twice?", "is_company": True})
            order = env["sale.order"].create({"partner_id": partner.id, "company_id": company.id})
            order.action_confirm()
            model = env["crm.rfm.model"].create(
                {"name": "Two runs", "company_id": company.id, "source": "order", "shown_on_partner": False}
            )
            env.flush_all()
            cr.execute(
                "UPDATE sale_order SET amount_untaxed = 5, date_order = date_order - interval '9 days' WHERE id = %s",
                [order.id],
            )
            env.invalidate_all()
            model.action_compute()
            action = env["crm.rfm.action"].create(
                {
                    "name": "Twice",
                    "model_id": model.id,
                    "control_percent": 0,
                    "to_segment_ids": env["crm.rfm.segment"].search([("kind", "=", "grid")]).ids,
                    "state": "running",
                    "daily_cap": 1000,
                }
            )
            cls.ids = {"partner": partner.id, "order": order.id, "model": model.id, "action": action.id}

    @classmethod
    def tearDownClass(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["crm.rfm.action"].search([("model_id", "=", cls.ids["model"])]).unlink()
            env["crm.rfm.model"].browse(cls.ids["model"]).unlink()
            order = env["sale.order"].browse(cls.ids["order"])
            order.with_context(disable_cancel_warning=True).action_cancel()
            order.unlink()
            env["mail.activity"].search(
                [("res_model", "=", "res.partner"), ("summary", "=", "Twice")]
            ).unlink()
            env["res.partner"].browse([cls.ids["partner"], cls.ids["customer"]]).unlink()
            cr.execute("DELETE FROM crm_rfm_dirty")
        super().tearDownClass()

    def _action(self, cr, key="action"):
        return api.Environment(cr, api.SUPERUSER_ID, {})["crm.rfm.action"].browse(self.ids[key])

    @mute_logger("odoo.sql_db")
    def test_two_actions_do_not_fill_the_day_of_a_user_twice(self):
        """Each for a customer of its own, so that nothing else keeps them apart."""
        today = fields.Date.today()
        values = {"wave": 9, "entered_on": today, "arm": "treated", "state": "waiting"}
        with self.registry.cursor() as first, self.registry.cursor() as second:
            action = self._action(second)
            other = action.copy()
            self.ids |= {"other": other.id, "customer": other.env["res.partner"].create({"name": "Of the other"}).id}
            lines = other.env["crm.rfm.action.line"].create(
                [
                    values | {"action_id": action.id, "partner_id": self.ids["partner"]},
                    values | {"action_id": other.id, "partner_id": self.ids["customer"]},
                ]
            )
            second.commit()
            self._action(second, "other").name  # noqa: B018 - takes the snapshot
            self._action(first)._plan(today)
            first.commit()
            with self.assertRaisesRegex(UserError, "Another action has just given work to the same user"):
                self._action(second, "other")._plan(today)
            second.rollback()
            self._action(second, "other")._plan(today)
            self.assertEqual(lines[1].place, lines[0].place + 1)
            second.rollback()
            lines.unlink()
            second.commit()

    @mute_logger("odoo.sql_db")
    def test_two_runs_make_one_entry_and_one_activity(self):
        today = fields.Date.today()
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._action(second).name  # noqa: B018 - takes the snapshot
            self._action(first)._run(today)
            with self.assertRaisesRegex(UserError, "is being run at this moment"):
                self._action(second)._run(today)
            second.rollback()
            first.commit()
            self._action(second)._run(today)
            second.commit()
            first.execute(
                "SELECT count(*), count(DISTINCT activity_id) FROM crm_rfm_action_line"
                " WHERE action_id = %s AND partner_id = %s",
                [self.ids["action"], self.ids["partner"]],
            )
            self.assertEqual(first.fetchone(), (1, 1))
            first.execute(
                "SELECT count(*) FROM mail_activity WHERE res_model = 'res.partner' AND res_id = %s",
                [self.ids["partner"]],
            )
            self.assertEqual(first.fetchone(), (1,))
