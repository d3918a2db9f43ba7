import doctest
from datetime import date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import contact_rules as rules
from ..tools.contact_rules import ALLOW, REFUSE, WARN, Customer, Rule, Window

ZONES = ("UTC", "Europe/Belgrade", "America/Havana", "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Apia")
STEP = timedelta(minutes=15)
# around both clock changes of the year in Belgrade, Havana and Lord Howe, and the days between
MOMENTS = st.builds(
    lambda day, steps: day + steps * STEP,
    st.sampled_from(
        [datetime(2026, 3, 6), datetime(2026, 3, 28), datetime(2026, 4, 3), datetime(2026, 10, 3)]
        + [datetime(2026, 10, 24), datetime(2026, 10, 31), datetime(2026, 7, 1)]
    ),
    st.integers(0, 300),
)
LINES = st.builds(
    lambda days, start, end: rules.expand(days, start, end),
    st.sampled_from(sorted(rules.DAY_GROUPS)),
    st.integers(0, 95).map(lambda step: step * 15),
    st.integers(0, 96).map(lambda step: step * 15),
)
CUSTOMERS = st.builds(
    Customer,
    zone=st.sampled_from(ZONES),
    channels=st.sampled_from([(), ("phone",), ("email", "phone"), ("email",)]),
    windows=st.one_of(st.just(()), LINES),
    no_contact=st.sampled_from([None, "free", "marketing", "all"]),
    until=st.one_of(st.none(), st.dates(date(2026, 3, 1), date(2026, 11, 5))),
    limit=st.integers(0, 2),
    days=st.integers(1, 3),
    excluded=st.sampled_from([False, False, False, True]),
    touches=st.dictionaries(st.integers(1, 4), st.lists(MOMENTS, max_size=4).map(tuple)),
)
RULES = st.lists(
    st.builds(
        Rule,
        id=st.integers(1, 4),
        condition=st.sampled_from(["no_contact", "channel", "hours", "quiet", "wish", "cap", "excluded"]),
        effect=st.sampled_from([WARN, REFUSE]),
        windows=LINES,
        limit=st.integers(1, 2),
        days=st.integers(1, 3),
    ),
    max_size=4,
)
PURPOSE = st.sampled_from(["service", "sales", "marketing"])
given_settings = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@tagged("post_install", "-at_install", "pure")
class TestContactTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(rules)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 5)

    @given_settings
    @given(RULES, CUSTOMERS, PURPOSE, MOMENTS)
    def test_the_next_moment_is_the_earliest_milder_one(self, rule_list, customer, purpose, at):
        decision = rules.decide(rule_list, customer, "phone", purpose, at)
        level = rules.SEVERITY[decision.effect]
        if not level:
            self.assertEqual(decision.next_moment, at)
            return

        def severity(moment):
            return rules.SEVERITY[rules.decide(rule_list, customer, "phone", purpose, moment).effect]

        if decision.next_moment:
            self.assertGreater(decision.next_moment, at)
            self.assertLess(severity(decision.next_moment), level)
        moment = at
        for _step in range(200):
            if decision.next_moment and moment >= decision.next_moment:
                break
            self.assertGreaterEqual(severity(moment), level, moment)
            moment += STEP

    @given_settings
    @given(RULES, CUSTOMERS, MOMENTS)
    def test_service_is_never_refused(self, rule_list, customer, at):
        self.assertNotEqual(rules.decide(rule_list, customer, "email", "service", at).effect, REFUSE)

    @given_settings
    @given(RULES, CUSTOMERS, PURPOSE, MOMENTS)
    def test_more_rules_never_make_it_milder(self, rule_list, customer, purpose, at):
        whole = rules.decide(rule_list, customer, "phone", purpose, at)
        for number in range(len(rule_list)):
            fewer = rules.decide(rule_list[:number], customer, "phone", purpose, at)
            self.assertLessEqual(rules.SEVERITY[fewer.effect], rules.SEVERITY[whole.effect])

    @given_settings
    @given(RULES, CUSTOMERS, PURPOSE, st.dates(date(2026, 3, 6), date(2026, 11, 2)))
    def test_a_day_is_as_mild_as_its_mildest_quarter_of_an_hour(self, rule_list, customer, purpose, day):
        decision = rules.decide_day(rule_list, customer, "phone", purpose, day)
        self.assertEqual(rules.wall_clock(decision.at, customer.zone).date(), day)
        moment = datetime.combine(day, time()) - timedelta(hours=14)
        for _step in range(0, 54 * 4):
            if rules.wall_clock(moment, customer.zone).date() == day:
                found = rules.decide(rule_list, customer, "phone", purpose, moment)
                self.assertLessEqual(rules.SEVERITY[decision.effect], rules.SEVERITY[found.effect])
            moment += STEP

    # === CLOCK CHANGES === #

    def test_the_day_before_a_clock_change_is_that_day(self):
        """4 October 2026, Sydney: 2:00 becomes 3:00, which is still the 3rd of October in UTC."""
        for day in (date(2026, 10, 2), date(2026, 10, 3), date(2026, 10, 4)):
            decision = rules.decide_day([], Customer(zone="Australia/Sydney"), "phone", "sales", day)
            self.assertEqual(decision.at, datetime.combine(day, time()) - timedelta(hours=10))

    def test_the_first_moment_comes_before_the_clock_change(self):
        """From Saturday noon on: Sunday 0:30 and not 3:00, when the clock goes forward."""
        decision = self._hours(datetime(2026, 3, 28, 11), "Europe/Belgrade", Window(6, 30, 240))
        self.assertEqual(decision.next_moment, datetime(2026, 3, 28, 23, 30))

    def _hours(self, at, zone, *windows):
        rule = Rule(1, "hours", REFUSE)
        return rules.decide([rule], Customer(zone=zone, windows=windows), "phone", "sales", at)

    def test_an_hour_that_is_skipped_begins_with_the_clock_change(self):
        """29 March 2026, Belgrade: 2:00 becomes 3:00. From 2:30 to 4:00 means from 3:00 (1:00 UTC) on."""
        decision = self._hours(datetime(2026, 3, 29, 0, 45), "Europe/Belgrade", Window(6, 150, 240))
        self.assertEqual((decision.effect, decision.next_moment), (REFUSE, datetime(2026, 3, 29, 1)))

    def test_an_hour_that_is_swallowed_comes_a_week_later(self):
        decision = self._hours(datetime(2026, 3, 29, 0, 45), "Europe/Belgrade", Window(6, 120, 180))
        self.assertEqual(decision.next_moment, datetime(2026, 4, 5, 0))

    def test_an_hour_that_comes_twice_is_open_twice(self):
        """25 October 2026, Belgrade: 3:00 becomes 2:00. 2:15 to 2:45 is at 0:15 and again at 1:15 UTC."""
        window = Window(6, 135, 165)
        answers = [
            self._hours(datetime(2026, 10, 25) + timedelta(minutes=minute), "Europe/Belgrade", window).effect
            for minute in (0, 15, 44, 45, 60, 75, 104, 105)
        ]
        self.assertEqual(answers, [REFUSE, ALLOW, ALLOW, REFUSE, REFUSE, ALLOW, ALLOW, REFUSE])
        again = self._hours(datetime(2026, 10, 25, 0, 50), "Europe/Belgrade", window)
        self.assertEqual(again.next_moment, datetime(2026, 10, 25, 1, 15))

    def test_quiet_hours_keep_to_the_wall_clock_over_both_changes(self):
        quiet = Rule(1, "quiet", REFUSE, windows=rules.expand("all", 20 * 60, 8 * 60))
        customer = Customer(zone="Europe/Belgrade")
        for at, clear in (
            (datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 6)),
            (datetime(2026, 10, 24, 23), datetime(2026, 10, 25, 7)),
        ):
            decision = rules.decide([quiet], customer, "phone", "sales", at)
            self.assertEqual((decision.effect, decision.next_moment), (REFUSE, clear))

    # === SINGLE RULES === #

    def test_a_quiet_day_ends_at_midnight(self):
        quiet = Rule(1, "quiet", WARN, windows=rules.expand("4", 0, 1440))
        decision = rules.decide([quiet], Customer(), "phone", "sales", datetime(2026, 3, 6, 12))
        self.assertEqual((decision.effect, decision.next_moment), (WARN, datetime(2026, 3, 7)))

    def test_no_contact_until_a_day_ends_with_the_customers_day(self):
        rule = Rule(1, "no_contact", REFUSE)
        customer = Customer(zone="Europe/Belgrade", no_contact="all", until=date(2026, 7, 10))
        decision = rules.decide([rule], customer, "phone", "sales", datetime(2026, 7, 1))
        self.assertEqual((decision.effect, decision.next_moment), (REFUSE, datetime(2026, 7, 10, 22)))

    def test_no_advertising_leaves_sales_alone(self):
        rule, customer = Rule(1, "no_contact", REFUSE), Customer(no_contact="marketing")
        at = datetime(2026, 7, 1)
        self.assertEqual(rules.decide([rule], customer, "phone", "sales", at).effect, ALLOW)
        refused = rules.decide([rule], customer, "email", "marketing", at)
        self.assertEqual((refused.effect, refused.next_moment), (REFUSE, None))

    def test_quiet_all_week_has_no_next_moment(self):
        rule = Rule(1, "quiet", WARN, windows=rules.expand("all", 0, 1440))
        decision = rules.decide([rule], Customer(), "phone", "sales", datetime(2026, 7, 1))
        self.assertEqual((decision.effect, decision.next_moment), (WARN, None))
