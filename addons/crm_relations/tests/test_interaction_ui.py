from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestInteractionUi(RelationsCommon, HttpCase):
    browser_size = "1400x900"

    def _action_url(self, xmlid):
        return f"/odoo/action-crm_relations.{xmlid}"

    def test_log_by_number_in_under_five_clicks(self):
        self.env.company.country_id = self.env.ref("base.si")
        self.single.phone = "+386 40 123 456"
        self.env["crm.interaction.template"].create(
            {"name": "Tour question", "direction": "in", "objective": "Question about a product", "sequence": -1}
        )
        url = self._action_url("crm_interaction_from_number_action")
        self.start_tour(url, "crm_relations_from_number", login=self.agent.login)
        interaction = self.single.crm_interaction_ids
        self.assertEqual(
            (interaction.channel, interaction.direction, interaction.objective, interaction.user_id),
            ("phone", "in", "Question about a product", self.agent),
        )

    def test_bulk_entry_for_an_event(self):
        people = self.single | self.person | self._create_partner("Third visitor")
        self.env["crm.customer.group"].create(
            {"name": "Tour visitors", "member_ids": [Command.create({"partner_id": one.id}) for one in people]}
        )
        self.start_tour(
            self._action_url("crm_interaction_bulk_action_menu"), "crm_relations_bulk", login=self.agent.login
        )
        logged = self.env["crm.interaction"].search([("objective", "=", "Visited our stand")])
        self.assertEqual(logged.person_id, people)
        self.assertEqual(set(logged.mapped("channel")), {"event"})

    def test_a_mail_becomes_a_contact(self):
        message = self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": self.single.id,
                "message_type": "email",
                "subtype_id": self.env.ref("mail.mt_comment").id,
                "date": fields.Datetime.now() - timedelta(days=5),
                "subject": "A question",
                "body": "<p>How much is it?</p>",
                "author_id": self.single.id,
            }
        )
        self.start_tour(f"/odoo/contacts/{self.single.id}", "crm_relations_from_message", login=self.agent.login)
        interaction = self.single.crm_interaction_ids
        self.assertEqual((interaction.message_id, interaction.outcome), (message, "Answered by telephone"))

    def test_outcome_of_a_meeting(self):
        event = self.env["calendar.event"].create(
            {
                "name": "Kick-off",
                "start": datetime(2026, 2, 3, 9),
                "stop": datetime(2026, 2, 3, 10, 30),
                "partner_ids": [Command.set((self.single | self.agent.partner_id).ids)],
                "user_id": self.agent.id,
            }
        )
        self.start_tour(
            f"/odoo/action-calendar.action_calendar_event/{event.id}",
            "crm_relations_from_meeting",
            login=self.agent.login,
        )
        self.assertEqual(
            (self.single.crm_interaction_ids.meeting_id, self.single.crm_interaction_ids.duration), (event, 90)
        )


@tagged("post_install", "-at_install")
class TestInteractionUiPhone(TestInteractionUi):
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
