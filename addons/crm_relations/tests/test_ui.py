from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestUi(RelationsCommon, HttpCase):
    browser_size = "1400x900"

    def test_log_contact(self):
        self.start_tour(f"/odoo/contacts/{self.single.id}", "crm_relations_log_contact", login=self.agent.login)
        interaction = self.single.crm_interaction_ids
        self.assertEqual(len(interaction), 1)
        self.assertEqual(
            (interaction.channel, interaction.direction, interaction.kind, interaction.objective, interaction.user_id),
            ("phone", "out", "call", "Offer the service contract", self.agent),
        )
        self.assertEqual(interaction.result, "partial")

    def _history(self):
        self._create_interaction(self.single, days_ago=90, objective="Oldest contact")
        self._create_interaction(self.single, days_ago=2, objective="Newest contact")
        self._create_interaction(
            self.single, date=fields.Datetime.now() + timedelta(days=3), state="planned", objective="Visit"
        )
        self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": self.single.id,
                "message_type": "email",
                "subtype_id": self.env.ref("mail.mt_comment").id,
                "date": fields.Datetime.now() - timedelta(days=5),
                "subject": "A question",
                "author_id": self.single.id,
            }
        )

    def test_timeline(self):
        self._history()
        self.start_tour(f"/odoo/contacts/{self.single.id}", "crm_relations_timeline", login=self.agent.login)

    def test_customer_360(self):
        self._history()
        self.start_tour(f"/odoo/contacts/{self.single.id}", "crm_relations_360", login=self.agent.login)
        latest = self.single.crm_interaction_ids.sorted("id")[-1]
        self.assertEqual((latest.objective, latest.direction), ("Ask about the terrace", "in"))


@tagged("post_install", "-at_install")
class TestUiPhone(TestUi):
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
