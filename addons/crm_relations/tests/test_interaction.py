from datetime import date, datetime, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestInteraction(RelationsCommon):
    # === WHAT A USER TYPES === #

    def test_quick_entry_of_a_call_in(self):
        view = "crm_relations.crm_interaction_view_form_quick"
        model = self.env["crm.interaction"].with_user(self.agent).with_context(default_partner_id=self.single.id)
        with Form(model, view=view) as form:
            form.outcome = "Wants the new price list\nand a visit"
        interaction = form.record
        self.assertEqual(interaction.name, "Wants the new price list")
        self.assertEqual(interaction.direction, "in")
        self.assertEqual(interaction.channel, "phone")
        self.assertEqual(interaction.state, "done")
        self.assertEqual(interaction.user_id, self.agent)
        self.assertEqual(interaction.company_id, self.agent.company_id)
        self.assertEqual(interaction.person_id, self.single)
        self.assertFalse(interaction.kind)

    def test_contact_person_given_as_customer_becomes_the_contact(self):
        model = self.env["crm.interaction"].with_user(self.agent).with_context(default_partner_id=self.person.id)
        form = Form(model)
        self.assertEqual(form.partner_id, self.company_partner)
        self.assertEqual(form.contact_id, self.person)
        form.partner_id = self.single
        self.assertFalse(form.contact_id)
        form.partner_id = self.person
        form.objective = "Question"
        self.assertEqual((form.partner_id, form.contact_id), (self.company_partner, self.person))
        interaction = form.save()
        self.assertEqual(interaction.person_id, self.person)
        self.assertEqual(interaction.commercial_partner_id, self.company_partner)

    def test_kind_follows_the_channel_of_our_own_contacts(self):
        form = Form(self.env["crm.interaction"].with_user(self.agent))
        form.partner_id = self.single
        form.channel = "visit"
        self.assertFalse(form.kind)
        form.direction = "out"
        self.assertEqual(form.kind, "visit")
        form.objective = "Show the samples"
        form.kind = "promotion"
        self.assertEqual(form.save().kind, "promotion")

    def test_a_new_contact_in_the_future_is_planned(self):
        form = Form(self.env["crm.interaction"].with_user(self.agent))
        form.partner_id = self.single
        form.objective = "Question"
        self.assertEqual(form.state, "done")
        form.date = fields.Datetime.now() + timedelta(days=2)
        self.assertEqual(form.state, "planned")
        planned = form.save()
        planned.action_done()
        self.assertEqual(planned.state, "done")
        self.assertLessEqual(planned.date, fields.Datetime.now())

    def test_moving_a_planned_contact_to_the_past_does_not_do_it(self):
        planned = self._create_interaction(self.single, days_ago=-3)
        self.assertEqual(planned.state, "planned")
        planned.date = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(planned.state, "planned")

    def test_end_and_duration_agree(self):
        interaction = self._create_interaction(self.single, date=datetime(2026, 3, 1, 9, 0), duration=25)
        self.assertEqual(interaction.date_end, datetime(2026, 3, 1, 9, 25))
        interaction.date_end = datetime(2026, 3, 1, 9, 40)
        self.assertEqual(interaction.duration, 40)
        interaction.date = datetime(2026, 3, 1, 10, 0)
        self.assertEqual(interaction.date_end, datetime(2026, 3, 1, 10, 40))

    def test_customer_of_the_opportunity(self):
        lead = self.env["crm.lead"].create({"name": "Big deal", "type": "opportunity"})
        interaction = self.env["crm.interaction"].create({"lead_id": lead.id, "outcome": "Asked for a catalogue"})
        self.assertFalse(interaction.partner_id)
        lead.partner_id = self.single
        self.assertEqual(interaction.partner_id, self.single)
        self.assertEqual(lead.crm_interaction_count, 1)
        lead.partner_id = self.person
        self.assertEqual(interaction.partner_id, self.single, "what happened stays with whom it happened")

    # === WHAT IS REFUSED === #

    def test_bad_input_is_refused_in_words(self):
        now = fields.Datetime.now()
        cases = {
            "there is an objective": {"direction": "out", "objective": " "},
            "what the contact was about": {"direction": "in", "objective": False, "outcome": " "},
            "cannot be done yet": {"state": "done", "date": now + timedelta(hours=1)},
            "choose the customer": {"partner_id": False},
            "does not belong to": {"partner_id": self.single.id, "contact_id": self.person.id},
            "contacts that we initiated": {"direction": "in", "kind": "promotion"},
            "until when the next step is due": {"next_step": "Call back"},
            "before the contact itself": {"next_step_date": now.date() - timedelta(days=9)},
        }
        before = self.env["crm.interaction"].search_count([])
        for sentence, values in cases.items():
            with self.subTest(sentence):
                with self.assertRaises(ValidationError) as caught:
                    self._create_interaction(self.single, **values)
                self.assertIn(sentence, str(caught.exception))
        self.assertEqual(self.env["crm.interaction"].search_count([]), before)

    def test_time_does_not_run_backwards(self):
        interaction = self._create_interaction(self.single, duration=5)
        for values in ({"date_end": interaction.date - timedelta(minutes=1)}, {"duration": -1}):
            with self.subTest(values=values), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                interaction.write(values)
                self.env.flush_all()
        interaction.invalidate_recordset()
        self.assertEqual(interaction.duration, 5)

    def test_script_in_notes_is_cut_out_and_in_texts_is_text(self):
        interaction = self._create_interaction(
            self.single, objective="<script>alert(1)</script>Offer", note="<p>ok<script>alert(1)</script></p>"
        )
        self.assertNotIn("script", str(interaction.note))
        self.assertEqual(interaction.name, "alert(1)Offer")
        self.assertEqual(interaction.objective, "<script>alert(1)</script>Offer")

    def test_a_customer_with_contacts_is_not_deleted(self):
        self._create_interaction(self.single)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.single.unlink()
        self.assertTrue(self.single.exists())

    # === NEXT STEP === #

    def test_next_step_is_one_activity_of_the_responsible(self):
        due = fields.Date.today() + timedelta(days=7)
        interaction = self._create_interaction(self.single, next_step="Send offer", next_step_date=due)
        activity = interaction.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual((activity.summary, activity.date_deadline, activity.user_id), ("Send offer", due, self.agent))
        interaction.write({"next_step": "Send contract", "user_id": self.colleague.id})
        self.assertEqual(interaction.activity_ids, activity)
        self.assertEqual((activity.summary, activity.user_id), ("Send contract", self.colleague))
        interaction.write({"next_step": False, "next_step_date": False})
        self.assertFalse(activity.exists())
        self.assertFalse(interaction.next_activity_id)

    def test_next_step_done_stays_done(self):
        due = fields.Date.today() + timedelta(days=7)
        interaction = self._create_interaction(self.single, next_step="Send offer", next_step_date=due)
        done = interaction.next_activity_id
        done.action_feedback(feedback="Sent")
        interaction.user_id = self.colleague
        self.assertFalse(interaction.activity_ids)
        interaction.next_step = "Ask again"
        self.assertEqual(interaction.activity_ids.summary, "Ask again")
        self.assertFalse(done.active)

    def test_cancelling_drops_the_next_step(self):
        due = fields.Date.today() + timedelta(days=7)
        interaction = self._create_interaction(self.single, days_ago=-1, next_step="Prepare", next_step_date=due)
        interaction.action_cancel()
        self.assertFalse(interaction.activity_ids)

    # === TRACE === #

    def _flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def test_correcting_time_and_outcome_leaves_a_trace(self):
        interaction = self._create_interaction(self.single, outcome="Yes").with_context(tracking_disable=False)
        old = interaction.date
        self._flush_tracking()
        interaction.with_user(self.agent).write({"date": old - timedelta(hours=1), "outcome": "No"})
        self._flush_tracking()
        values = interaction.message_ids.tracking_value_ids
        changes = {value.field_id.name: value for value in values}
        self.assertEqual(set(changes) & {"date", "outcome"}, {"date", "outcome"})
        self.assertEqual(changes["date"].old_value_datetime, old.replace(microsecond=0))
        self.assertEqual((changes["outcome"].old_value_text, changes["outcome"].new_value_text), ("Yes", "No"))

    # === RIGHTS === #

    def test_who_sees_and_changes_what(self):
        mine = self._create_interaction(self.single, user=self.agent)
        other = self._create_interaction(self.single, user=self.colleague)
        nobody = self._create_interaction(self.single, user_id=False)
        everything = mine | other | nobody
        expected = {
            self.agent: mine | nobody,
            self.colleague: other | nobody,
            self.supervisor: everything,
            self.manager: everything,
            self.auditor: everything,
        }
        for user, visible in expected.items():
            with self.subTest(user=user.name):
                found = self.env["crm.interaction"].with_user(user).search([("partner_id", "=", self.single.id)])
                self.assertEqual(found, visible)
        with self.assertRaises(AccessError):
            self.env["crm.interaction"].with_user(self.clerk).search([])

    def test_denied_writes_change_nothing(self):
        mine = self._create_interaction(self.single, user=self.agent)
        for user in (self.colleague, self.auditor, self.clerk):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                mine.with_user(user).write({"objective": "Hacked"})
        for user in (self.agent, self.supervisor, self.auditor):
            with self.subTest(unlink=user.name), self.assertRaises(AccessError):
                mine.with_user(user).unlink()
        with self.assertRaises(AccessError):
            self.env["crm.interaction"].with_user(self.auditor).create({"partner_id": self.single.id})
        self.assertEqual(mine.objective, "Spring offer")
        mine.with_user(self.manager).unlink()
        self.assertFalse(mine.exists())

    def test_followers_see_the_contact_they_follow(self):
        mine = self._create_interaction(self.single, user=self.agent)
        mine.message_subscribe(self.colleague.partner_id.ids)
        self.assertEqual(mine.with_user(self.colleague).objective, "Spring offer")

    def test_other_companies_are_out_of_sight(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self._create_interaction(self.single, company_id=elsewhere.id)
        self.assertFalse(self.env["crm.interaction"].with_user(self.supervisor).search([("id", "=", hidden.id)]))
        with self.assertRaises(AccessError):
            hidden.with_user(self.manager).write({"objective": "x"})

    @freeze_time("2026-03-02 10:00:00")
    def test_lead_form_counts_once_for_all(self):
        leads = self.env["crm.lead"].create([{"name": f"Lead {i}"} for i in range(3)])
        for lead in leads[:2]:
            self.env["crm.interaction"].create({"lead_id": lead.id, "date": datetime(2026, 3, 1), "outcome": "x"})
        leads.invalidate_recordset()
        self.assertEqual(leads.mapped("crm_interaction_count"), [1, 1, 0])
        self.assertEqual(fields.Date.today(), date(2026, 3, 2))

    # === DAYS OF THE USER === #

    @freeze_time("2026-12-01 03:00:00")
    def test_a_next_step_on_the_day_of_a_contact_in_the_evening(self):
        """In New York it is still the 30th of November."""
        interactions = self.env["crm.interaction"].with_user(self.agent).with_context(tz="America/New_York")
        values = {"partner_id": self.single.id, "objective": "Offer", "next_step": "Call"}
        values["date"] = "2026-12-01 02:00:00"
        interaction = interactions.create(values | {"next_step_date": "2026-11-30"})
        self.assertEqual(interaction.next_activity_id.date_deadline, date(2026, 11, 30))
        with self.assertRaises(ValidationError):
            interactions.create(values | {"next_step_date": "2026-11-29"})

    def test_a_template_counts_days_on_the_clock_of_the_user(self):
        """Half past nine in the evening of Greenwich is one in the morning of Tehran."""
        template = self.env["crm.interaction.template"].create(
            {"name": "Call", "objective": "Offer", "next_step": "Ask", "next_step_days": 7}
        )
        for zone, day in (("UTC", 7), ("Asia/Tehran", 8), ("America/New_York", 7)):
            values = template.with_context(tz=zone)._interaction_values("2026-11-30 21:30:00")
            self.assertEqual((zone, values["next_step_date"]), (zone, date(2026, 12, day)))
