import random
from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, Form, tagged

from ..tools import call_distribution as distribution
from ..tools import call_simulation as simulation
from .call_common import CallCommon
from .test_call_tools import reference_plan


@tagged("post_install", "-at_install", "pure")
class TestCallSimulation(BaseCase):
    """A day with 20 operators, played by the rules and by a plain reference."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        day = datetime(2026, 3, 2)
        chance = random.Random(20)
        cls.queues = {
            1: distribution.Queue(1, {11: 2}, relax_after=40, fallback=2, fallback_after=60),
            2: distribution.Queue(2),
        }
        cls.operators = [
            distribution.Operator(
                number,
                frozenset(chance.sample([1, 2], chance.choice([1, 2]))),
                {11: chance.choice([1, 2, 3])},
                free=1,
                idle_since=day + timedelta(hours=8, seconds=chance.randrange(-600, 0)),
            )
            for number in range(1, 21)
        ]
        cls.day = simulation.callers(chance, day, 300.0, [1, 2], handling=220)
        cls.played = simulation.play(cls.day, cls.operators, cls.queues)

    def test_order_is_exactly_that_of_the_reference(self):
        self.assertGreater(len(self.day), 2000)
        self.assertEqual(simulation.play(self.day, self.operators, self.queues, reference_plan), self.played)

    def test_each_call_once_and_nobody_talks_twice_at_once(self):
        self.assertEqual(sorted(one.caller.call.id for one in self.played), [one.call.id for one in self.day])
        for operator in self.operators:
            mine = sorted((one for one in self.played if one.operator == operator.id), key=lambda one: one.answered)
            self.assertGreater(len(mine), 50)
            for before, after in zip(mine, mine[1:], strict=False):
                self.assertLessEqual(before.wrapped, after.answered)

    def test_the_load_is_shared_fairly(self):
        """Operators of the same queues differ by few calls: the one idle longest is next."""
        shares = {}
        for operator in self.operators:
            if operator.skills[11] >= 2 and operator.queues == {1, 2}:
                shares[operator.id] = sum(one.operator == operator.id for one in self.played)
        self.assertGreaterEqual(len(shares), 2)
        self.assertLess(max(shares.values()) / min(shares.values()), 1.3, shares)

    def test_some_gave_up_and_only_after_their_patience(self):
        lost = [one for one in self.played if one.operator is None]
        self.assertTrue(lost)
        for one in lost:
            self.assertEqual((one.ended - one.caller.call.queued).total_seconds(), one.caller.patience)

    def test_the_same_seed_is_the_same_day(self):
        again = simulation.callers(random.Random(5), datetime(2026, 3, 2), 30.0, [1])
        self.assertEqual(again, simulation.callers(random.Random(5), datetime(2026, 3, 2), 30.0, [1]))


@tagged("post_install", "-at_install")
class TestCallReport(CallCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = cls.supervisor.tz = "UTC"
        cls.noon = datetime(2026, 3, 2, 12)
        cls.queue.write({"target_seconds": 20, "short_seconds": 5, "callback_lost": False})

    def _past(self, start, wait, talk=0, wrap=0, number="040 123 456"):
        """A call that is over; without talk it was lost."""
        at = start.timestamp() if start.tzinfo else (start - datetime(1970, 1, 1)).total_seconds()
        call = self._call(number, date_started=start)
        if talk:
            call._record("answered", self.first, moment=at + wait)
            call._record("ended", self.first, moment=at + wait + talk)
            call.date_wrapped = call.date_ended + timedelta(seconds=wrap)
        else:
            call._record("lost", moment=at + wait)
        return call

    def _half_hour(self):
        """Ten minutes after noon: two in time, one late, one lost, one lost at once."""
        start = self.noon + timedelta(minutes=10)
        self._past(start, 10, talk=100, wrap=20, number="041 000 001")
        self._past(start, 20, talk=200, wrap=40, number="041 000 002")
        self._past(start, 60, talk=300, wrap=60, number="041 000 003")
        self._past(start, 90, number="041 000 004")
        self._past(start, 3, number="041 000 005")

    def _rows(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["crm.call.report"].with_user(user or self.supervisor).search(
            [("queue_id", "=", self.queue.id)], order="date"
        )

    def test_counts_and_formulas_of_a_half_hour(self):
        self._half_hour()
        row = self._rows()
        self.assertEqual(row.date, self.noon)
        self.assertEqual((row.offered, row.answered, row.answered_in, row.lost, row.lost_short), (5, 3, 2, 2, 1))
        self.assertEqual((row.service_level, round(row.service_level_answered, 6)), (40.0, 66.666667))
        self.assertEqual((row.abandonment, row.abandonment_long), (40.0, 25.0))
        self.assertEqual((row.asa, row.aht), (30.0, 240.0))

    def test_a_group_is_made_of_sums_not_of_averages(self):
        self._half_hour()
        self._past(self.noon + timedelta(minutes=40), 10, talk=60, number="041 000 006")
        self.assertEqual(len(self._rows()), 2)
        ((level, answered, asa),) = self.env["crm.call.report"].with_user(self.supervisor)._read_group(
            [("queue_id", "=", self.queue.id)], [], ["service_level:avg", "service_level_answered:avg", "asa:avg"]
        )
        self.assertEqual((float(level), float(answered), float(asa)), (50.0, 75.0, 25.0))

    def test_an_hour_without_calls_divides_by_nothing(self):
        ((level,),) = self.env["crm.call.report"]._read_group([("queue_id", "=", self.queue.id)], [], ["asa:avg"])
        self.assertFalse(level)

    def test_solved_at_first_contact_is_whether_the_caller_called_again(self):
        now = fields.Datetime.now()
        self._past(now - timedelta(days=40), 5, talk=60, number="041 000 001")
        self._past(now - timedelta(days=30, hours=1), 5, talk=60, number="041 000 001")
        self._past(now - timedelta(days=8), 5, talk=60, number="041 000 002")
        self._past(now - timedelta(days=2), 5, talk=60, number="041 000 003")
        rows = self._rows()
        self.assertEqual((sum(rows.mapped("judged_7")), sum(rows.mapped("solved_7"))), (3, 3))
        self.assertEqual((sum(rows.mapped("judged_30")), sum(rows.mapped("solved_30"))), (2, 1))
        self._past(now - timedelta(days=7, hours=1), 9, number="041 000 002")
        rows = self._rows()
        self.assertEqual((sum(rows.mapped("judged_7")), sum(rows.mapped("solved_7"))), (3, 2))

    def test_a_customer_is_the_same_by_any_number(self):
        now = fields.Datetime.now()
        self._past(now - timedelta(days=9), 5, talk=60, number="040 123 456")
        again = self._past(now - timedelta(days=8), 5, talk=60, number="041 777 777")
        again.partner_id = self.single
        rows = self._rows()
        self.assertEqual((sum(rows.mapped("judged_7")), sum(rows.mapped("solved_7"))), (2, 1))

    def test_occupancy_comes_from_the_log(self):
        log = self.env["crm.call.operator.state"].sudo()
        operator = self._operator_of_the_past()
        for minute, state in ((0, "available"), (20, "on_call"), (35, "wrap_up"), (40, "break"), (50, "offline")):
            log.create({"operator_id": operator.id, "state": state, "date": self.noon + timedelta(minutes=minute)})
        self.env.flush_all()
        rows = self.env["crm.call.load"].with_user(self.supervisor).search(
            [("operator_id", "=", operator.id)], order="date"
        )
        self.assertEqual(
            rows.mapped(lambda row: (row.date, row.available, row.on_call, row.wrap_up, row.pause)),
            [
                (self.noon, 1200 / 3600, 600 / 3600, 0, 0),
                (self.noon + timedelta(minutes=30), 0, 300 / 3600, 300 / 3600, 600 / 3600),
            ],
        )
        ((occupancy,),) = self.env["crm.call.load"]._read_group(
            [("operator_id", "=", operator.id)], [], ["occupancy:avg"]
        )
        self.assertEqual(float(occupancy), 50.0)

    def _operator_of_the_past(self):
        user = self._create_user("past", "crm_relations.group_call_agent")
        return self.env["crm.call.operator"].create({"user_id": user.id, "queue_ids": [Command.set(self.queue.ids)]})

    # === WALLBOARD === #

    def test_the_board_shows_what_waits_and_the_day(self):
        now = fields.Datetime.now()
        self.first._set_state("break")
        self._call(ago=70)
        # whoever is to be called back is not on the line: neither waiting nor the one who waits longest
        self.env["crm.callback"].create({"queue_id": self.queue.id, "number": "+386 1 555 66 77"})
        self.env["crm.callback"].create(
            {"queue_id": self.queue.id, "number": "+386 1 555 66 88", "date_from": now + timedelta(hours=1)}
        )
        start = max(now - timedelta(minutes=5), now.replace(hour=0, minute=0, second=0))
        self._past(start, 10, talk=30)
        board = self.env["crm.call.queue"].with_user(self.supervisor).wallboard()
        (row,) = board["queues"]
        self.assertEqual((row["name"], row["waiting"], row["talking"]), ("Service", 1, 0))
        self.assertTrue(70 <= row["longest"] < 100)
        self.assertEqual(row["callbacks"], 1)
        # the first one has a call behind, to be wrapped up
        self.assertEqual(row["operators"], {"wrap_up": 1, "available": 1})
        self.assertEqual((row["figures"]["offered"], row["figures"]["service_level"]), (1.0, 100.0))

    def test_the_board_costs_the_same_for_one_and_for_many_queues(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["crm.call.queue"].with_user(self.supervisor).wallboard()
            return self.cr.sql_log_count - before

        cost()
        one = cost()
        for number in range(8):
            self._call(queue=self._queue(f"Queue {number}", lead_ids=[Command.set(self.supervisor.ids)]))
        self.assertEqual(cost(), one)

    def test_the_board_is_for_team_leads(self):
        with self.assertRaises(AccessError):
            self.env["crm.call.queue"].with_user(self.agent).wallboard()
        other = self._create_user("other_lead", "crm_relations.group_call_lead")
        self.assertEqual(self.env["crm.call.queue"].with_user(other).wallboard()["queues"], [])
        names = [row["name"] for row in self.env["crm.call.queue"].with_user(self.auditor).wallboard()["queues"]]
        self.assertIn("Service", names)

    def test_reports_are_of_the_queues_led(self):
        self._half_hour()
        other = self._create_user("other_lead", "crm_relations.group_call_lead")
        self.assertFalse(self._rows(other))
        self.assertEqual(self._rows(self.auditor).offered, 5)
        with self.assertRaises(AccessError):
            self._rows(self.agent)

    # === STAFFING === #

    def test_staffing_of_the_classical_example(self):
        with Form(self.env["crm.call.staffing"].with_user(self.supervisor)) as form:
            form.calls, form.interval, form.handling = 100, 30, 180
            form.target_percent, form.target_seconds = 80, 20
            form.shrinkage, form.max_occupancy = 30, 100
            self.assertEqual((form.load, form.needed, form.scheduled, form.what_if), (10.0, 14, 20, 14))
            form.what_if = 9
        staffing = form.record
        lines = {line.operators: line for line in staffing.line_ids}
        self.assertEqual(sorted(lines), [9, *range(10, 19)])
        self.assertEqual((lines[14].service_level, lines[14].speed_of_answer), (88.8, "7.8"))
        self.assertEqual((lines[9].service_level, lines[9].speed_of_answer), (0.0, "grows without end"))

    def test_staffing_takes_the_figures_of_a_queue(self):
        now = fields.Datetime.now()
        for number in range(4):
            self._past(now - timedelta(days=1, seconds=number), 5, talk=100, wrap=20, number=f"041 00{number} 001")
        with Form(self.env["crm.call.staffing"].with_user(self.supervisor)) as form:
            form.queue_id = self.queue
            self.assertEqual((form.handling, form.target_seconds), (120.0, 20))
            self.assertIn(form.calls, (2.0, 3.0, 4.0))  # the seconds may lie in two half hours

    def test_staffing_names_the_field_that_is_wrong(self):
        for name, value, words in (
            ("handling", 0, "“Handling Time .s.” has to be between 1"),
            ("target_percent", 100, "“To Be Answered .%.” has to be between 1"),
            ("shrinkage", 100, "“Absent .%.” has to be between 0"),
            ("calls", 900_000, "more than 10000 erlang"),
        ):
            with self.subTest(name=name), self.assertRaisesRegex(ValidationError, words):
                self.env["crm.call.staffing"].create({name: value}).needed  # noqa: B018 computed when read

    # === SIMULATED HISTORY === #

    def test_a_simulated_week_is_what_its_events_say(self):
        self.env["crm.call"]._simulate(self.queue, days=3 + 4, per_hour=6.0)
        calls = self.env["crm.call"].search([("queue_id", "=", self.queue.id)])
        self.assertGreater(len(calls), 100)
        kept = calls.read(["state", "operator_id", "date_answered", "date_ended", "wait_seconds", "talk_seconds"])
        calls._fold()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(
            calls.read(["state", "operator_id", "date_answered", "date_ended", "wait_seconds", "talk_seconds"]), kept
        )
