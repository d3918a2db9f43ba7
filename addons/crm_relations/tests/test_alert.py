from datetime import date, datetime, timedelta

import psycopg2
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..tools.alert import AlertCondition, birthday_near
from .test_need import NeedCommon

CRON = "crm_relations.ir_cron_alert_evaluate"


class AlertCommon(NeedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.alert.rule"].search([]).active = False
        cls.single.user_id = cls.agent

    @classmethod
    def _rule(cls, **values):
        return (
            cls.env["crm.alert.rule"]
            .with_user(cls.manager)
            .create({"name": "Look here", "condition": "domain", "domain": "[('city', '=', 'Ptuj')]", **values})
            .sudo(False)
        )

    def _alerts(self, rule, *states):
        self.env.invalidate_all()
        domain = [("rule_id", "=", rule.id), ("state", "in", states or ("open", "dismissed", "closed"))]
        return self.env["crm.alert"].search(domain, order="id")

    def _activities(self, partner):
        self.env.invalidate_all()
        return self.env["mail.activity"].search([("res_model", "=", "res.partner"), ("res_id", "=", partner.id)])

    def _run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(CRON).method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestAlertConditions(AlertCommon):
    def test_quiet_customer(self):
        rule = self._rule(condition="quiet", days=30, domain="[]")
        never = self._create_partner("Never asked")
        contact = self._create_interaction(self.person, days_ago=31)
        self._create_interaction(self.single, days_ago=29)
        self._run_cron()
        alert = self._alerts(rule)
        self.assertEqual(alert.partner_id, self.company_partner)
        self.assertEqual(alert.display_name, f"Look here · {contact.date.date()}")
        self.assertFalse(never.with_user(self.agent).crm_alert_ids)
        self._create_interaction(self.company_partner, days_ago=0)
        self._run_cron()
        self.assertEqual(self._alerts(rule).state, "closed")
        self.assertTrue(self._alerts(rule).date_closed)
        with freeze_time(fields.Datetime.now() + timedelta(days=40)):
            self._run_cron()
        self.assertEqual(len(self._alerts(rule, "open")), 2, "the next silence is the next case")
        self.assertEqual(len(self._alerts(rule, "closed")), 1)

    def test_planned_contacts_do_not_end_a_silence(self):
        rule = self._rule(condition="quiet", days=30, domain="[]")
        self._create_interaction(self.single, days_ago=31)
        self._create_interaction(self.single, days_ago=-5)
        self._run_cron()
        self.assertEqual(self._alerts(rule).partner_id, self.single)

    def test_promise_not_kept(self):
        rule = self._rule(condition="promise", days=2, domain="[]")
        today = fields.Date.today()
        late = self._create_interaction(
            self.person,
            days_ago=9,
            next_step="Send the prices",
            next_step_date=today - timedelta(days=3),
            user=self.seller,
        )
        self._create_interaction(
            self.single, days_ago=9, next_step="Call", next_step_date=today - timedelta(days=2), user=self.seller
        )
        self._run_cron()
        alert = self._alerts(rule)
        self.assertEqual((alert.partner_id, alert.user_id), (self.company_partner, self.seller))
        self.assertIn("Send the prices", alert.display_name)
        late.next_activity_id.action_feedback()
        self._run_cron()
        self.assertEqual(self._alerts(rule).state, "closed")

    def test_need_to_review(self):
        rule = self._rule(condition="review", days=0, domain="[]")
        today = fields.Date.today()
        values = {"confirmed_on": today - timedelta(days=60), "date": datetime.now() - timedelta(days=60)}
        need = self._create_need(self.person, review_by=today - timedelta(days=1), **values)
        self._create_need(self.single, review_by=today, **values)
        self._run_cron()
        alert = self._alerts(rule)
        self.assertEqual((alert.partner_id, alert.user_id), (self.person, self.agent))
        need.action_confirm()
        self._run_cron()
        self.assertEqual(self._alerts(rule).state, "closed")

    def test_birthday(self):
        rules = self.env["crm.alert.rule"]
        if not rules._has_birth_dates():
            self.skipTest("no birth dates in this database")
        rule = self._rule(condition="birthday", days=7, domain="[]")
        today = date(2028, 2, 25)
        births = [date(1980, 2, 29), date(1990, 3, 3), date(1990, 3, 4), date(1970, 2, 22), date(1970, 2, 21), today]
        with freeze_time(today):
            partners = self.env["res.partner"].create(
                [{"name": f"Born {birth}", "birthdate_date": birth} for birth in births]
            )
            self._run_cron()
        found = {alert.partner_id: alert.detail for alert in self._alerts(rule)}
        expected = {
            partner: str(near)
            for partner, birth in zip(partners, births, strict=True)
            if (near := birthday_near(birth, today, 7))
        }
        self.assertEqual({p: d for p, d in found.items() if p in partners}, expected)
        self.assertEqual(len(expected), 3)

    def test_condition_of_another_addon(self):
        model = type(self.env["crm.alert.rule"])
        original = model._conditions
        self.patch(model, "_conditions", lambda s: original(s) | {"named": AlertCondition("Name", "_cases_named")})
        cases = SQL("SELECT id AS partner_id, 'x' AS case_key, name AS detail, NULL::int AS user_id FROM res_partner")
        model._cases_named = lambda s: cases
        self.addCleanup(delattr, model, "_cases_named")
        rule = self._rule(condition="named", domain=f"[('id', 'in', {(self.single | self.person).ids})]")
        self._run_cron()
        self.assertEqual(set(self._alerts(rule).mapped("detail")), {self.single.name, self.person.name})

    def test_group_and_condition_narrow_a_rule(self):
        group = self.env["crm.customer.group"].create(
            {"name": "Fair", "member_ids": [(0, 0, {"partner_id": self.company_partner.id})]}
        )
        rule = self._rule(group_id=group.id, domain="[]")
        quiet = self._rule(condition="quiet", days=5, domain="[]", group_id=group.id)
        self._create_interaction(self.company_partner, days_ago=9)
        self._create_interaction(self.single, days_ago=9)
        self._run_cron()
        self.assertEqual(self._alerts(rule).partner_id, self.company_partner, "not each contact person")
        self.assertEqual(self._alerts(quiet).partner_id, self.company_partner)


@tagged("post_install", "-at_install")
class TestAlert(AlertCommon):
    def test_once_per_case_and_again_when_it_comes_back(self):
        rule = self._rule(note="Call & ask", deadline_days=3)
        self.single.city = "Ptuj"
        for _turn in range(3):
            self._run_cron()
        alert = self._alerts(rule)
        activity = self._activities(self.single)
        self.assertEqual((alert.activity_id, alert.fire_count, alert.state), (activity, 1, "open"))
        self.assertEqual((activity.user_id, activity.summary), (self.agent, "Look here"))
        self.assertEqual(activity.date_deadline, fields.Date.today() + timedelta(days=3))
        self.assertIn("Call &amp; ask", activity.note)
        self.assertEqual(self.single.with_user(self.colleague).crm_alert_ids, alert)
        (card,) = self.single.with_user(self.colleague).crm_360()
        self.assertEqual(
            card["alerts"], [{"text": "Look here", "tone": "warning", "method": "action_crm_alerts"}]
        )
        self.single.city = "Maribor"
        self._run_cron()
        self.assertEqual(self._alerts(rule).state, "closed")
        self.assertFalse(self._activities(self.single), "what nobody has to do any more")
        self.single.city = "Ptuj"
        self._run_cron()
        self._run_cron()
        self.assertEqual(self._alerts(rule).mapped("case_key"), ["episode 1", "episode 2"])
        self.assertEqual(len(self._activities(self.single)), 1)

    def test_done_activity_is_not_made_again(self):
        rule = self._rule()
        self.single.city = "Ptuj"
        self._run_cron()
        self._activities(self.single).action_feedback()
        self._run_cron()
        self.assertFalse(self._activities(self.single))
        self.assertEqual(self._alerts(rule).state, "open", "it still holds")

    def test_reminder_after_days_also_when_the_job_slept(self):
        rule = self._rule(repeat_days=7)
        self.single.city = "Ptuj"
        start = datetime(2026, 3, 2, 8)
        counts = []
        for day in (0, 6, 7, 9, 16, 17):  # asleep on the 14th and 15th
            with freeze_time(start + timedelta(days=day)):
                self._run_cron()
            counts.append(self._alerts(rule).fire_count)
        self.assertEqual(counts, [1, 1, 2, 2, 3, 3])
        self.assertEqual(len(self._activities(self.single)), 1, "a reminder replaces the one before")

    def test_dismiss(self):
        rule = self._rule()
        self.single.city = "Ptuj"
        self._run_cron()
        alert = self._alerts(rule)
        for user in (self.colleague, self.auditor):
            with self.assertRaises(AccessError):
                alert.with_user(user).action_dismiss()
        self.assertEqual(alert.state, "open")
        alert.with_user(self.agent).action_dismiss()
        self.assertEqual((alert.state, alert.dismissed_uid), ("dismissed", self.agent))
        self.assertFalse(self._activities(self.single))
        self._run_cron()
        self.assertFalse(self._alerts(rule, "open"))
        self.single.city = "Maribor"
        self._run_cron()
        self.single.city = "Ptuj"
        self._run_cron()
        self.assertEqual(len(self._alerts(rule, "open")), 1, "a new case is reported")

    def test_who_gets_the_activity(self):
        (self.single | self.company_partner).city = "Ptuj"
        self._rule(name="To one", assign_to="user", user_id=self.seller.id)
        self._rule(name="Fallback", user_id=self.supervisor.id)
        self._rule(name="Owner")
        self._run_cron()
        summary = {a.summary: a.user_id for a in self._activities(self.single)}
        self.assertEqual(summary, {"To one": self.seller, "Fallback": self.agent, "Owner": self.agent})
        summary = {a.summary: a.user_id for a in self._activities(self.company_partner)}
        self.assertEqual(summary, {"To one": self.seller, "Fallback": self.supervisor, "Owner": self.manager})
        self.single.user_id = self.clerk
        self.agent.active = False
        rule = self._rule(name="Later")
        self.single.user_id = self.agent
        self._run_cron()
        self.assertEqual(self._alerts(rule).filtered(lambda a: a.partner_id == self.single).user_id, self.manager)

    def test_our_own_people_and_company_are_no_customers(self):
        partners = self.agent.partner_id | self.env.company.partner_id | self.single
        rule = self._rule(domain=f"[('id', 'in', {partners.ids})]")
        self._run_cron()
        self.assertEqual(self._alerts(rule).partner_id, self.single)

    def test_other_companies(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self._create_partner("Hidden", city="Ptuj", company_id=elsewhere.id)
        rule = self._rule()
        self._run_cron()
        self.assertFalse(self._alerts(rule), "the owner may not read that customer")
        self.manager.company_ids |= elsewhere
        self._run_cron()
        alert = self._alerts(rule)
        self.assertEqual((alert.partner_id, alert.user_id), (hidden, self.manager))
        self.assertFalse(self.env["crm.alert"].with_user(self.agent).search([("rule_id", "=", rule.id)]))

    def test_rights(self):
        rule = self._rule()
        self.single.city = "Ptuj"
        self._run_cron()
        alert = self._alerts(rule)
        for user in (self.agent, self.supervisor, self.auditor):
            self.assertEqual(alert.with_user(user).display_name, "Look here")
            with self.assertRaises(AccessError):
                alert.with_user(user).write({"state": "closed"})
            with self.assertRaises(AccessError):
                rule.with_user(user).write({"name": "x"})
            with self.assertRaises(AccessError):
                rule.with_user(user).action_evaluate()
            with self.assertRaises(AccessError):
                self.env["crm.alert.rule"].with_user(user).create({"name": "x"})
        with self.assertRaises(AccessError):
            self.single.with_user(self.clerk).read(["crm_alert_ids"])
        self.assertEqual((alert.state, rule.name), ("open", "Look here"))

    def test_bad_rules_are_refused_in_one_sentence(self):
        cases = {
            "which customers": {"domain": "[]"},
            "choose the user": {"assign_to": "user"},
            "cannot be understood": {"domain": "[('nothing', '=', 1)]"},
        }
        for sentence, values in cases.items():
            with self.subTest(sentence), self.assertRaisesRegex(ValidationError, sentence), self.cr.savepoint():
                self._rule(**values)
        for values in ({"days": -1}, {"repeat_days": 10**6}):
            with self.subTest(values), mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
                self._rule(**values)
        self.assertFalse(self.env["crm.alert.rule"].search([("name", "=", "Look here")]))

    def test_one_broken_rule_does_not_stop_the_others(self):
        broken, good = self._rule(sequence=1), self._rule(sequence=2)
        self.single.city = "Ptuj"
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_alert_rule SET domain = '[(' WHERE id = %s", [broken.id])
        self._run_cron()
        self.assertIn("cannot be understood", broken.evaluation_error)
        self.assertEqual(len(self._alerts(good)), 1)
        self.assertFalse(self._alerts(broken))

    def test_evaluate_now(self):
        rule = self._rule()
        self.single.city = "Ptuj"
        action = rule.with_user(self.manager).action_evaluate()
        self.assertEqual(self.env["crm.alert"].search(action["domain"]), self._alerts(rule))
        self.assertEqual(rule.alert_count, 1)

    def test_merging_loses_no_alert(self):
        twin = self._create_partner("Ion Popesku", city="Ptuj")
        self.single.city = "Ptuj"
        rule = self._rule()
        self._run_cron()
        before = self._alerts(rule)
        self.assertEqual(len(before), 2)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.single | twin).ids, twin)
        self.assertEqual(self._alerts(rule), before)
        self.assertEqual(self._alerts(rule).partner_id, twin)
        self._run_cron()
        self.assertEqual(len(self._alerts(rule, "open")), 1)
        self.assertEqual(len(self._activities(twin)), 1)

    # === COST === #

    def test_cost_does_not_grow_with_the_customers(self):
        """Equal for 10 and 1,000: an evaluation that finds nothing new, one that closes all, and reading the chips."""
        costs = []
        for number in (3, 10, 1000):
            city = f"Town {number}"
            partners = self.env["res.partner"].create([{"name": f"C {i}", "city": city} for i in range(number)])
            rule = self._rule(domain=f"[('city', '=', '{city}')]", user_id=self.agent.id)
            rule.action_evaluate()
            self.assertEqual(rule.alert_count, number)
            costs.append((self._cost(lambda r=rule: r._evaluate()), self._chips(partners)))
        self.assertEqual(costs[1], costs[2])

    def test_delivery_costs_the_same_for_ten_and_a_hundred(self):
        """A transaction delivers at most a hundred: as many rows as Odoo writes with one INSERT."""
        costs = []
        for number in (3, 10, 100):
            city = f"Town {number}"
            self.env["res.partner"].create([{"name": f"C {i}", "city": city} for i in range(number)])
            rule = self._rule(domain=f"[('city', '=', '{city}')]", user_id=self.agent.id)
            costs.append(self._cost(lambda r=rule: r._evaluate()))
            self.assertEqual(rule.alert_count, number)
        self.assertEqual(costs[1], costs[2])

    def test_more_than_a_batch(self):
        self.env["res.partner"].create([{"name": f"C {i}", "city": "Ptuj"} for i in range(250)])
        rule = self._rule(user_id=self.agent.id)
        self._run_cron()
        self.assertEqual(len(self._alerts(rule, "open").activity_id), 250)

    def test_a_rule_that_fails_says_so_and_does_not_stop_the_others(self):
        self.single.city = "Ptuj"
        bad, good = self._rule(sequence=1, condition="review"), self._rule(sequence=2)
        self.patch(type(bad), "_cases_review", lambda rule: 1 / 0)
        with mute_logger("odoo.addons.crm_relations.models.crm_alert_rule"):
            self._run_cron()
        self.assertEqual(self._alerts(good, "open").partner_id, self.single)
        self.assertEqual((bad.evaluation_error, good.evaluation_error), ("ZeroDivisionError: division by zero", False))

    def _cost(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def _chips(self, partners):
        self.env.flush_all()
        self.env.invalidate_all()
        partners.mapped("commercial_partner_id.id")
        before = self.cr.sql_log_count
        partners.with_user(self.agent).mapped("crm_alert_count")
        return self.cr.sql_log_count - before
