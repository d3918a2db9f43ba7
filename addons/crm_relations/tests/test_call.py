from datetime import timedelta

import psycopg2

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import format_datetime, mute_logger

from .call_common import CallCommon


@tagged("post_install", "-at_install")
class TestCall(CallCommon):
    # === OFFERED === #

    def test_a_call_is_offered_to_who_is_idle_longest(self):
        self.queue.distribution = "auto"
        self.first.date_state = fields.Datetime.now() - timedelta(minutes=1)
        self.second.date_state = fields.Datetime.now() - timedelta(minutes=9)
        call, following = self._call(ago=5), self._call()
        self.env["crm.call"]._offer_calls()
        self.assertEqual((call.operator_id, following.operator_id), (self.second, self.first))

    def test_a_call_that_is_not_answered_goes_on_and_keeps_its_place(self):
        self.queue.distribution = "auto"
        self.second._set_state("break")
        call = self._call(ago=40)
        place = call.date_place
        self.env["crm.call"]._offer_calls()
        self.assertEqual(call.operator_id, self.first)
        ringing = fields.Datetime.now() + timedelta(seconds=self.queue.ring_seconds + 1)
        with self._frozen(ringing):
            self.env["crm.call"]._return_unanswered()
        self.assertEqual((call.state, call.operator_id.id, call.date_place), ("queued", False, place))
        self.assertEqual((self.first.state, self.first.reason_id.name), ("break", "Did Not Answer"))

    def test_nobody_picks_the_break_of_who_did_not_answer(self):
        """Nor in a database made before, where that reason is one for breaks like the others."""
        reason = self.env.ref("crm_relations.call_reason_no_answer")
        mine = self._as(self.agent, self.first)
        for kind in ("automatic", "break"):
            reason.kind = kind
            self.assertNotIn(reason.id, [one["id"] for one in mine.screen()["breaks"]])
            with self.assertRaisesRegex(UserError, "“Did Not Answer” is not a reason for a break"):
                mine.action_set_state("break", reason.id)
            self.assertEqual(self.first.state, "available")
        lunch = self.env.ref("crm_relations.call_reason_lunch")
        self.assertIn(lunch.id, [one["id"] for one in mine.screen()["breaks"]])
        mine.action_set_state("break", lunch.id)
        self.assertEqual((self.first.state, self.first.reason_id), ("break", lunch))

    def test_becoming_available_brings_the_next_call(self):
        self.queue.distribution = "auto"
        (self.first | self.second)._set_state("break")
        call = self._call()
        self._as(self.agent, self.first).action_set_state("available")
        self.assertEqual((call.state, call.operator_id), ("ringing", self.first))

    # === THE COURSE OF A CALL === #

    def test_from_next_to_wrap_up(self):
        call = self._call("040 123 456", ago=30)
        self.assertEqual(call.partner_id, self.single)
        mine = self._as(self.agent, self._next())
        mine.action_answer()
        self.assertEqual((call.state, self.first.state), ("answered", "on_call"))
        mine.action_end()
        self.assertEqual((call.state, self.first.state), ("ended", "wrap_up"))
        outcome = self.env.ref("crm_relations.call_reason_solved")
        interaction = self.env["crm.interaction"].browse(mine.action_wrap_up(outcome.id, "Sends the manual"))
        self.assertEqual(
            (interaction.partner_id, interaction.channel, interaction.direction, interaction.outcome),
            (self.single, "phone", "in", "Sends the manual"),
        )
        self.assertEqual((interaction.user_id, call.interaction_id), (self.agent, interaction))
        self.assertEqual(call.outcome_id, outcome)
        self.assertEqual(self.first.state, "available")
        self.assertEqual(
            self.first.state_ids.sorted("id").mapped("state"), ["available", "on_call", "wrap_up", "available"]
        )

    def test_a_second_click_on_wrap_up_logs_nothing_more(self):
        call = self._call("040 123 456")
        mine = self._as(self.agent, self._next())
        mine.action_answer()
        mine.action_end()
        self.assertEqual(mine.action_wrap_up(), mine.action_wrap_up())
        self.assertEqual(self.single.crm_interaction_ids, call.interaction_id)

    def test_wrap_up_needs_to_know_who_it_was(self):
        self._call("040 999 999")
        mine = self._as(self.agent, self._next())
        mine.action_answer()
        with self.assertRaisesRegex(UserError, "not over yet"):
            mine.action_wrap_up()
        mine.action_end()
        with self.assertRaisesRegex(UserError, "choose the customer first"):
            mine.action_wrap_up()
        mine.action_choose_partner(self.person.id)
        self.assertTrue(mine.action_wrap_up())
        self.assertEqual(self.company_partner.crm_interaction_ids.contact_id, self.person)

    def test_two_customers_with_one_number_are_asked_for(self):
        twin = self._create_partner("Twin", phone="+386 40 123 456")
        call = self._call("040 123 456")
        self.assertFalse(call.partner_id)
        self.assertEqual(call.candidate_ids, self.single | twin)
        mine = self._as(self.agent, self._next())
        mine.action_choose_partner(twin.id)
        self.assertEqual((call.partner_id, len(call.candidate_ids)), (twin, 0))

    def test_the_call_of_a_colleague_is_not_mine(self):
        call = self._next()
        self.assertFalse(call)
        call = self._call("040 123 456")
        self._next(self.colleague)
        for step in ("action_answer", "action_end", "action_return", "action_wrap_up"):
            with self.assertRaises(AccessError):
                getattr(self._as(self.agent, call), step)()
        self.assertEqual((call.state, call.operator_id), ("ringing", self.second))

    def test_no_break_during_a_conversation(self):
        self._call()
        self._as(self.agent, self._next()).action_answer()
        with self.assertRaisesRegex(UserError, "end the call first"):
            self._as(self.agent, self.first).action_set_state("break")

    def test_outside_the_opening_hours(self):
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Mondays",
                "tz": "UTC",
                "attendance_ids": [
                    Command.clear(),
                    Command.create({"name": "Monday", "dayofweek": "0", "hour_from": 8, "hour_to": 12}),
                ],
            }
        )
        self.queue.calendar_id = calendar
        monday = fields.Datetime.to_datetime("2026-03-02 09:00:00")
        self.assertFalse(self._call(date_started=monday).outside_hours)
        self.assertTrue(self._call(date_started=monday + timedelta(hours=4)).outside_hours)

    def test_the_logs_are_only_added_to(self):
        call = self._call()
        for record in (call.event_ids, self.first.state_ids):
            with self.assertRaises(AccessError):
                record.sudo().write({"operator_id": self.second.id})
            for statement in ("UPDATE %s SET operator_id = NULL", "DELETE FROM %s"):
                with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.cr.savepoint():
                    self.cr.execute(statement % record._table + " WHERE id = %s", [record.ids[0]])

    # === CALLBACKS === #

    def _lose(self, number="040 123 456", ago=60, **values):
        call = self._call(number, ago=ago, **values)
        call._record("lost")
        return call

    def test_a_lost_call_is_called_back_on_its_place(self):
        lost = self._lose(ago=300)
        self.assertEqual((lost.state, lost.direction), ("lost", "in"))
        callback = self.env["crm.callback"].search([("lost_call_id", "=", lost.id)])
        self.assertEqual(
            (callback.state, callback.partner_id, callback.date_place), ("waiting", self.single, lost.date_queued)
        )
        self._call(ago=200)
        attempt = self._next()
        self.assertEqual((attempt.callback_id, attempt.direction, attempt.state), (callback, "out", "ringing"))
        mine = self._as(self.agent, attempt)
        mine.action_answer()
        self.assertEqual(callback.state, "done")

    def test_who_hung_up_at_once_is_not_called_back(self):
        lost = self._lose(ago=self.queue.short_seconds - 1)
        self.assertFalse(self.env["crm.callback"].search([("lost_call_id", "=", lost.id)]))

    def test_a_restricted_customer_is_called_back_by_a_persons_choice_only(self):
        self.single.sudo().crm_restricted = True
        lost = self._lose(ago=300)
        self.assertEqual((lost.state, lost.partner_id), ("lost", self.single))
        self.assertFalse(self.env["crm.callback"].search([("lost_call_id", "=", lost.id)]))
        asked = self.env["crm.callback"].with_user(self.agent).create(
            {"queue_id": self.queue.id, "partner_id": self.single.id, "number": "+386 40 123 456"}
        )
        self.assertEqual((asked.state, asked.sudo().call_ids.state), ("waiting", "queued"))

    def test_who_called_twice_waits_once_on_the_first_place(self):
        first, _second = self._lose(ago=300), self._lose(ago=100)
        callbacks = self.env["crm.callback"].search([("queue_id", "=", self.queue.id)])
        self.assertEqual((len(callbacks), callbacks.date_place), (1, first.date_queued))

    def test_a_callback_is_tried_again_and_then_given_up(self):
        self.queue.write({"max_attempts": 2, "retry_minutes": 0})
        lost = self._lose()
        callback = self.env["crm.callback"].search([("lost_call_id", "=", lost.id)])
        for attempts, state in ((1, "waiting"), (2, "failed")):
            call = self._as(self.agent, self._next())
            call.action_end()
            self.assertEqual((callback.attempts, callback.state), (attempts, state))
            call.action_wrap_up(log=False)
        self.assertEqual(callback.call_ids.mapped("state"), ["missed", "missed"])
        self.assertFalse(self._next())

    def test_a_callback_waits_for_its_window(self):
        now = fields.Datetime.now()
        callback = self.env["crm.callback"].with_user(self.agent).create(
            {
                "queue_id": self.queue.id,
                "partner_id": self.single.id,
                "date_from": now + timedelta(hours=1),
                "date_until": now + timedelta(hours=2),
                "tz": "Asia/Tehran",
            }
        )
        self.assertEqual(callback.number, self.single.phone)
        self.assertFalse(self._next())
        with self._frozen(now + timedelta(minutes=61)):
            self.assertEqual(self._next().callback_id, callback)

    def test_the_window_is_shown_on_the_customers_clock(self):
        callback = self.env["crm.callback"].new(
            {"date_from": "2026-03-02 09:00:00", "date_until": "2026-03-02 10:00:00", "tz": "Asia/Tehran"}
        )
        self.assertEqual(callback.window, "2026-03-02 12:30 – 2026-03-02 13:30 (Asia/Tehran)")

    def test_a_callback_whose_window_is_over_is_closed(self):
        now = fields.Datetime.now()
        callback = self.env["crm.callback"].create(
            {"queue_id": self.queue.id, "number": "040 111", "date_until": now + timedelta(minutes=1)}
        )
        with self._frozen(now + timedelta(minutes=2)):
            self.env["crm.callback"]._expire()
        self.assertEqual((callback.state, callback.call_ids.state), ("expired", "cancelled"))

    def test_bad_callbacks_are_refused_in_words(self):
        callbacks = self.env["crm.callback"].with_user(self.agent)
        for values, words in (
            ({"number": "no"}, "is not a telephone number"),
            ({"number": "040 111", "date_until": "2020-01-01 00:00:00"}, "has passed already"),
        ):
            with self.assertRaisesRegex(ValidationError, words), self.cr.savepoint():
                callbacks.create({"queue_id": self.queue.id, **values})
        self.assertFalse(callbacks.search([("queue_id", "=", self.queue.id)]))

    def test_a_callback_that_is_not_wanted_any_more(self):
        lost = self._lose()
        callback = self.env["crm.callback"].search([("lost_call_id", "=", lost.id)])
        self._as(self.agent, callback).action_cancel()
        self.assertEqual((callback.state, callback.call_ids.state), ("cancelled", "cancelled"))
        self.assertFalse(self._next())

    # === WHO SEES WHAT === #

    def test_agents_see_their_own_calls_leads_those_of_their_queues(self):
        mine, other = self._call(ago=60), self._call(ago=50)
        elsewhere = self._call(queue=self._queue("Elsewhere"))
        self._next(), self._next(self.colleague)
        everything = mine | other | elsewhere
        seen = {
            user.login: everything.with_user(user).sudo(False)._filtered_access("read").sudo()
            for user in (self.agent, self.colleague, self.auditor, self.manager)
        }
        self.assertEqual(
            seen,
            {
                "crm_agent": mine,
                "crm_colleague": other,
                "crm_auditor": everything,
                "crm_manager": everything,
            },
        )
        lead = self._create_user("lead", "crm_relations.group_call_lead")
        self.queue.lead_ids += lead
        self.assertEqual(everything.with_user(lead).sudo(False)._filtered_access("read").sudo(), mine | other)

    def test_nobody_writes_a_call_but_by_its_steps(self):
        call = self._call()
        for user in (self.agent, self.supervisor, self.manager, self.auditor):
            with self.assertRaises(AccessError):
                call.with_user(user).sudo(False).write({"state": "ended"})
        self.assertEqual(call.state, "queued")

    def test_nobody_sees_calls_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        queue = self._queue("Theirs", company_id=company.id)
        call = self._call(queue=queue)
        for user in (self.agent, self.supervisor, self.manager, self.auditor):
            self.assertFalse(call.with_user(user).sudo(False).has_access("read"), user.login)

    def test_others_do_not_change_what_an_operator_does(self):
        with self.assertRaises(AccessError):
            self._as(self.colleague, self.first).action_set_state("offline")
        self._as(self.supervisor, self.first).action_set_state("offline")
        self.assertEqual(self.first.state, "offline")

    # === THE OPERATOR'S SCREEN === #

    def _screen(self, user):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["crm.call.operator"].with_user(user).screen()

    def test_the_screen_shows_the_call_with_its_customer(self):
        self._call("040 123 456", ago=30)
        self._call(ago=20)
        self._next()
        screen = self._screen(self.agent)
        (call,) = screen["calls"]
        self.assertEqual(
            (call["state"], call["tel"], call["partner"], call["candidates"]),
            ("ringing", "tel:040123456", [self.single.id, "Ion Popescu"], []),
        )
        self.assertEqual(call["card"]["id"], self.single.id)
        self.assertEqual(
            [(row["name"], row["waiting"], row["callbacks"]) for row in screen["queues"]], [("Service", 1, 0)]
        )
        self.assertEqual(self._screen(self.colleague)["calls"], [])

    def test_the_screen_asks_who_it_is(self):
        twin = self._create_partner("Twin", phone="+386 40 123 456")
        self._call("040 123 456", ago=30)
        self._next()
        (call,) = self._screen(self.agent)["calls"]
        self.assertEqual((call["partner"], call["card"]), (False, False))
        self.assertEqual(
            sorted(call["candidates"]), sorted([[self.single.id, "Ion Popescu"], [twin.id, "Twin"]])
        )

    def test_the_screen_shows_callbacks_due_in_their_order(self):
        later, earlier = self._lose("041 000 001", ago=100), self._lose("041 000 002", ago=200)
        numbers = [row["number"] for row in self._screen(self.agent)["callbacks"]]
        self.assertEqual(numbers, [earlier.number, later.number])

    def test_what_is_being_called_or_comes_later_is_not_due(self):
        """One that rings at somebody, one that was tried just now, and one of tomorrow: none of them is to be done."""
        self._lose("041 000 002", ago=200)
        lost = self._lose("041 000 001", ago=100)
        second = self.env["crm.callback"].search([("lost_call_id", "=", lost.id)])
        tomorrow = self.env["crm.callback"].create(
            {"queue_id": self.queue.id, "number": "041 000 003", "tz": "UTC",
             "date_from": fields.Datetime.add(fields.Datetime.now(), days=1)}
        )  # fmt: skip
        ringing = self._next()
        callback = ringing.callback_id
        self.assertEqual([row["id"] for row in self._screen(self.agent)["callbacks"]], [second.id])
        self.assertEqual(callback.with_user(self.agent).progress, f"{self.first.name} is calling")
        self.assertEqual(second.with_user(self.agent).progress, "Due")
        self.assertEqual(tomorrow.progress, format_datetime(self.env, tomorrow.date_from, dt_format="short"))
        self._as(self.agent, ringing).action_end()
        self.assertEqual(callback.attempts, 1)
        self.assertEqual([row["id"] for row in self._screen(self.agent)["callbacks"]], [second.id])

    def test_who_is_no_operator_is_told_so(self):
        self.assertEqual(self._screen(self.supervisor), {"operator": False})
        with self.assertRaises(AccessError):
            self._screen(self.clerk)

    def test_calling_out(self):
        operators = self.env["crm.call.operator"].with_user(self.agent)
        with self.assertRaisesRegex(UserError, "is not a telephone number"):
            operators.action_dial("nobody")
        call = self.env["crm.call"].browse(operators.action_dial("040 123 456"))
        self.assertEqual(
            (call.direction, call.partner_id, call.state, call.operator_id),
            ("out", self.single, "ringing", self.first),
        )
        with self.assertRaisesRegex(UserError, "a call with you already"):
            operators.action_dial("040 123 456")
        mine = self._as(self.agent, call)
        mine.action_answer()
        mine.action_end()
        interaction = self.env["crm.interaction"].browse(mine.action_wrap_up())
        self.assertEqual(
            (interaction.direction, interaction.purpose, interaction.result), ("out", "service", "reached")
        )

    # === TIMELINE === #

    def test_a_call_is_on_the_timeline_until_it_is_logged(self):
        call = self._call("040 123 456")
        mine = self._as(self.agent, self._next())
        mine.action_answer()
        mine.action_end()
        domain = [("commercial_partner_id", "=", self.single.id), ("kind", "in", ("call", "interaction"))]
        page = self._timeline(self.supervisor, *domain)
        self.assertEqual(page.mapped(lambda one: (one.kind, one.res_id, one.summary)), [
            ("call", call.id, "Call from 040 123 456")
        ])  # fmt: skip
        mine.action_wrap_up()
        page = self._timeline(self.supervisor, *domain)
        self.assertEqual(page.mapped(lambda one: (one.kind, one.res_id)), [("interaction", call.interaction_id.id)])

    def test_merging_customers_keeps_their_calls(self):
        twin = self._create_partner("Ion Popescu", phone="+386 41 555 666")
        calls = self._call("041 555 666") | self._call("040 123 456")
        self.assertEqual(calls.partner_id, twin | self.single)
        self.env["base.partner.merge.automatic.wizard"]._merge((twin | self.single).ids, self.single)
        self.assertEqual(calls.partner_id, self.single)
