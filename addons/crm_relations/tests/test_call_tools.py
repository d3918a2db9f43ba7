import doctest
import math
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import call_distribution as distribution
from ..tools import call_events, call_signature, erlang
from ..tools.call_events import Event

NOW = datetime(2026, 3, 2, 10)

EVENTS = st.lists(
    st.builds(
        Event,
        key=st.uuids().map(str),
        kind=st.sampled_from(call_events.ORDER),
        moment=st.integers(0, 20).map(float),
        operator=st.sampled_from([None, 1, 2]),
        queue=st.sampled_from([None, 7, 8]),
    ),
    max_size=9,
)


def moments(least, most):
    return st.integers(least, most).map(lambda seconds: NOW + timedelta(seconds=seconds))


SPANS = st.sampled_from([0, 20, 60])
QUEUES = st.fixed_dictionaries(
    {
        number: st.builds(
            distribution.Queue,
            id=st.just(number),
            skills=st.dictionaries(st.sampled_from([11, 12]), st.integers(1, 3), max_size=2),
            relax_after=SPANS,
            relax_language_after=SPANS,
            fallback=st.sampled_from([None, 1, 2]),
            fallback_after=SPANS,
        )
        for number in (1, 2)
    }
)
CALLS = st.lists(
    st.builds(
        distribution.Call,
        id=st.integers(1, 30),
        queue=st.sampled_from([1, 2]),
        queued=moments(-150, 0),
        place=moments(-200, 0),
        value=st.sampled_from([0.0, 5.0, 9.5]),
        lang=st.sampled_from([None, 31, 32]),
        not_before=st.one_of(st.none(), moments(-60, 30)),
        not_after=st.one_of(st.none(), moments(-30, 60)),
    ),
    max_size=10,
    unique_by=lambda call: call.id,
)
OPERATORS = st.lists(
    st.builds(
        distribution.Operator,
        id=st.integers(1, 9),
        queues=st.frozensets(st.sampled_from([1, 2])),
        skills=st.dictionaries(st.sampled_from([11, 12]), st.integers(1, 3), max_size=2),
        langs=st.frozensets(st.sampled_from([31, 32])),
        free=st.integers(0, 2),
        idle_since=moments(-100, 0),
    ),
    max_size=5,
    unique_by=lambda operator: operator.id,
)


def reference_may(operator, call, queue, now):
    """The rules said again, plainly: level by level, reason by reason."""
    since = call.queued
    if call.not_before:
        if call.not_before > now:
            return False
        since = max(since, call.not_before)
    if call.not_after and call.not_after < now:
        return False
    wait = (now - since).total_seconds()
    foreign = call.lang and call.lang not in operator.langs
    if foreign and (queue.relax_language_after == 0 or wait < queue.relax_language_after):
        return False
    helps = queue.fallback and queue.fallback in operator.queues and queue.fallback_after
    if helps and wait >= queue.fallback_after:
        return True
    if call.queue not in operator.queues:
        return False
    for skill, level in queue.skills.items():
        asked, left = level, wait
        while queue.relax_after and left >= queue.relax_after:
            asked, left = asked - 1, left - queue.relax_after
        if asked > operator.skills.get(skill, 0):
            return False
    return True


def reference_plan(calls, operators, queues, now):
    """Of all possible pairs again and again the best one: call first, operator second."""
    pairs, taken, load = [], set(), {operator.id: 0 for operator in operators}
    while True:
        possible = [
            (call, operator)
            for call in calls
            for operator in operators
            if call.id not in taken
            and load[operator.id] < operator.free
            and reference_may(operator, call, queues[call.queue], now)
        ]
        if not possible:
            return pairs
        call, operator = min(
            possible,
            key=lambda pair: (
                (pair[0].place - datetime(1970, 1, 1)) // timedelta(seconds=distribution.TIE_SECONDS),
                -pair[0].value,
                pair[0].place,
                pair[0].id,
                pair[1].idle_since,
                pair[1].id,
            ),
        )
        pairs.append((call.id, operator.id))
        taken.add(call.id)
        load[operator.id] += 1


