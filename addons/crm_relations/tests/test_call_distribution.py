from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools import call_distribution as distribution
from .call_common import CallCommon


@tagged("post_install", "-at_install")
class TestCallDistribution(CallCommon):
    """Which of the waiting calls an operator gets."""

    def test_the_oldest_call_comes_first(self):
        _late, early = self._call(ago=20), self._call(ago=60)
        self.assertEqual(self._next(), early)
        self.assertEqual((early.state, early.operator_id, early.user_id), ("ringing", self.first, self.agent))

    def test_of_those_who_wait_equally_long_the_more_valuable_customer(self):
        now = fields.Datetime.now()
        small, big = self._call(date_started=now), self._call(date_started=now)
        small.value, big.value = 10.0, 900.0
        self.assertEqual(self._next(), big)

    def test_value_does_not_pass_who_waits_longer(self):
        now = fields.Datetime.now()
        small = self._call(date_started=now - timedelta(seconds=60))
        self._call(date_started=now).value = 900.0
        self.assertEqual(self._next(), small)

    def test_the_value_of_a_customer_is_what_was_sold_and_may_be_sold(self):
        leads = self.env["crm.lead"].create(
            [
                {"name": name, "partner_id": self.single.id, "type": "opportunity", "expected_revenue": amount}
                for name, amount in (("won", 700.0), ("open", 40.0), ("lost", 5000.0))
            ]
        )
        leads[0].action_set_won()
        leads[2].action_set_lost()
        self.assertEqual(self._call("040 123 456").value, 740.0)

    def test_a_head_start_passes_others_but_not_for_ever(self):
        privileged = self._queue("Privileged", head_start=120)
        self.first.queue_ids += privileged
        early = self._call(ago=200)
        quick = self._call(ago=30, queue=privileged)
        later = self._call(ago=100)
        self.assertEqual([self._next_and_end() for _turn in range(3)], [early, quick, later])

    def _next_and_end(self):
        call = self._next()
        mine = call.with_user(self.agent).sudo(False)
        mine.action_answer()
        mine.action_end()
        mine.action_wrap_up(log=False)
        return call

    def test_a_queue_asks_for_skills_and_for_less_after_a_while(self):
        skill = self.env["crm.call.skill"].create({"name": "Wine presses of the test"})
        self.queue.write(
            {"skill_ids": [Command.create({"skill_id": skill.id, "level": "2"})], "relax_after": 30}
        )
        call = self._call(ago=10)
        self.assertFalse(self._next())
        self.first.skill_ids = [Command.create({"skill_id": skill.id, "level": "1"})]
        self.assertFalse(self._next())
        call.write({"date_queued": fields.Datetime.now() - timedelta(seconds=31)})
        self.assertFalse(self._next(self.colleague))
        self.assertEqual(self._next(), call)

    def test_a_caller_gets_somebody_of_the_language(self):
        german = self.env["res.lang"]._activate_lang("de_DE")
        self.single.lang = "de_DE"
        self.queue.lang_ids = german
        call = self._call("+38640123456")
        self.assertEqual(call.lang_id, german)
        self.assertFalse(self._next())
        self.second.lang_ids = german
        self.assertEqual(self._next(self.colleague), call)

    def test_another_queue_helps_out_after_a_while(self):
        other = self._queue("Orders", fallback_queue_id=self.queue.id, fallback_after=50)
        self._call(ago=40, queue=other)
        self.assertFalse(self._next())
        call = self._call(ago=55, queue=other)
        self.assertEqual(self._next(), call)

    def test_an_operator_takes_as_many_as_the_capacity_says(self):
        self._call(ago=9), self._call(ago=8), self._call(ago=7)
        self.first.capacity = 2
        self.assertTrue(self._next() and self._next())
        with self.assertRaisesRegex(UserError, "a call with you already"):
            self._next()

    def test_who_has_a_break_takes_none(self):
        self._call()
        self.first._set_state("break")
        with self.assertRaisesRegex(UserError, "Make yourself available first"):
            self._next()

    def test_nobody_but_operators_takes_calls(self):
        with self.assertRaisesRegex(UserError, "not an operator"):
            self._next(self.supervisor)
        with self.assertRaises(AccessError):
            self._next(self.clerk)

    @settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_the_database_decides_like_the_rules(self, data):
        """Any calls, any operator: what SQL gives is what the pure function gives."""
        with self.cr.savepoint() as savepoint:
            self._decide(data)
            savepoint.rollback()
        self.env.invalidate_all()

    def _decide(self, data):
        now = fields.Datetime.now()
        skills = self.env["crm.call.skill"].create([{"name": f"Skill {number} of the test"} for number in (1, 2)])
        langs = self.env["res.lang"].with_context(active_test=False).search([], limit=2)
        spans = st.sampled_from([0, 20, 60])
        other = self._queue("Other")
        queues = self.queue | other
        for queue in queues:
            queue.write(
                {
                    "skill_ids": [
                        Command.create({"skill_id": skill.id, "level": data.draw(st.sampled_from("123"))})
                        for skill in data.draw(st.sets(st.sampled_from(list(skills))))
                    ],
                    "relax_after": data.draw(spans),
                    "relax_language_after": data.draw(spans),
                    "fallback_queue_id": data.draw(st.sampled_from([False, (queues - queue).id])),
                    "fallback_after": data.draw(spans),
                    "head_start": data.draw(spans),
                }
            )
        self.first.write(
            {
                "queue_ids": [Command.set([queue.id for queue in data.draw(st.sets(st.sampled_from(list(queues))))])],
                "lang_ids": [Command.set([lang.id for lang in data.draw(st.sets(st.sampled_from(list(langs))))])],
                "skill_ids": [
                    Command.create({"skill_id": skill.id, "level": data.draw(st.sampled_from("123"))})
                    for skill in data.draw(st.sets(st.sampled_from(list(skills))))
                ],
            }
        )
        calls = self.env["crm.call"]
        for _number in range(data.draw(st.integers(0, 6))):
            queued = now - timedelta(seconds=data.draw(st.integers(0, 90)))
            window = data.draw(st.sampled_from([(False, False), (-30, False), (30, False), (-60, -1), (-60, 60)]))
            calls += self._call(
                queue=data.draw(st.sampled_from(list(queues))),
                date_started=queued,
                value=data.draw(st.sampled_from([0.0, 5.0])),
                lang_id=data.draw(st.sampled_from([False, *langs.ids])),
                date_due=window[0] and now + timedelta(seconds=window[0]),
                date_until=window[1] and now + timedelta(seconds=window[1]),
            )
        self.env.flush_all()
        with self._frozen(now):
            expected = distribution.next_call(
                self.first._as_operator(1), [call._as_waiting() for call in calls], queues._demands(), now
            )
            claimed = self.env["crm.call"]._claim(self.first)
        self.assertEqual(claimed.id, expected.id if expected else False)

    # === COST === #

    def test_offering_costs_the_same_for_any_number_that_waits(self):
        self.queue.distribution = "auto"
        (self.first | self.second)._set_state("break")
        counts = []
        for number in (5, 50):
            for _turn in range(number):
                self._call()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["crm.call"]._offer_calls()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    # === WHAT CHANGES MEANWHILE === #

    def test_what_is_corrected_in_a_callback_holds_for_the_attempt_that_waits(self):
        callbacks = self.env["crm.callback"].with_user(self.agent)
        callback = callbacks.create({"queue_id": self.queue.id, "number": "+386 1 555 00 11"})
        callback.write({"partner_id": self.single.id, "number": "+386 1 555 00 12"})
        call = self._next()
        self.assertEqual((call.callback_id, call.partner_id, call.number), (callback, self.single, "+386 1 555 00 12"))

    def test_a_callback_that_rings_at_who_leaves_is_made_by_somebody_else(self):
        callback = self.env["crm.callback"].create({"queue_id": self.queue.id, "partner_id": self.single.id})
        call = self._next()
        self.first.active = False
        self.assertEqual((call.state, self.first.state), ("queued", "offline"))
        self.assertEqual((self._next(self.colleague), callback.state), (call, "waiting"))

    def test_a_conversation_of_who_leaves_is_over(self):
        call = self._call("+386 40 123 456", ago=5)
        self._next()
        self._as(self.agent, call).action_answer()
        self.first.with_user(self.supervisor).active = False
        self.assertEqual((call.state, self.first.state), ("ended", "offline"))

    def test_a_callback_that_rings_at_a_user_who_was_archived_is_made_by_somebody_else(self):
        callback = self.env["crm.callback"].create({"queue_id": self.queue.id, "partner_id": self.single.id})
        call = self._next()
        self.agent.active = False
        self.assertEqual((call.state, self.first.state), ("queued", "offline"))
        self.assertEqual((self._next(self.colleague), callback.state), (call, "waiting"))

    def test_a_newer_wish_brings_its_whole_window(self):
        """Until this evening, after "from tomorrow on": not both."""
        now = fields.Datetime.now().replace(microsecond=0)
        values = {"queue_id": self.queue.id, "partner_id": self.single.id}
        callbacks = self.env["crm.callback"]
        callback, _new = callbacks._ask(values | {"date_from": now + timedelta(days=1)})
        same, new = callbacks._ask(values | {"date_until": now + timedelta(hours=5)})
        self.env.flush_all()
        self.assertEqual((same, new), (callback, False))
        self.assertEqual((callback.date_from, callback.date_until), (False, now + timedelta(hours=5)))
        self.assertEqual(callback.call_ids.date_due, False)

    # === COPIES === #

    def test_a_copy_of_a_callback_waits_anew(self):
        callbacks = self.env["crm.callback"]
        lost = self._call("+386 40 123 456", ago=30)
        lost._record("lost")
        callback = callbacks.search([("lost_call_id", "=", lost.id)])
        callback._close("failed")
        self.env.flush_all()
        copied = callback.copy()
        self.env.flush_all()
        self.assertEqual((copied.state, copied.attempts, copied.date_closed), ("waiting", 0, False))
        self.assertEqual((copied.lost_call_id, copied.call_ids.state), (self.env["crm.call"], "queued"))
        self.assertGreater(copied.date_place, callback.date_place)

    def test_a_queue_with_a_dialled_number_can_be_copied(self):
        self.queue.line = "+38615550100"
        copied = self.queue.copy()
        self.env.flush_all()
        self.assertEqual((copied.line, self.queue.line), (False, "+38615550100"))
