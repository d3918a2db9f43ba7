from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RelationsCommon

QUICK = "crm_relations.crm_interaction_view_form_quick"


@tagged("post_install", "-at_install")
class TestFromNumber(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.si")
        cls.single.write({"phone": "+386 40 123 456"})

    def _found(self, number, user=None):
        return self.env["res.partner"].with_user(user or self.agent)._crm_find_by_phone(number)

    def test_any_shape_of_a_number(self):
        shapes = ["+38640123456", "0038640123456", "040/123-456", "040 123 456", "(040) 123.456", "+386 (0)40 123 456"]
        shapes += ["tel:+386-40-123-456", "٠٤٠١٢٣٤٥٦", "０４０１２３４５６", " +386 40 123456 "]
        for shape in shapes:
            with self.subTest(shape):
                self.assertEqual(self._found(shape), self.single)

    def test_what_is_no_number_finds_nobody(self):
        self._create_partner("No number")
        for text in ("", False, "abc", "112", "+", "0" * 5000, "'; DROP TABLE res_partner; --"):
            with self.subTest(text):
                self.assertFalse(self._found(text))

    def test_number_stored_without_its_country_is_found_by_its_end(self):
        partner = self._create_partner("Foreign", phone="0911 222 333")
        self.assertFalse(partner.phone_sanitized and partner.phone_sanitized == "+421911222333")
        self.assertEqual(self._found("+421 911 222 333"), partner)

    def test_archived_and_out_of_sight(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.single.company_id = elsewhere
        self.assertFalse(self._found("040123456"))
        self.single.write({"company_id": False, "active": False})
        self.assertFalse(self._found("040123456"))

    def test_index_serves_the_search(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'res_partner_crm_phone_sanitized_idx'")
        definitions = [row[0] for row in self.env.cr.fetchall()]
        self.assertEqual(len(definitions), 1)
        self.assertIn("(phone_sanitized)", definitions[0])

    def _dialog(self, number):
        return Form(self.env["crm.interaction.from.number"].with_user(self.agent).with_context(default_number=number))

    def test_one_customer_is_taken(self):
        form = self._dialog("040 123 456")
        self.assertEqual(form.partner_id, self.single)
        self.assertEqual(form.normal, "+38640123456")
        action = form.save().action_continue()
        self.assertEqual(
            (action["res_model"], action["context"]), ("crm.interaction", {"default_partner_id": self.single.id})
        )

    def test_two_customers_share_it(self):
        other = self._create_partner("Maria Popescu", phone="040123456")
        dialog = self._dialog("040 123 456").save()
        self.assertEqual(dialog.found_ids, self.single | other)
        self.assertFalse(dialog.partner_id)
        with self.assertRaisesRegex(UserError, "choose one"):
            dialog.action_continue()
        dialog.partner_id = other
        self.assertEqual(dialog.action_continue()["context"], {"default_partner_id": other.id})

    def test_nobody_has_it(self):
        before = self.env["res.partner"].search_count([])
        form = self._dialog("040 999 888")
        dialog = form.save()
        self.assertEqual(dialog.found_count, 0)
        with self.assertRaisesRegex(UserError, "Nobody has this number"):
            dialog.action_continue()
        dialog.new_name = "  Nova  Stranka "
        made = self.env["res.partner"].browse(dialog.action_continue()["context"]["default_partner_id"])
        self.assertEqual(
            (made.name, made.phone, made.phone_sanitized), ("Nova Stranka", "+386 40 999 888", "+38640999888")
        )
        again = dialog.action_continue()["context"]["default_partner_id"]
        self.assertEqual(again, made.id, "a second click makes no second customer")
        self.assertEqual(self.env["res.partner"].search_count([]), before + 1)

    def test_a_colleague_was_faster(self):
        """Nobody had the number when the dialog opened; meanwhile somebody has entered it under another name."""
        form = self._dialog("040 999 888")
        form.new_name = "Novak"
        dialog = form.save()
        faster = self._create_partner("Maja Novak", phone="+386 40 999 888")
        before = self.env["res.partner"].search_count([])
        action = dialog.action_continue()
        self.assertEqual(action["params"]["next"]["context"], {"default_partner_id": faster.id})
        self.assertEqual(
            action["params"]["message"],
            "This number has just been entered for Maja Novak: the contact is logged there.",
        )
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_one_more_with_a_known_number(self):
        """Somebody else calls from the telephone of a customer: one more, and once."""
        form = self._dialog("040 123 456")
        form.partner_id = self.env["res.partner"]
        form.new_name = "Maria Popescu"
        dialog = form.save()
        self.assertEqual(dialog.seen_count, 1)
        made = self.env["res.partner"].browse(dialog.action_continue()["context"]["default_partner_id"])
        self.assertEqual((made.name, made.phone_sanitized), ("Maria Popescu", "+38640123456"))
        self.assertEqual(dialog.action_continue()["context"]["default_partner_id"], made.id)

    def test_clerks_and_auditors_log_nothing(self):
        for user in (self.clerk, self.auditor):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.env["crm.interaction.from.number"].with_user(user).create({"number": "040123456"})


@tagged("post_install", "-at_install")
class TestFromMeeting(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.event = cls._event(cls.person, cls.single, cls.agent.partner_id)

    @classmethod
    def _event(cls, *partners, **values):
        return cls.env["calendar.event"].create(
            {
                "name": "Kick-off",
                "start": datetime(2026, 2, 3, 9),
                "stop": datetime(2026, 2, 3, 10, 30),
                "partner_ids": [Command.set([partner.id for partner in partners])],
                "user_id": cls.agent.id,
                **values,
            }
        )

    def _dialog(self, event=None, user=None):
        event = event or self.event
        return Form(
            self.env["crm.interaction.from.meeting"]
            .with_user(user or self.agent)
            .with_context(default_event_id=event.id)
        )

    def test_one_contact_for_each_customer(self):
        form = self._dialog()
        self.assertEqual(form.partner_ids[:], self.person | self.single)
        self.assertEqual(form.duration, 90)
        form.outcome = "Agreed on the plan"
        form.next_step, form.next_step_date = "Send the minutes", fields.Date.today() + timedelta(days=3)
        form.save().action_log()
        logged = self.event.crm_interaction_ids.sorted("partner_id")
        self.assertEqual(logged.partner_id, self.company_partner | self.single)
        of_company = logged.filtered(lambda one: one.partner_id == self.company_partner)
        self.assertEqual(
            (
                of_company.contact_id,
                of_company.channel,
                of_company.date,
                of_company.duration,
                of_company.outcome,
                of_company.state,
            ),
            (self.person, "meeting", datetime(2026, 2, 3, 9), 90, "Agreed on the plan", "done"),
        )
        self.assertEqual(logged.next_activity_id.mapped("summary"), ["Send the minutes"] * 2)
        self.assertEqual(self.event.with_user(self.agent).crm_interaction_count, 2)

    def test_once_per_meeting_and_customer(self):
        form = self._dialog()
        form.outcome = "First"
        dialog = form.save()
        dialog.action_log()
        dialog.action_log()
        late = (
            self.env["crm.interaction.from.meeting"]
            .with_user(self.agent)
            .create({"event_id": self.event.id, "partner_ids": [Command.set(self.single.ids)], "outcome": "Second"})
        )
        late.action_log()
        self.assertEqual(self.event.crm_interaction_ids.mapped("outcome"), ["First", "First"])
        self.assertFalse(self._dialog().partner_ids[:])

    def test_who_did_not_come_is_left_out_and_can_be_added_later(self):
        form = self._dialog()
        form.partner_ids.remove(id=self.single.id)
        form.outcome = "Alone"
        action = form.save().action_log()
        self.assertEqual(self.event.crm_interaction_ids.partner_id, self.company_partner)
        self.assertEqual(action["res_id"], self.event.crm_interaction_ids.id)
        self.assertEqual(self._dialog().partner_ids[:], self.single)

    def test_future_private_and_empty_meetings_are_refused(self):
        future = self._event(
            self.single,
            start=fields.Datetime.now() + timedelta(days=1),
            stop=fields.Datetime.now() + timedelta(days=1, hours=1),
        )
        private = self._event(self.single, privacy="private", user_id=self.colleague.id)
        private.partner_ids -= self.agent.partner_id
        internal = self._event(self.agent.partner_id)
        for event, sentence in ((future, "has not begun"), (private, "private meeting"), (internal, "which customers")):
            with self.subTest(sentence):
                dialog = (
                    self.env["crm.interaction.from.meeting"]
                    .with_user(self.agent)
                    .create({"event_id": event.id, "partner_ids": [Command.set(self.single.ids)], "outcome": "x"})
                )
                with self.assertRaisesRegex(UserError, sentence):
                    dialog.action_log()
                self.assertFalse(event.crm_interaction_ids)


@tagged("post_install", "-at_install")
class TestFromMessage(RelationsCommon):
    def _message(self, record, author=None, **values):
        return self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "message_type": "email",
                "subtype_id": self.env.ref("mail.mt_comment").id,
                "date": datetime(2026, 3, 1, 8),
                "subject": "Price of the oak table",
                "body": "<p>How much is it?</p>",
                "author_id": (author or self.person).id,
                **values,
            }
        )

    def test_a_mail_becomes_a_contact_once(self):
        message = self._message(self.company_partner).with_user(self.agent)
        interaction = message._crm_log_interaction(outcome="Sent the price list")
        self.assertEqual(
            (
                interaction.partner_id,
                interaction.contact_id,
                interaction.direction,
                interaction.channel,
                interaction.date,
            ),
            (self.company_partner, self.person, "in", "email", datetime(2026, 3, 1, 8)),
        )
        self.assertEqual((interaction.objective, interaction.message_id), ("Price of the oak table", message))
        self.assertEqual(message._crm_log_interaction(), interaction)
        self.assertEqual(message.action_crm_log_interaction()["res_id"], interaction.id)
        self.assertIn("How much", interaction.message_body)

    def test_dialog_of_a_mail(self):
        message = self._message(self.single, author=self.single).with_user(self.agent)
        action = message.action_crm_log_interaction()
        self.assertEqual((action["res_model"], action["target"]), ("crm.interaction", "new"))
        with Form(
            self.env["crm.interaction"].with_user(self.agent).with_context(**action["context"]), view=QUICK
        ) as form:
            form.outcome = "Answered"
        self.assertEqual((form.record.message_id, form.record.date), (message, message.date))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env["crm.interaction"].create(
                {"partner_id": self.single.id, "outcome": "x", "origin_key": form.record.origin_key}
            )

    def test_what_a_colleague_has_logged_is_said_in_words(self):
        message = self._message(self.single, author=self.single)
        message.with_user(self.agent)._crm_log_interaction()
        with self.assertRaisesRegex(UserError, "Agent has logged this message already"):
            message.with_user(self.colleague).action_crm_log_interaction()

    def test_mail_on_an_opportunity_and_our_own(self):
        lead = self.env["crm.lead"].create({"name": "Deal", "partner_id": self.single.id, "user_id": self.seller.id})
        ours = self._message(lead, author=self.seller.partner_id, message_type="email_outgoing").with_user(self.seller)
        interaction = ours._crm_log_interaction()
        self.assertEqual(
            (interaction.lead_id, interaction.partner_id, interaction.direction), (lead, self.single, "out")
        )

    def test_notes_and_other_documents_are_refused(self):
        note = self._message(self.single, subtype_id=self.env.ref("mail.mt_note").id)
        system = self._message(self.single, message_type="notification")
        strange = self._message(self.env.company)
        for message in (note, system, strange):
            with self.assertRaisesRegex(UserError, "by or to a customer"):
                message.with_user(self.agent)._crm_log_interaction()

    def test_text_of_the_mail_is_for_its_readers(self):
        lead = self.env["crm.lead"].create({"name": "Deal", "partner_id": self.single.id, "user_id": self.seller.id})
        interaction = self._message(lead, author=self.single).with_user(self.seller)._crm_log_interaction()
        interaction.invalidate_recordset()
        self.assertIn("How much", interaction.with_user(self.seller).message_body)
        interaction.invalidate_recordset()
        self.assertFalse(interaction.with_user(self.supervisor).message_body, "sees contacts, but no opportunities")

    def test_without_the_right_nothing_is_logged(self):
        message = self._message(self.single)
        for user in (self.clerk, self.auditor):
            with self.assertRaises(AccessError):
                message.with_user(user)._crm_log_interaction()
        self.assertFalse(self.env["crm.interaction"].search([("message_id", "=", message.id)]))