@tagged("post_install", "-at_install", "pure")
class TestCallTools(BaseCase):
    def test_doctests(self):
        for module, least in ((call_events, 5), (distribution, 4), (erlang, 4), (call_signature, 1)):
            result = doctest.testmod(module)
            self.assertEqual((result.failed, result.attempted >= least), (0, True), module)

    # === EVENTS === #

    @settings(deadline=None)
    @given(EVENTS, st.randoms(), st.sampled_from(["in", "out"]))
    def test_any_order_with_repetitions_gives_the_same(self, events, random, direction):
        shuffled = events + [random.choice(events) for _turn in range(3)] if events else []
        random.shuffle(shuffled)
        self.assertEqual(call_events.fold(shuffled, direction), call_events.fold(events, direction))

    @settings(deadline=None)
    @given(EVENTS)
    def test_a_course_does_not_contradict_itself(self, events):
        course = call_events.fold(events)
        over = course.state in ("ended", "lost", "missed", "cancelled")
        self.assertEqual(over, course.ended is not None)
        self.assertEqual(course.state == "ended", over and course.answered is not None)
        if course.state == "lost":
            self.assertIsNone(course.operator)
        if course.answered is not None and over:
            self.assertLessEqual(course.answered, course.ended)

    def test_a_late_return_does_not_take_the_call_from_who_has_it_now(self):
        events = [
            Event("1", "queued", 1.0),
            Event("2", "ringing", 2.0, operator=1),
            Event("3", "ringing", 9.0, operator=2),
            Event("4", "returned", 9.0, operator=1),
        ]
        self.assertEqual((call_events.fold(events).state, call_events.fold(events).operator), ("ringing", 2))

    # === DISTRIBUTION === #

    @settings(deadline=None, max_examples=300)
    @given(CALLS, OPERATORS, QUEUES)
    def test_offers_are_those_of_the_reference(self, calls, operators, queues):
        self.assertEqual(
            distribution.plan_offers(calls, operators, queues, NOW), reference_plan(calls, operators, queues, NOW)
        )

    @settings(deadline=None)
    @given(CALLS, OPERATORS, QUEUES)
    def test_who_asks_gets_what_the_plan_gives_to_who_is_alone(self, calls, operators, queues):
        for operator in operators:
            if operator.free:
                call = distribution.next_call(operator, calls, queues, NOW)
                planned = distribution.plan_offers(calls, [operator], queues, NOW)[:1]
                self.assertEqual([(call.id, operator.id)] if call else [], planned)

    @settings(deadline=None)
    @given(CALLS, st.integers(0, 100_000))
    def test_nobody_is_passed_by_who_came_later_than_a_head_start(self, calls, head_start):
        """Ageing: the order never changes while calls wait, so a head start passes only those of its length."""
        late = distribution.Call(99, 1, NOW, NOW - timedelta(seconds=head_start), value=1e9)
        for call in calls:
            if call.place < late.place - timedelta(seconds=distribution.TIE_SECONDS):
                self.assertLess(distribution.order_key(call), distribution.order_key(late))

    # === ERLANG === #

    def test_erlang_b_of_published_tables(self):
        """Classical table of Erlang B: load at which so many lines block 1 % and 5 % of the calls."""
        for lines, load, blocked in (
            (1, 0.0101, 0.01),
            (5, 1.361, 0.01),
            (10, 4.461, 0.01),
            (20, 12.03, 0.01),
            (50, 37.90, 0.01),
            (100, 84.06, 0.01),
            (10, 6.216, 0.05),
            (100, 95.24, 0.05),
        ):
            with self.subTest(lines=lines, load=load):
                self.assertAlmostEqual(erlang.erlang_b(lines, load), blocked, delta=blocked * 0.005)

    def test_erlang_c_by_its_definition(self):
        """Against the textbook formula, with exact integers where factorials still fit."""
        for operators, load in ((1, 0.5), (5, 4.0), (14, 10.0), (55, 50.0), (110, 100.0)):
            top = load**operators / math.factorial(operators) * operators / (operators - load)
            whole = sum(load**number / math.factorial(number) for number in range(operators)) + top
            self.assertAlmostEqual(erlang.erlang_c(operators, load), top / whole, places=12)

    def test_one_operator_waits_as_often_as_it_is_busy(self):
        """M/M/1: the probability of waiting is the load, the wait load / (1 - load) handling times."""
        self.assertAlmostEqual(erlang.erlang_c(1, 0.75), 0.75, places=12)
        self.assertAlmostEqual(erlang.speed_of_answer(1, 0.75, 120.0), 360.0, places=9)

    def test_the_classical_example(self):
        """100 calls in half an hour of 3 minutes each, 80 % within 20 seconds: 14 operators, 88.8 %, 7.8 s."""
        load = erlang.load(100, 180, 30)
        self.assertEqual(erlang.operators_needed(load, 180, 0.8, 20), 14)
        result = erlang.staffing(14, load, 180, 20, shrinkage=0.3)
        self.assertEqual(
            (round(result.service_level, 3), round(result.speed_of_answer, 1), round(result.waits, 3)),
            (0.888, 7.8, 0.174),
        )
        self.assertEqual((result.scheduled, round(result.occupancy, 4)), (20, 0.7143))
        self.assertEqual(round(erlang.service_level(13, load, 180, 20), 3), 0.796)

    def test_a_thousand_erlang(self):
        needed = erlang.operators_needed(1000.0, 180, 0.8, 20)
        self.assertGreaterEqual(erlang.service_level(needed, 1000.0, 180, 20), 0.8)
        self.assertLess(erlang.service_level(needed - 1, 1000.0, 180, 20), 0.8)
        self.assertAlmostEqual(erlang.erlang_b(1000, 1000.0), 0.0248119, places=7)
        self.assertEqual(erlang.erlang_b(20_000, 1.0), 0.0)

    @settings(deadline=None)
    @given(st.floats(0.01, 1000.0), st.integers(10, 1000), st.floats(0.1, 0.99), st.integers(0, 120))
    def test_needed_is_the_smallest_number(self, load, handling, share, seconds):
        needed = erlang.operators_needed(load, handling, share, seconds)
        self.assertGreaterEqual(erlang.service_level(needed, load, handling, seconds), share)
        self.assertLess(erlang.service_level(needed - 1, load, handling, seconds), share)
        probability = erlang.erlang_c(needed, load)
        self.assertTrue(0.0 <= erlang.erlang_b(needed, load) <= probability <= 1.0)

    def test_what_has_no_answer(self):
        for values in ((-1, 180, 0.8, 20), (10, 0, 0.8, 20), (10, 180, 1.0, 20), (math.nan, 180, 0.8, 20)):
            with self.assertRaises(ValueError):
                erlang.operators_needed(*values)
        self.assertEqual(erlang.speed_of_answer(10, 10.0, 180), math.inf)
        self.assertEqual(erlang.service_level(10, 10.0, 180, 20), 0.0)

    # === SIGNATURE === #

    @settings(deadline=None)
    @given(st.binary(max_size=50), st.binary(max_size=50), st.integers(0, 10**9), st.integers(-1000, 1000))
    def test_only_what_was_signed_and_is_fresh(self, body, other, now, age):
        signature = call_signature.sign("secret", str(now), body)
        check = call_signature.problem
        self.assertEqual(check("secret", str(now), signature, body, now + age), "" if abs(age) <= 300 else "expired")
        self.assertEqual(check("secret", str(now), signature, other, now) == "", other == body)
        self.assertEqual(check("other", str(now), signature, body, now), "signature")
        self.assertEqual(check("secret", str(now + 1), signature, body, now), "signature")
        self.assertEqual(check("secret", "now", signature, body, now), "timestamp")
