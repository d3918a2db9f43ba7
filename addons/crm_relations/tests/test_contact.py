from datetime import date, datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .contact_common import NOON, ContactCommon


@tagged("post_install", "-at_install")
class TestContactDecision(ContactCommon):
    def test_no_rule_allows(self):
        decision = self._ask(self.single)
        self.assertEqual((decision.effect, decision.reasons, decision.next_moment), ("allow", (), NOON))

    def test_unknown_channel_or_purpose_is_a_mistake_of_the_caller(self):
        for channel, purpose in (("pigeon", "sales"), ("phone", "fun")):
            with self.assertRaises(ValueError):
                self.single._crm_may_contact(channel, purpose)

    def test_no_contact_is_taken_from_the_company_unless_the_person_says_otherwise(self):
        self._rule("no_contact")
        self.company_partner.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked in writing"})
        decision = self._ask(self.person)
        self.assertEqual(decision.effect, "refuse")
        self.assertEqual(decision.reasons, ("Vinograd d.o.o. does not want to be contacted: Asked in writing",))
        self.assertIsNone(decision.next_moment)
        self.person.crm_no_contact = "free"
        self.assertEqual(self._effect(self.person), "allow")

    def test_no_contact_until_a_day(self):
        self._rule("no_contact")
        self.single.write(
            {"crm_no_contact": "all", "crm_no_contact_until": date(2026, 7, 10), "crm_no_contact_reason": "Holidays"}
        )
        decision = self._ask(self.single)
        self.assertEqual((decision.effect, decision.next_moment), ("refuse", datetime(2026, 7, 10, 22)))
        self.assertEqual(self._effect(self.single, at=decision.next_moment), "allow")

    def test_service_is_warned_about_and_untouched_by_marketing_rules(self):
        self._rule("no_contact", for_service=True)
        self._rule("cap", max_count=1)
        self.single.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked"})
        self.assertEqual(self._effect(self.single, "email", "service"), "warn")
        self.single.crm_no_contact = "marketing"
        self.env["crm.contact.touch"].create({"partner_id": self.single.id, "channel": "email", "purpose": "marketing"})
        self.assertEqual(self._effect(self.single, "email", "service", fields.Datetime.now()), "allow")
        self.assertEqual(self._effect(self.single, "email", "marketing"), "refuse")

    def test_reason_is_asked_for(self):
        with self.assertRaisesRegex(ValidationError, "why Ion Popescu is not to be contacted"):
            self.single.crm_no_contact = "all"

    def test_channels_person_then_company_then_rule(self):
        rule = self._rule("channel", "warn", default_channel_ids=[Command.set(self.channel["letter"].ids)])
        self.assertEqual(self._ask(self.person).reasons, ("Prefers Letter to Phone",))
        self.company_partner.crm_channel_ids = [
            Command.create({"channel_id": self.channel["email"].id, "sequence": 2}),
            Command.create({"channel_id": self.channel["sms"].id, "sequence": 1}),
        ]
        self.assertEqual(self._ask(self.person).reasons, ("Prefers SMS, E-mail to Phone",))
        self.assertEqual(self._effect(self.person, "email"), "allow")
        self.person.crm_channel_ids = [Command.create({"channel_id": self.channel["phone"].id})]
        self.assertEqual(self._effect(self.person), "allow")
        self.assertEqual(self._effect(self.person, "email"), "warn")
        rule.active = False
        self.assertEqual(self._effect(self.person, "email"), "allow")

    def test_hours_on_the_customers_clock(self):
        self._rule("hours", "warn")
        self.single.crm_window_ids = [Command.create({"days": "workdays", "hour_from": 9.5, "hour_to": 11})]
        decision = self._ask(self.single)
        self.assertEqual(
            decision.reasons,
            ("Wednesday 12:00 at the customer's is outside the hours of contact (Monday to Friday 9:30-11:00)",),
        )
        self.assertEqual(decision.next_moment, datetime(2026, 7, 2, 7, 30))
        self.single.tz = "America/New_York"
        self.assertEqual(self._ask(self.single).next_moment, datetime(2026, 7, 1, 13, 30))

    def test_quiet_hours_of_a_rule(self):
        self._rule("quiet", window_ids=[Command.create({"days": "all", "hour_from": 20, "hour_to": 8})])
        decision = self._ask(self.single, at=datetime(2026, 7, 1, 21))
        self.assertEqual((decision.effect, decision.next_moment), ("refuse", datetime(2026, 7, 2, 6)))
        self.assertEqual(
            decision.reasons, ("Wednesday 23:00 at the customer's is within the quiet hours (Every day 20:00-8:00)",)
        )

    def test_cap_counts_interactions_and_messages_of_its_channels_and_purposes(self):
        self._rule("cap", max_count=2, days=7, for_marketing=False)
        for days, values in (
            (1, {}),
            (2, {"direction": "in", "objective": "Asked us"}),
            (3, {"channel": "email"}),
            (8, {}),
            (4, {"kind": "promotion"}),
        ):
            moment = NOON - timedelta(days=days)
            self._create_interaction(self.single, **({"direction": "out", "date": moment} | values))
        decision = self._ask(self.single)
        self.assertEqual((decision.effect, decision.next_moment), ("refuse", NOON + timedelta(days=4)))
        self.assertEqual(decision.reasons, ("Rule cap: at most 2 contacts within 7 days",))
        self.assertEqual(self._effect(self.single, purpose="marketing"), "allow")

    def test_the_customers_own_limit(self):
        self._rule("wish")
        self.single.write({"crm_contact_limit": 1, "crm_contact_days": 14})
        self.assertEqual(self._effect(self.single), "allow")
        touch = {"partner_id": self.single.id, "channel": "email", "purpose": "marketing"}
        self.env["crm.contact.touch"].create(touch | {"date": NOON - timedelta(days=13)})
        decision = self._ask(self.single)
        self.assertEqual(decision.reasons, ("Wants at most 1 contacts within 14 days",))
        self.assertEqual(decision.next_moment, NOON + timedelta(days=1))
        self.assertEqual(self._effect(self.person), "allow")

    def test_exclusion_lists(self):
        self._rule("excluded")
        self.env["mail.blacklist"]._add("ion@example.com")
        self.env["phone.blacklist"].add("+40215550100")
        self.assertEqual(self._ask(self.single, "email").reasons, ("The e-mail address is on the exclusion list",))
        self.assertEqual(self._ask(self.single).reasons, ("The telephone number is on the exclusion list",))
        self.assertEqual(self._effect(self.single, "visit"), "allow")

    def test_rules_of_a_group_and_of_a_company(self):
        group = self.env["crm.customer.group"].create({"name": "Key accounts", "kind": "static"})
        self.env["crm.customer.group.member"].create({"group_id": group.id, "partner_id": self.company_partner.id})
        rule = self._rule("always", group_id=group.id, message="Only through the key account manager")
        self.assertEqual(self._ask(self.person).reasons, ("Only through the key account manager",))
        self.assertEqual(self._effect(self.single), "allow")
        rule.company_id = self.env["res.company"].create({"name": "Other company"})
        self.assertEqual(self._effect(self.person), "allow")

    def test_the_strictest_rule_leads_and_all_reasons_are_told(self):
        self._rule("channel", "warn", default_channel_ids=[Command.set(self.channel["email"].ids)])
        self._rule("no_contact")
        self.single.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked"})
        decision = self._ask(self.single)
        self.assertEqual(decision.effect, "refuse")
        self.assertEqual(
            decision.reasons, ("Ion Popescu does not want to be contacted: Asked", "Prefers E-mail to Phone")
        )

    def test_a_day_is_judged_by_its_best_time(self):
        self._rule("hours")
        self.single.crm_window_ids = [Command.create({"days": "workdays", "hour_from": 9, "hour_to": 10})]
        self.assertEqual(self._effect(self.single, at=date(2026, 7, 1)), "allow")
        self._rule("quiet", window_ids=[Command.create({"days": "all", "hour_from": 20, "hour_to": 8})])
        decision = self._ask(self.single, at=date(2026, 7, 4))
        self.assertEqual(len(decision.reasons), 1)
        self.assertEqual((decision.effect, decision.next_moment), ("refuse", datetime(2026, 7, 6, 7)))

    def test_bad_rules_and_hours(self):
        for values, words in (
            ({"condition": "quiet"}, "which hours are quiet"),
            ({"condition": "always"}, "choose a group"),
            ({"condition": "channel", "for_sales": False, "for_marketing": False}, "for which purposes"),
        ):
            with self.assertRaisesRegex(ValidationError, words):
                self._rule(values.pop("condition"), **values)
        for start, end in ((-1, 5), (9, 25), (9, 9)):
            with self.assertRaises(ValidationError):
                self.single.crm_window_ids = [Command.create({"hour_from": start, "hour_to": end})]

    def test_as_many_queries_for_a_thousand_as_for_ten(self):
        for condition in ("no_contact", "channel", "hours", "wish", "cap", "excluded"):
            self._rule(condition, "warn")
        group = self.env["crm.customer.group"].create({"name": "Key accounts", "kind": "static"})
        self._rule("always", "warn", group_id=group.id)
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(1000)])
        counts = []
        for number in (10, 10, 1000):  # the first warms up
            some = partners[:number].with_user(self.agent)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(len(some._crm_may_contact("phone", "sales", NOON)), number)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2], counts)
