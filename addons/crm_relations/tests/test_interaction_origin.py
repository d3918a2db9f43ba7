from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
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


@tagged("post_install", "-at_install")
class TestTemplate(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = (
            cls.env["crm.interaction.template"]
            .with_user(cls.manager)
            .create(
                {
                    "name": "Visit",
                    "channel": "visit",
                    "kind": "visit",
                    "objective": "Yearly visit",
                    "duration": 60,
                    "next_step": "Send minutes",
                    "next_step_days": 3,
                }
            )
        )

    def test_template_fills_in_at_entry(self):
        model = self.env["crm.interaction"].with_user(self.agent).with_context(default_partner_id=self.single.id)
        with Form(model, view=QUICK) as form:
            form.outcome = "Typed before"
            form.template_id = self.template
        made = form.record
        self.assertEqual(
            (made.direction, made.channel, made.kind, made.objective, made.duration, made.next_step, made.outcome),
            ("out", "visit", "visit", "Yearly visit", 60, "Send minutes", "Typed before"),
        )
        self.assertEqual(made.next_step_date, made.date.date() + timedelta(days=3))

    def test_template_fills_in_what_is_not_given(self):
        made = self._create_interaction(self.single, template_id=self.template.id, objective="Another")
        self.assertEqual((made.channel, made.objective, made.duration), ("visit", "Another", 60))

    def test_rights_and_bad_input(self):
        self.assertEqual(self.template.with_user(self.agent).objective, "Yearly visit")
        with self.assertRaises(AccessError):
            self.template.with_user(self.supervisor).write({"name": "x"})
        with self.assertRaisesRegex(ValidationError, "contacts that we initiated"):
            self.template.with_user(self.manager).write({"direction": "in"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.template.write({"duration": -1})
            self.env.flush_all()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.template.company_id = other
        self.assertFalse(
            self.env["crm.interaction.template"].with_user(self.agent).search([("id", "=", self.template.id)])
        )

    def test_files_are_readable_by_who_reads_the_contact(self):
        file = self.env["ir.attachment"].with_user(self.agent).create({"name": "plan.txt", "raw": b"plan"})
        foreign = self.env["ir.attachment"].with_user(self.colleague).create({"name": "secret.txt", "raw": b"secret"})
        made = (
            self.env["crm.interaction"]
            .with_user(self.agent)
            .create({"partner_id": self.single.id, "outcome": "x", "attachment_ids": [Command.set(file.ids)]})
        )
        self.assertEqual((file.res_model, file.res_id), ("crm.interaction", made.id))
        self.env.invalidate_all()
        self.assertEqual(file.with_user(self.supervisor).raw, b"plan")
        with self.assertRaises(AccessError):
            made.with_user(self.agent).write({"attachment_ids": [Command.link(foreign.id)]})
        self.env.invalidate_all()
        self.assertEqual((made.attachment_ids, foreign.res_id), (file, 0))


@tagged("post_install", "-at_install")
class TestBulk(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env["crm.customer.group"].create(
            {"name": "Visitors", "member_ids": [Command.create({"partner_id": cls.single.id})]}
        )

    def _bulk(self, partners, user=None, **values):
        return (
            self.env["crm.interaction.bulk"]
            .with_user(user or self.agent)
            .with_context(active_model="res.partner", active_ids=partners.ids)
            .create({"objective": "Spring fair", "date": datetime(2026, 4, 1, 10), **values})
        )

    def _logged(self):
        return self.env["crm.interaction"].search([("objective", "=", "Spring fair")])

    def test_chosen_ones_and_a_group(self):
        dialog = self._bulk(
            self.person | self.single, group_id=self.group.id, next_step="Call", next_step_date="2026-04-09"
        )
        self.assertEqual(dialog.customer_count, 2)
        action = dialog.action_log()
        self.assertEqual(action["params"]["message"], "2 contacts logged.")
        logged = self._logged()
        self.assertEqual(
            {(one.partner_id, one.contact_id) for one in logged},
            {(self.company_partner, self.person), (self.single, self.env["res.partner"])},
        )
        self.assertEqual(set(logged.mapped("channel")), {"event"})
        self.assertEqual(logged.user_id, self.agent)
        self.assertEqual(len(logged.next_activity_id), 2)

    def test_the_same_event_again_adds_only_who_is_missing(self):
        self._bulk(self.single)._log()
        dialog = self._bulk(self.single | self.person)
        created, known = dialog._log()
        self.assertEqual((created.contact_id, known), (self.person, 1))
        self.assertEqual(dialog._log()[1], 2)
        self.assertEqual(dialog.action_log()["params"]["message"], "0 contacts logged, 2 had been logged already.")
        self.assertEqual(len(self._logged()), 2)
        self._bulk(self.single, date=datetime(2026, 4, 2, 10))._log()
        self.assertEqual(len(self._logged()), 3, "another day is another event")

    def test_template_in_bulk(self):
        template = self.env["crm.interaction.template"].create(
            {"name": "Fair", "direction": "in", "channel": "event", "objective": "Our stand", "next_step": "Send it"}
        )
        form = Form(
            self.env["crm.interaction.bulk"]
            .with_user(self.agent)
            .with_context(active_model="res.partner", active_ids=self.single.ids)
        )
        form.template_id = template
        self.assertEqual((form.objective, form.direction, form.channel), (template.objective, "in", "event"))
        created, _known = form.save()._log()
        self.assertEqual((created.next_step, created.template_id), (template.next_step, template))

    def test_nobody_chosen(self):
        with self.assertRaisesRegex(UserError, "choose the customers"):
            self._bulk(self.env["res.partner"]).action_log()
        with self.assertRaises(AccessError):
            self._bulk(self.single, user=self.auditor)

    def test_one_bad_value_changes_nothing(self):
        with self.assertRaises(ValidationError):
            self._bulk(self.single | self.person, next_step="Call", next_step_date="2026-03-01").action_log()
        self.assertFalse(self._logged())

    def test_merging_customers_keeps_the_contacts_of_both(self):
        twin = self._create_partner("Ion Popesku")
        self._bulk(self.single | twin)._log()
        before = self._logged()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.single | twin).ids, twin)
        self.assertEqual(self._logged(), before)
        self.assertEqual(self._logged().mapped("partner_id"), twin)
        self.assertEqual(len(before), 2)
        self._bulk(twin)._log()
        self.assertEqual(self._logged(), before, "logged already under its own name")

    def test_costs_the_same_for_ten_and_a_hundred(self):
        costs = []
        for number in (3, 10, 100):
            partners = self.env["res.partner"].create([{"name": f"Visitor {number} {i}"} for i in range(number)])
            dialog = self._bulk(partners, next_step="Call", next_step_date="2026-04-09")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            created, _known = dialog._log()
            self.env.flush_all()
            costs.append(self.cr.sql_log_count - before)
            self.assertEqual(len(created), number)
        self.assertEqual(costs[1], costs[2])
