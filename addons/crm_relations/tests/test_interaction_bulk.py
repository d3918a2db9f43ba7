from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RelationsCommon

QUICK = "crm_relations.crm_interaction_view_form_quick"


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
