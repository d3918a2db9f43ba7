from datetime import date, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .contact_common import ContactCommon


@tagged("post_install", "-at_install")
class TestContactSenders(ContactCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("no_contact", for_service=True)
        cls.single.write({"crm_no_contact": "all", "crm_no_contact_reason": "Asked"})

    def _plan(self, user, partner, **values):
        return (
            self.env["crm.interaction"]
            .with_user(user)
            .create(
                {
                    "partner_id": partner.id,
                    "direction": "out",
                    "channel": "phone",
                    "objective": "Offer",
                    "date": fields.Datetime.now() + timedelta(days=2),
                    **values,
                }
            )
        )

    # === INTERACTIONS === #

    def test_a_planned_contact_is_refused(self):
        words = "Ion Popescu: Ion Popescu does not want to be contacted: Asked"
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            self._plan(self.agent, self.single)
        self.assertFalse(self.single.crm_interaction_ids)
        self.assertEqual(self._plan(self.agent, self.person).state, "planned")

    def test_what_took_place_is_written_down_and_logged(self):
        self._plan(self.agent, self.single, date=fields.Datetime.now() - timedelta(hours=1))
        self.assertEqual(self._log(self.single), [("breach", "phone", "sales", self.agent)])

    def test_history_is_not_judged(self):
        self._plan(self.agent, self.single, date=fields.Datetime.now() - timedelta(days=30))
        self.assertFalse(self._log(self.single))

    def test_the_customers_initiative_is_not_judged(self):
        self._plan(self.agent, self.single, direction="in")
        self.assertFalse(self._log(self.single))

    def test_only_a_manager_overrides(self):
        with self.assertRaisesRegex(UserError, "Only an administrator"), self.cr.savepoint():
            self._plan(self.supervisor, self.single, contact_override="Recall")
        interaction = self._plan(self.manager, self.single, contact_override="Recall")
        entry = self.env["crm.contact.decision"].search([("partner_id", "=", self.single.id)])
        self.assertEqual(
            (entry.effect, entry.override_reason, entry.user_id, entry.res_id, entry.res_model),
            ("override", "Recall", self.manager, interaction.id, "crm.interaction"),
        )

    def test_service_is_warned_about_only(self):
        self._plan(self.agent, self.single, purpose="service")
        self.assertEqual(self._log(self.single), [("warn", "phone", "service", self.agent)])

    def test_moving_a_planned_contact_asks_again(self):
        self._rule("hours")
        self.person.crm_window_ids = [Command.create({"days": "all", "hour_from": 9, "hour_to": 11})]
        day = (fields.Datetime.now() + timedelta(days=20)).replace(minute=30, second=0, microsecond=0)
        interaction = self._plan(self.agent, self.person, date=day.replace(hour=8))
        with self.assertRaisesRegex(UserError, "outside the hours of contact"), self.cr.savepoint():
            interaction.date = day.replace(hour=15)
        interaction.outcome = "Prepared"

    def test_a_contact_does_not_count_against_itself(self):
        self._rule("cap", max_count=1, days=30)
        first = self._plan(self.agent, self.person, date=fields.Datetime.now() + timedelta(days=2))
        first.objective = "Better offer"
        first.channel = "visit"
        with self.assertRaisesRegex(UserError, "at most 1 contacts within 30 days"):
            self._plan(self.agent, self.person, date=fields.Datetime.now() + timedelta(days=3))

    def test_purpose_follows_kind(self):
        form = Form(self.env["crm.interaction"].with_user(self.agent))
        form.partner_id, form.objective = self.person, "Offer"
        form.direction, form.kind = "out", "promotion"
        self.assertEqual(form.purpose, "marketing")
        form.direction = "in"
        self.assertFalse(form.purpose)

    def test_the_form_shows_what_the_rules_say(self):
        with Form(self.env["crm.interaction"].with_user(self.agent)) as form:
            form.partner_id, form.objective, form.direction = self.single, "Offer", "out"
            self.assertEqual(form.contact_effect, "refuse")
            self.assertIn("does not want to be contacted", form.contact_advice)
            form.purpose = "service"
            self.assertEqual(form.contact_effect, "warn")
            form.direction = "in"
            self.assertEqual((form.contact_effect, form.contact_advice), ("allow", False))

    # === MAIL === #

    def _composer(self, user, records, **values):
        return (
            self.env["mail.compose.message"]
            .with_user(user)
            .create(
                {
                    "model": records._name,
                    "res_ids": repr(records.ids),
                    "body": "<p>Spring offer</p>",
                    "subject": "Spring offer",
                    **values,
                }
            )
        )

    def test_a_mail_is_for_service_unless_said_otherwise(self):
        composer = self._composer(self.agent, self.single, partner_ids=[Command.set(self.single.ids)])
        self.assertEqual((composer.crm_purpose, composer.crm_contact_effect), ("service", "warn"))
        composer._action_send_mail()
        self.assertEqual(self._log(self.single), [("warn", "email", "service", self.agent)])
        self.assertEqual(self.single.message_ids[0].subject, "Spring offer")
        self.assertFalse(self.env["crm.contact.touch"].search([("partner_id", "=", self.single.id)]))

    def test_a_mail_for_sales_is_refused(self):
        composer = self._composer(
            self.agent, self.single, partner_ids=[Command.set(self.single.ids)], crm_purpose="sales"
        )
        self.assertEqual(composer.crm_contact_effect, "refuse")
        before = self.single.message_ids
        with self.assertRaisesRegex(UserError, "does not want to be contacted"), self.cr.savepoint():
            composer._action_send_mail()
        self.assertEqual(self.single.message_ids, before)

    def test_the_button_to_write_is_for_sales(self):
        context = self.single.action_crm_360_write()["context"]
        form = Form(self.env["mail.compose.message"].with_user(self.agent).with_context(**context))
        self.assertEqual((form.crm_purpose, form.crm_contact_effect), ("sales", "refuse"))

    def test_a_note_is_not_judged(self):
        note = self.env.ref("mail.mt_note")
        composer = self._composer(
            self.agent, self.single, partner_ids=[Command.set(self.single.ids)], subtype_id=note.id, crm_purpose="sales"
        )
        composer._action_send_mail()
        self.assertFalse(self._log(self.single))

    def test_colleagues_are_not_judged(self):
        self._rule("always", group_id=self._group_of(self.colleague.partner_id).id)
        composer = self._composer(
            self.agent, self.person, partner_ids=[Command.set(self.colleague.partner_id.ids)], crm_purpose="sales"
        )
        composer._action_send_mail()
        self.assertFalse(self._log(self.colleague.partner_id))

    def _group_of(self, partner):
        group = self.env["crm.customer.group"].create({"name": "Some", "kind": "static"})
        self.env["crm.customer.group.member"].create({"group_id": group.id, "partner_id": partner.id})
        return group

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_batch_leaves_out_who_is_refused_and_counts_the_others(self):
        composer = self._composer(
            self.agent, self.single | self.person, composition_mode="mass_mail", email_from="us@example.com"
        )
        self.assertEqual(composer.crm_purpose, "marketing")
        mails, _messages = composer._action_send_mail()
        states = {mail.res_id: (mail.state, mail.failure_type) for mail in mails}
        self.assertEqual(states[self.single.id], ("cancel", "mail_optout"))
        self.assertNotEqual(states[self.person.id][0], "cancel")
        self.assertEqual(self._log(self.single), [("refuse", "email", "marketing", self.agent)])
        touches = self.env["crm.contact.touch"].search([("partner_id", "in", (self.single | self.person).ids)])
        self.assertEqual(
            [(touch.partner_id, touch.channel, touch.purpose, touch.res_id) for touch in touches],
            [(self.person, "email", "marketing", self.person.id)],
        )

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_batch_on_leads_finds_the_customer_by_address(self):
        lead = self.env["crm.lead"].create({"name": "Deal", "email_from": "Ion <ION@example.com>"})
        composer = self._composer(self.seller, lead, composition_mode="mass_mail", email_from="us@example.com")
        mails, _messages = composer._action_send_mail()
        self.assertEqual((mails.state, mails.failure_type), ("cancel", "mail_optout"))

    # === WHAT IS ON ITS WAY ALREADY === #

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_no_counts_for_a_batch_in_the_queue(self):
        """Of two mails that wait, the one whose customer says no in between stays; one for service goes."""
        other = self._create_partner("Other", email="other@example.com")
        both = self.person | other
        composer = self._composer(
            self.agent, both, composition_mode="mass_mail", email_from="us@example.com", force_send=False
        )
        mails, _messages = composer._action_send_mail()
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        service = self._composer(
            self.agent, self.person, composition_mode="mass_mail", email_from="us@example.com", force_send=False,
            crm_purpose="service",
        )._action_send_mail()[0]  # fmt: skip
        self.person.write({"crm_no_contact": "all", "crm_no_contact_reason": "Said so"})
        self.assertEqual((mails | service)._crm_hold_back().mapped("res_id"), self.person.ids)
        states = {mail.res_id: (mail.state, mail.failure_type) for mail in mails}
        self.assertEqual(
            states, {self.person.id: ("cancel", "mail_optout"), other.id: ("outgoing", False)}
        )
        self.assertEqual(service.state, "outgoing")
        self.assertEqual([entry[:3] for entry in self._log(self.person)][-1], ("refuse", "email", "marketing"))

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_only_an_administrator_spares_a_batch_the_second_look(self):
        for user, held in ((self.agent, 1), (self.manager, 0)):
            self.person.crm_no_contact = False
            mails, _messages = self._composer(
                user, self.person, composition_mode="mass_mail", email_from="us@example.com", force_send=False,
                crm_contact_override="Recall",
            )._action_send_mail()  # fmt: skip
            self.person.write({"crm_no_contact": "all", "crm_no_contact_reason": "Said so"})
            self.assertEqual(len(mails._crm_hold_back()), held)

    def test_a_no_counts_for_a_message_of_later(self):
        """Written for tomorrow, refused when tomorrow comes; the writer is told."""
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        values = {"partner_ids": [Command.set(self.person.ids)], "scheduled_date": str(tomorrow)}
        later = self._composer(self.agent, self.person, crm_purpose="sales", **values)._action_schedule_message()
        service = self._composer(self.agent, self.person, subject="Contract", **values)._action_schedule_message()
        self.assertEqual((later.crm_purpose_code, service.crm_purpose_code), ("sales", False))
        self.person.write({"crm_no_contact": "all", "crm_no_contact_reason": "Said so"})
        with self.assertRaisesRegex(UserError, "does not want to be contacted"):
            later.with_user(self.agent).post_message()
        (later | service)._post_message(raise_exception=False)
        self.assertFalse((later | service).exists())
        self.assertEqual(self.person.message_ids.mapped("subject")[:1], ["Contract"])
        self.assertNotIn("Spring offer", self.person.message_ids.mapped("subject"))
        told = self.env["mail.message"].search([("partner_ids", "in", self.agent.partner_id.ids)], limit=1)
        self.assertEqual(told.subject, "A scheduled message was not sent")
        self.assertIn("does not want to be contacted", told.body)

    # === ACTIVITIES === #

    def _schedule(self, user, partner, xmlid="mail.mail_activity_data_call", **values):
        return partner.with_user(user).activity_schedule(
            xmlid, date_deadline=date.today() + timedelta(days=3), **values
        )

    def test_a_call_cannot_be_scheduled(self):
        with self.assertRaisesRegex(UserError, "does not want to be contacted"), self.cr.savepoint():
            self._schedule(self.agent, self.single, automated=False)
        self.assertFalse(self.single.activity_ids)
        self.assertTrue(self._schedule(self.agent, self.single, "mail.mail_activity_data_todo"))
        self.assertTrue(self._schedule(self.agent, self.person, automated=False))

    def test_what_odoo_schedules_is_only_logged(self):
        self.assertTrue(self._schedule(self.agent, self.single, automated=True))
        self.assertEqual(self._log(self.single), [("breach", "phone", "sales", self.agent)])

    def test_the_schedule_dialog_shows_and_overrides(self):
        wizard = (
            self.env["mail.activity.schedule"]
            .with_user(self.manager)
            .create(
                {
                    "res_model": "res.partner",
                    "res_ids": repr(self.single.ids),
                    "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                    "date_deadline": date.today() + timedelta(days=1),
                }
            )
        )
        self.assertEqual(wizard.crm_contact_effect, "refuse")
        with self.assertRaises(UserError), self.cr.savepoint():
            wizard.action_schedule_activities()
        wizard.crm_contact_override = "Recall"
        wizard.action_schedule_activities()
        self.assertEqual(self._log(self.single), [("override", "phone", "sales", self.manager)])

    # === WHO MAY === #

    def test_the_log_is_only_added_to(self):
        entry = self.env["crm.contact.decision"]._log(
            [{"partner_id": self.single.id, "channel": "phone", "purpose": "sales", "effect": "warn", "reasons": "x"}]
        )
        for user in (self.agent, self.manager, self.auditor):
            mine = entry.with_user(user)
            self.assertEqual(mine.reasons, "x")
            for change in (
                lambda mine=mine: mine.write({"reasons": "y"}),
                lambda mine=mine: mine.unlink(),
                lambda mine=mine: mine.create({"reasons": "z"}),
            ):
                with self.assertRaises(AccessError):
                    change()
        with self.assertRaises(AccessError):
            entry.sudo().write({"reasons": "y"})
        with self.assertRaises(AccessError):
            entry.with_user(self.clerk).read(["reasons"])
        self.assertEqual(entry.reasons, "x")

    def test_rules_are_configuration_and_hours_of_customers_are_not(self):
        rule = self._rule("quiet", window_ids=[Command.create({"days": "all", "hour_from": 20, "hour_to": 8})])
        with self.assertRaises(AccessError):
            rule.with_user(self.supervisor).write({"effect": "warn"})
        with self.assertRaises(AccessError):
            rule.window_ids.with_user(self.supervisor).write({"hour_from": 1})
        rule.window_ids.with_user(self.manager).write({"hour_from": 21})
        self.person.with_user(self.agent).crm_window_ids = [Command.create({"days": "0", "hour_from": 8, "hour_to": 9})]
        self.assertEqual(self.person.crm_contact_hours, "Monday 8:00-9:00")
        with self.assertRaises(AccessError):
            self.person.with_user(self.auditor).crm_window_ids.write({"hour_from": 1})

    def test_a_clerk_still_opens_and_mails_customers(self):
        self.assertEqual(self.person.with_user(self.clerk).read(["crm_window_ids"])[0]["crm_window_ids"], [])
        clerk = self._create_user("clerk_of_contacts", "base.group_user,base.group_partner_manager")
        composer = self._composer(clerk, self.person, partner_ids=[Command.set(self.person.ids)])
        composer._action_send_mail()
        self.assertEqual(self.person.message_ids[0].subject, "Spring offer")

    # === MERGING === #

    def test_merging_keeps_the_strictest_answer_and_all_channels(self):
        other = self._create_partner("Ion Popescu", email="ion@example.com", crm_no_contact="free")
        other.crm_channel_ids = [
            Command.create({"channel_id": self.channel[code].id, "sequence": sequence})
            for sequence, code in enumerate(("sms", "phone"))
        ]
        self.single.crm_channel_ids = [Command.create({"channel_id": self.channel["phone"].id, "sequence": 1})]
        self.single.crm_window_ids = [Command.create({"days": "0"})]
        self._plan(self.agent, self.single, purpose="service")
        self.env["crm.contact.counter"]._bump((self.single | other).ids)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.single | other).ids, other)
        self.env.invalidate_all()
        self.assertEqual((other.crm_no_contact, other.crm_no_contact_reason), ("all", "Asked"))
        self.assertEqual(other.crm_channel_ids.mapped("channel_id.code"), ["sms", "phone"])
        self.assertEqual(other.crm_contact_hours, "Monday 9:00-17:00")
        self.assertEqual(self._log(other), [("warn", "phone", "service", self.agent)])

    # === AT A GLANCE === #

    def test_now_line(self):
        self.single.crm_channel_ids = [Command.create({"channel_id": self.channel["email"].id})]
        self.single.crm_window_ids = [Command.create({"days": "workdays"})]
        card = self.single.with_user(self.agent).crm_360()[0]
        self.assertEqual(
            card["now"],
            {
                "effect": "refuse",
                "text": "Ion Popescu does not want to be contacted: Asked",
                "detail": "Ion Popescu does not want to be contacted: Asked",
                "prefers": "E-mail; Monday to Friday 9:00-17:00",
            },
        )
        self.assertEqual(
            self.person.with_user(self.agent).crm_360()[0]["now"],
            {"effect": "allow", "text": "May be called now", "detail": False, "prefers": False},
        )
